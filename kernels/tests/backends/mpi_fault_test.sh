#!/bin/sh
# mpi_fault_test.sh PROGRAM MPIRUN NUMBER-FLAG 3: whatever happens to one rank, all ranks end within 10 seconds, with a non-zero
# status and that rank's message.
set -u
program=$1
shift

failures=0
check() {  # FAULT TEXT MPIRUN...
  fault=$1 text=$2
  shift 2
  begin=$(date +%s)
  output=$(timeout --kill-after=5 10 "$@" "$fault" 2>&1 < /dev/null)
  status=$?
  if [ "$status" = 0 ]; then
    echo "$fault: mpirun succeeded"
  elif [ $(($(date +%s) - begin)) -ge 10 ]; then
    echo "$fault: mpirun was still running after 10 s"
  else
    case $output in *"$text"*) return ;; esac
    echo "$fault: the output does not say: $text"
  fi
  echo "$output"
  failures=$((failures + 1))
}

check exception "task 19 has no result" "$@" "$program"
check terminate "nobody catches this" "$@" "$program"
check memory "there is not enough memory" "$@" "$program"
check input "rank 2 finds no file" "$@" "$program"
check loops "the ranks have different loops" "$@" "$program"
check workers "4 workers were requested from mpirun -np 3" "$@" "$program"
check exit "" "$@" "$program"
check kill "" "$@" "$program"

# A program of another build has another file: that of all ranks from the first argument on. (Not by the colon of mpirun: with it
# and too few slots that of Open MPI 5.0.7 crashes.)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
{ cat "$program" && echo; } > "$folder/copy" && chmod +x "$folder/copy"
cat > "$folder/either" << END
#!/bin/sh
first=\$1
shift
[ "\${OMPI_COMM_WORLD_RANK:-\${PMI_RANK:-\$PMIX_RANK}}" -lt "\$first" ] && exec "$program" "\$@"
exec "$folder/copy" "\$@"
END
chmod +x "$folder/either"
check "none" "ranks 1, 2 run another build of the program than rank 0" "$@" "$folder/either" 1
check "none" "rank 2 runs another build of the program than rank 0" "$@" "$folder/either" 2

# Without mpirun, and without a fault.
output=$("$program" none 2>&1) && { echo "without mpirun: the program succeeded"; failures=$((failures + 1)); }
case $output in *"started by mpirun"*) ;; *) echo "without mpirun: $output"; failures=$((failures + 1)) ;; esac
"$@" "$program" none || { echo "without a fault: mpirun failed"; failures=$((failures + 1)); }
[ "$failures" = 0 ]
