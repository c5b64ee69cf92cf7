#!/bin/sh
# mpi_tool_test.sh PARZEN MPIRUN NUMBER-FLAG: `parzen estimate --backend mpi` prints once what serial prints.
set -u
parzen=$1 mpirun=$2 number=$3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1

failures=0
fail() {
  echo "$1"
  failures=$((failures + 1))
}

"$parzen" generate --n 5003 > samples.csv || exit 1
for decomposition in by_width by_sample; do
  estimate="estimate --samples samples.csv --query 0,0.1 --widths 0.1:1:0.1 --kernel fused --decomposition $decomposition"
  # shellcheck disable=SC2086
  "$parzen" $estimate > expected || exit 1
  for ranks in 1 2 3; do
    # shellcheck disable=SC2086
    "$mpirun" "$number" "$ranks" "$parzen" $estimate --backend mpi > found || fail "$decomposition, $ranks ranks: failed"
    cmp expected found || fail "$decomposition, $ranks ranks: another answer than serial"
  done
done

refuse() {  # TEXT ARGUMENT...
  text=$1
  shift
  output=$("$@" 2>&1 < /dev/null) && fail "$*: succeeded"
  case $output in *"$text"*) ;; *) fail "$*: does not say '$text': $output" ;; esac
}
refuse "mpirun gives standard input to one rank only" \
  "$mpirun" "$number" 2 "$parzen" estimate --samples - --query 0 --widths 1 --backend mpi
refuse "3 workers were requested from mpirun -np 2" \
  "$mpirun" "$number" 2 "$parzen" estimate --samples samples.csv --query 0,0 --widths 1 --backend mpi --workers 3
refuse "started by mpirun" "$parzen" estimate --samples samples.csv --query 0,0 --widths 1 --backend mpi
[ "$failures" = 0 ]
