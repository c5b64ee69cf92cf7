#!/usr/bin/env bash
# run.sh BUILD PYTHON
# Runs the tests of the arm64 build, and its programs, by the emulator of user programs (qemu-user). What that cannot
# run stands here, with the reason; the workflow runs all of it on an arm64 machine.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
build=$1
python=$2

# Pairs: a reason, and what it excludes: names of CTest's tests, as a regular expression.
without=(
)

expression=
for ((i = 0; i < ${#without[@]}; i += 2)); do
  count=$(ctest --test-dir "$build" --show-only --tests-regex "${without[i + 1]}" | sed -n 's/^Total Tests: //p')
  echo "Not emulated: $count tests, ${without[i]}"
  expression+=${expression:+|}${without[i + 1]}
done
ctest --test-dir "$build" --output-on-failure --parallel "$(nproc)" --exclude-regex "$expression"

# The programs, as their users run them: each is a script here that starts the emulator.
programs=$(realpath "$build")/emulated
mkdir -p "$programs/bench"
for program in parzen parzen_bench walkthrough; do
  printf '#!/bin/sh\nexec qemu-aarch64 -L "%s" "%s" "$@"\n' "$(realpath "$build")/sysroot" \
    "$(realpath "$build")/bench/$program" > "$programs/bench/$program"
  chmod +x "$programs/bench/$program"
done
