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

# Lines of different lengths, and no newline at the end.
"$parzen" generate --generator counter --n 5003 | awk '{ printf "%s%s%*s", separator, $0, NR % 7, ""; separator = "\n" }' > samples.csv
printf '0.1,0.2' > one.csv
for case in by_width: by_sample: by_sample:one.csv by_width:--n by_sample:--n; do
  decomposition=${case%%:*}
  case $case in
    *--n) samples="--n 5003" ;;
    *one.csv) samples="--samples one.csv" ;;
    *) samples="--samples samples.csv" ;;
  esac
  estimate="estimate $samples --query 0,0.1 --widths 0.1:1:0.1 --kernel fused --decomposition $decomposition"
  # shellcheck disable=SC2086
  "$parzen" $estimate > expected || exit 1
  for ranks in 1 2 3 4; do
    # shellcheck disable=SC2086
    "$mpirun" "$number" "$ranks" "$parzen" $estimate --backend mpi > found || fail "$case, $ranks ranks: failed"
    cmp expected found || fail "$case, $ranks ranks: another answer than serial"
  done
done

# Threads inside ranks, if this build has them.
if "$parzen" backends | grep -q '^mpi_tbb  *built'; then
  "$parzen" estimate --n 5003 --query 0,0.1 --widths 0.1:1:0.1 > expected || exit 1
  for workers in "" "--workers 2" "--workers 6"; do
    # shellcheck disable=SC2086
    "$mpirun" "$number" 2 "$parzen" estimate --n 5003 --query 0,0.1 --widths 0.1:1:0.1 --decomposition by_sample \
      --backend mpi_tbb $workers > found || fail "mpi_tbb $workers: failed"
    cmp expected found || fail "mpi_tbb $workers: another answer than serial"
  done
fi

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
# The rank that reads the line says so.
sed '4000s/.*/1,x/' samples.csv > bad.csv
refuse "bad.csv: value 2 of line 4000 is 'x', not a number" \
  "$mpirun" "$number" 3 "$parzen" estimate --samples bad.csv --query 0,0 --widths 1 --backend mpi --decomposition by_sample
refuse "started by mpirun" "$parzen" estimate --samples samples.csv --query 0,0 --widths 1 --backend mpi
[ "$failures" = 0 ]
