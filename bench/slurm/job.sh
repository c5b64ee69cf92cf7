#!/bin/bash
#SBATCH --job-name=bench-mpi
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=1
#SBATCH --exclusive
#SBATCH --time=01:00:00
#SBATCH --output=bench-mpi-%j.log
# sbatch bench/slurm/job.sh [NUMBER...]: measures the backend mpi with these numbers of ranks, each in every round.
set -euo pipefail
cd "${SLURM_SUBMIT_DIR:?start it by sbatch, in the top folder of the project}"

ranks=("$@")
[[ $# -gt 0 ]] || ranks=(1 "${SLURM_NTASKS:?}")
hosts=$(mktemp "bench-mpi-hosts-XXXXXX")
trap 'rm -f "$hosts"' EXIT
scontrol show hostnames "$SLURM_JOB_NODELIST" > "$hosts"

make bench-mpi NP="${ranks[*]}" HOSTFILE="$hosts" RESULTS="results/mpi-$SLURM_JOB_ID"
make report RESULTS="results/mpi-$SLURM_JOB_ID"
