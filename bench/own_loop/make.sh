#!/usr/bin/env bash
# The steps of make for a user's own loop, in the project's folder:
#
#   make.sh bench            compiles the file LOOP and measures it
#   make.sh report           the same unless a run exists already, and writes the report
#   make.sh example-loop     writes NAME.cpp into the folder CALLER
#
# Input comes from environment variables, so that names may contain anything. LOOP, LOOP_SIZES and LOOP_FLAGS are as the
# user gave them. PROFILE is the profile; PROFILE_CHOSEN is empty unless the user chose it. RESULTS is empty for
# results/loops/<name>. RANKS are the numbers of MPI's ranks that are measured as well, on this machine unless there is a
# HOSTFILE; empty: none. FIRST_BUILD says how long a first build takes. OPEN_REPORT is empty unless the report is to be
# opened. python, and those of bench/steps/step.sh.
set -euo pipefail

build=build/bench/own_loop

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# Sets file (its full path), name and results.
find_loop() {
  file=$LOOP
  [[ $file == /* ]] || file=$CALLER/$file
  [[ -e $file ]] || fail "LOOP=$LOOP: no file $file: name one, or write one: make example-loop NAME=mine"
  [[ -f $file && -r $file ]] || fail "LOOP=$LOOP: cannot be read as a file: name a C++ file, such as mine.cpp"
  name=${file##*/}
  [[ $name == *.cpp ]] || fail "LOOP=$LOOP: the file's name must end in .cpp: rename it"
  name=${name%.cpp}
  [[ -n $name && $name != .* ]] || fail "LOOP=$LOOP: the file's name starts with a dot: rename it, such as mine.cpp"
  results=${RESULTS:-results/loops/$name}
  loop=(--loop "$file" --loop-flags "$LOOP_FLAGS")
  local sizes
  IFS=$', \t\n' read -r -d '' -a sizes <<< "$LOOP_SIZES" || true
  check_sizes "${sizes[@]}"
  sizes=$(IFS=, && printf '%s' "${sizes[*]}")
  [[ -z $sizes ]] || loop+=(--sizes "$sizes")
  programs=(own_loop)
  local ranks
  read -r -d '' -a ranks <<< "$RANKS" || true
  if [[ ${#ranks[@]} -gt 0 ]]; then
    loop+=(--ranks "${ranks[@]}")
    programs+=(own_loop_mpi)
  fi
  hosts=()
  [[ -z $HOSTFILE ]] || hosts=(--host-file "$(cd "$CALLER" && realpath -m -- "$HOSTFILE")")
}

# Checked before the compilation; the program checks again.
check_sizes() {
  local size LC_ALL=C
  for size; do
    [[ $size =~ ^[1-9][0-9]{0,18}$ ]] || fail "LOOP_SIZES=$LOOP_SIZES: ${size@Q} is not a size: give integers >= 1," \
      "separated by commas or blanks, such as LOOP_SIZES=1000,100000"
  done
}

# Runs a command that gets SIGTERM when this script ends. make sends SIGTERM only to this script; a command that runs on would
# replace a run after make has ended.
attached() {
  setpriv --pdeathsig TERM "$@"
}

# The same, without inheriting the locks: a compiler may start a server that stays. exec replaces the subshell, which would
# outlive this script.
without_locks() {
  (exec {lock}>&- {measuring}>&- && exec setpriv --pdeathsig TERM "$@")
}

# A build folder that was configured before MPI was installed does not have it.
require_mpi() {
  has_mpi() { grep -q '^build own_loop_mpi: ' build/build.ninja; }
  has_mpi || cmake --preset release > /dev/null
  has_mpi || fail "BACKENDS=mpi: CMake finds no MPI: install it (Debian: apt-get install libopenmpi-dev openmpi-bin)," \
    "or remove BACKENDS=mpi. Nothing was measured, and nothing was replaced"
}

# One at a time: all loops are linked in one place. The old program stays until the new one is linked.
compile() {
  local costs="the libraries for $name.cpp"
  [[ -e build/.ninja_log ]] || costs=$FIRST_BUILD
  "$python" bench/runner/pairs/processes.py
  cmake --build build --target build.ninja > /dev/null # regenerates CMake's files if necessary
  [[ -z $RANKS ]] || require_mpi
  exec {lock}> $build/lock
  flock "$lock"
  local compiler digest
  mapfile -t compiler < $build/compiler
  digest=$(sha256sum < "$file")
  rm -f $build/loop.o "${programs[@]/#/$build/}" # so that another loop's object is not taken for this one's
  printf 'Compiling %s with LOOP_FLAGS="%s"\n' "$name.cpp" "$LOOP_FLAGS"
  xargs true <<< "$LOOP_FLAGS" 2> /dev/null || fail "LOOP_FLAGS=$LOOP_FLAGS: a quote is not closed, or nothing follows a backslash"
  printf '%s\n' "$LOOP_FLAGS" > $build/flags # the compiler splits it into words
  without_locks "${compiler[@]}" @$build/flags -o $build/loop.o -c "$file" \
    || fail "LOOP=$LOOP does not compile: see above. Nothing was measured, and nothing was replaced"
  without_locks bench/steps/step.sh build ninja "$costs" cmake --build build --target "${programs[@]}" \
    || fail "The program of LOOP=$LOOP was not built: see above. Nothing was measured, and nothing was replaced." \
      "A loop's file has no main(), and its libraries go into LOOP_FLAGS"
  [[ -x $build/own_loop ]] || fail "LOOP_FLAGS=$LOOP_FLAGS: the compiler made no program; remove flags that name its output or stop" \
    "it early, such as -c, -E, -S or -o. Nothing was measured, and nothing was replaced"
  # The run is labelled with the digest of the file at this time.
  [[ $(sha256sum < "$file") == "$digest" ]] || fail "LOOP=$LOOP changed while it was compiled. Nothing was measured, and" \
    "nothing was replaced: run make again"
  mv -f "${programs[@]/#/$build/}" "build/loops/$name/"
  exec {lock}>&-
}

# The program has the file's name, so only one loop of a name is measured at a time.
bench() {
  mkdir -p "build/loops/$name"
  exec {measuring}> "build/loops/$name/lock"
  flock --nonblock "$measuring" || fail "LOOP=$LOOP: another make is measuring a loop named $name: wait until it ends, or rename the file"
  compile
  attached "$python" bench/runner/rounds.py --binary "build/loops/$name/own_loop" --output "$results" --profile "$PROFILE" "${loop[@]}" "${hosts[@]}"
}

report() {
  local status=0
  "$python" bench/runner/own_loop.py --output "$results" "${loop[@]}" || status=$?
  case $status in
    0) [[ -z $PROFILE_CHOSEN ]] \
      || echo "$results has a run of this loop already, and this is its report. To measure again: make bench LOOP='$LOOP' PROFILE=$PROFILE" ;;
    10) bench ;;
    *) exit "$status" ;;
  esac
  attached "$python" -m parzen_study report "$results" ${OPEN_REPORT:+--open}
}

example_loop() {
  local LC_ALL=C # ASCII letters only
  name=${NAME%.cpp}
  [[ $name =~ ^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$ ]] \
    || fail "NAME=$NAME: up to 64 letters, digits, dots, underscores and hyphens, of which the first is a letter or a digit, such as NAME=mine"
  file=$CALLER/$name.cpp
  [[ ! -e $file && ! -L $file ]] || fail "$file exists already: choose another NAME, or remove it"
  set -o noclobber
  sed "s/@NAME@/$name/g" bench/own_loop/skeleton.cpp > "$file" || fail "$file could not be written: see above"
  echo "Wrote $file. To measure it: make report LOOP=$name.cpp"
}

case $1 in
  bench) find_loop && bench ;;
  report) find_loop && report ;;
  example-loop) example_loop ;;
esac
