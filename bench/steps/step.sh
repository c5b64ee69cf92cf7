#!/usr/bin/env bash
# Runs one step of make before a measurement, and shows its progress:
#
#   step.sh NAME FORM TEXT COMMAND...
#
# NAME is install or build. FORM is the form of COMMAND's progress: apt (on its standard output, APT::Status-Fd=1), ninja,
# pip:FILE (a line per package of the lock file FILE), or none. TEXT says what the step does and how long or large it is.
#
# On a terminal it shows one bar over all steps of PARZEN_STEPS, with the time left of each. Elsewhere, or without
# PARZEN_STEPS, it prints the line "NAME: TEXT" unless TEXT is empty. The output of COMMAND is shown only if it fails.
#
# It ends with the status of COMMAND, and never before COMMAND. Ctrl-C reaches COMMAND directly; SIGTERM and SIGHUP are passed
# on to all its processes. They do not end an installation by apt, so that no package stays half configured.
#
#   PARZEN_STEPS   the steps and their expected time in seconds: "install:60 build:100 measure:285". Without seconds, the
#                  time is unknown. The steps before NAME are done.
#   PARZEN_BEGUN   start of the first step, in seconds since the epoch
#   STEP_AFTER     remaining seconds of this step after COMMAND
set -uo pipefail

# make sends SIGTERM only to its own child, which may be a shell in between.
if [[ -z ${STEP_ATTACHED:-} ]] && command -v setpriv > /dev/null; then
  STEP_ATTACHED=$PPID exec setpriv --pdeathsig TERM "$0" "$@"
fi
[[ ${STEP_ATTACHED:-$PPID} == "$PPID" ]] || exit 143 # the parent had ended before that
unset STEP_ATTACHED

name=$1 form=$2 text=$3
shift 3
began=$SECONDS

# Prints the percentage of the command that is done, from its log; nothing if unknown.
percent_done() {
  local done all
  case $form in
    apt) # downloading counts as half, unpacking and configuring as half
      awk -F: '$1 == "dlstatus" {at = $3 / 2} $1 == "pmstatus" {at = 50 + $3 / 2} END {if (at) print int(at)}' "$log" ;;
    ninja)
      sed -n 's/^\[\([0-9]\{1,\}\)\/\([0-9]\{1,\}\)\].*/\1 \2/p' "$log" | awk 'END {if ($2) print int(100 * $1 / $2)}' ;;
    pip:*)
      all=$(grep -c '^[A-Za-z0-9].*==' "${form#pip:}")
      done=$(grep -cE '^(Collecting|Requirement already satisfied:) ' "$log")
      ((all == 0)) || echo $((done < all ? 90 * done / all : 90)) ;;
  esac
}

# `80 s`, `3 min 20 s`: as in runner/progress.py.
duration() {
  if (($1 < 120)); then echo "$1 s"; else echo "$(($1 / 60)) min $(($1 % 60)) s"; fi
}

# Prints the remaining seconds of this step; nothing if unknown.
seconds_left() {
  local percent passed=$((SECONDS - began)) expected=$1
  percent=$(percent_done)
  if [[ -n $percent ]] && ((percent >= 2 && passed >= 1)); then
    echo $((passed * (100 - percent) / percent + ${STEP_AFTER:-0}))
  elif [[ -n $expected ]]; then
    echo $((expected > passed ? expected - passed : 0))
  fi
}

# Draws the bar as wide as the terminal.
draw() {
  local step label seconds left=0 labels='' ahead='' width bar='' filled passed full=# empty=-
  for step in $PARZEN_STEPS; do
    label=${step%%:*} seconds=
    [[ $step != *:* ]] || seconds=${step#*:}
    if [[ $label == "$name" ]]; then
      ahead=yes
      seconds=$(seconds_left "$seconds")
      [[ -z $seconds ]] || label+=" $(duration "$seconds") left"
    elif [[ -z $ahead ]]; then
      label+=' done' seconds=0
    elif [[ -n $seconds ]]; then
      label+=" about $(duration "$seconds")"
    fi
    labels+=${labels:+, }$label
    left=$((left + ${seconds:-0}))
  done
  passed=$(($(date +%s) - ${PARZEN_BEGUN:-$(date +%s)}))
  width=$(stty size <&2 2> /dev/null | cut -d' ' -f2)
  width=$((${width:-0} > 0 ? width - 1 : 79)) # the last column would wrap
  labels=${labels:0:width}
  width=$((width - ${#labels} - 1))
  if ((width >= 8)); then
    [[ ${LC_ALL:-${LC_CTYPE:-${LANG:-}}} != *[Uu][Tt][Ff]* ]] || full=━ empty=─
    filled=$((passed + left > 0 ? width * passed / (passed + left) : 0))
    printf -v bar '%*s' "$filled" ''
    bar=" ${bar// /"$full"}"
    for ((; filled < width; ++filled)); do bar+=$empty; done
  fi
  printf '\r\e[K%s%s' "$labels" "$bar" >&2
}

# Draws once a second until its standard input ends. That happens when this script ends, for any reason.
draw_until_end() {
  trap '' INT TERM HUP
  local ended=142
  while ((ended > 128)); do
    draw
    read -rt 1 _
    ended=$?
  done
}

# Whether all threads of a process are stopped or have ended.
stopped() {
  local thread stat
  for thread in "/proc/$1/task/"*/stat; do
    stat='X) X'
    { read -r stat < "$thread"; } 2> /dev/null
    [[ ${stat##*) } == [TtXZ]* ]] || return
  done
}

# Prints the children of a process. Some kernels do not list them (CONFIG_PROC_CHILDREN).
children_of() {
  cat "/proc/$1/task/"*/children 2> /dev/null || sed -n "s/^\([0-9]*\) (.*) . $1 .*/\1/p" /proc/[0-9]*/stat 2> /dev/null
}

# Terminates a process and its descendants, descendants first. A stopped process cannot fork after its children were listed.
terminate() {
  local child
  kill -STOP "$1" 2> /dev/null || return
  until stopped "$1"; do sleep 0.01; done
  for child in $(children_of "$1"); do terminate "$child"; done
  kill -TERM "$1" 2> /dev/null
  kill -CONT "$1" 2> /dev/null
}

# Terminates the command and returns after its end. Sends SIGTERM again each second: bash forgets one that arrives while it
# forks.
terminate_command() {
  local try
  [[ -n $command && $form != apt ]] || return
  trap '' TERM HUP # make and its shell may send one each
  while :; do
    terminate "$command"
    for ((try = 0; try < 20; ++try)); do
      kill -0 "$command" 2> /dev/null || return
      sleep 0.05
    done
  done
}

log=$(mktemp) || exit
trap 'rm -f "$log"' EXIT
interrupted=
command=
# Without job control, bash makes background children ignore Ctrl-C. They should ignore it only if this script does.
launch=(env --default-signal=INT,QUIT)
[[ $(trap -p INT) != "trap -- '' SIGINT" ]] || launch=()
trap 'interrupted=130 woken=yes' INT
trap 'interrupted=143 woken=yes; terminate_command' TERM
trap 'interrupted=129 woken=yes; terminate_command' HUP

beat=
if [[ -n ${PARZEN_STEPS:-} && -t 2 && ${TERM:-dumb} != dumb ]]; then
  exec {beat}> >(draw_until_end)
  drawer=$!
elif [[ -n $text ]]; then
  echo "$name: $text"
fi

if [[ -n $beat ]]; then
  "${launch[@]}" "$@" > "$log" 2>&1 < /dev/null {beat}>&- &
else
  "${launch[@]}" "$@" > "$log" 2>&1 < /dev/null &
fi
command=$!
[[ -z $interrupted ]] || terminate_command # the signal came before the line above
# A signal ends `wait` early. Whether the command has ended, `kill -0` cannot say of one that runs as root. If it ended as the
# signal came, bash has lost its status and says -1.
while woken=; wait "$command"; status=$?; [[ -n $woken ]]; do :; done

if [[ -n $beat ]]; then
  exec {beat}>&-
  wait "$drawer"
  printf '\r\e[K' >&2
fi
if [[ $interrupted == 130 ]]; then
  # End by SIGINT, as the parents expect: a shell that waits for this continues after any other end.
  rm -f "$log"
  trap - INT
  kill -INT $$
elif [[ -n $interrupted ]]; then
  status=$((status <= 0 ? interrupted : status))
elif [[ $status != 0 ]]; then
  grep -avE '^(\[[0-9]+/[0-9]+\] |(dl|pm)status:)' "$log" >&2
else
  sed -n 's/^-- \(.* is skipped: \)/\1/p' "$log"
fi
exit "$status"
