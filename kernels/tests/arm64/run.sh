#!/usr/bin/env bash
# run.sh BUILD PYTHON
# Runs the tests of the arm64 build, and its programs as their users do, in the user-mode emulator. Tests that it cannot run
# are listed with the reason, measured with qemu-user 7.2; the workflow runs all tests on an arm64 machine.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
build=$(realpath "$1")
python=$2

# Reasons, each followed by a regular expression of test names.
without=(
  "it never frees its 16 MB of tables for a worker, and these start hundreds"
  '(KeepsTheContract|GivesTheGoldenCountsWithOneToSixWorkers)/process_pool|SweepFamily\.IsRightOfMoreWidths|Turnover.*/shared|Deadlines\.EndNoWorkerThatHasJust.*/shared|Forks\.ThatKillEvery.*/shared'
  "it does not support PR_SET_CHILD_SUBREAPER, so only init reaps orphans"
  'EndOfProgram\.IsThatOfItsBackgroundLoad|^Grandchildren\.|^Orphans\.|KeepNobodyAlive|^Groups\.ThatASignalEnds'
  "it ignores madvise and RLIMIT_AS"
  'HugePages\.(AreRequestedBy|ContainGenerated)|^OutOfMemory\.|^Memory\.|^FullMemory\.|WindowTest\.FreesTheMemory|EndChild\.KeepsItsOwnMemory'
  "it ignores madvise, so workers inherit what they may only read, and can write it"
  'Starts\.HappenOnceIf.*Overwrit.*/shared|Damage\.OfTheDescriptionOfACall|Ownership\.OfItsMemoryIsNotShared'
  "it ignores madvise, so processes of two PID namespaces are distinguished by their numbers alone"
  'Namespaces\.WhereAForkedChild'
  "it starts no child that wait() ignores, so a program waits for the supervisor too"
  'Waiting\.ForAllChildren'
  "it does not support robust mutexes, nor a process number that a program chooses"
  'ProcessThreadTest\.OfAChildThatEndsReleases|Reaped\.NumbersAreNot'
  "its own memory and threads are in /proc/self"
  'SharedMemoryTest\.IsAlignedForHugePages|TbbArena\.(EndsItsThreads|EndsAfterATaskThrew)|Tbb\.BeforeAPoolWithoutAForkServer|^PoolDriver\.|Namespaces\.(With|WhoseProc)|ASpinningThreadLetsAnotherEnter|Threads\.NeedLittleStack|Allocations\.OfAnyCall|ForkHandlers\.MayMakeAForkServer'
  "its heap (brk) has little room, so the allocator keeps mappings instead"
  '(Signals\..*|Steps\..*_|Messages\.LargeOnesPassBothWays.*/)pipe'
  "a program cannot start another one"
  'OnOneProcessor'
)
without_program=(
  "a program cannot start with so few descriptors"
  'an_error_of_the_program_itself'
  "it compiles for this machine"
  'a_backend_without_its_library'
)

expression=
for ((i = 0; i < ${#without[@]}; i += 2)); do
  tests=$(ctest --test-dir "$build" --show-only --tests-regex "${without[i + 1]}" | sed -n 's/^Total Tests: //p')
  echo "Not emulated: $tests tests, ${without[i]}"
  expression+=${expression:+|}${without[i + 1]}
done
# Limits memory: a test that needs much more than natively fails instead of the machine.
ulimit -d $((2 << 20))
ctest --test-dir "$build" --output-on-failure --parallel "$(nproc)" --timeout 300 --exclude-regex "$expression"

# Each program is a script that starts the emulator.
mkdir -p "$build/emulated/bench"
for program in parzen parzen_bench walkthrough; do
  printf '#!/bin/sh\nexec qemu-aarch64 -L "%s" "%s" "$@"\n' "$build/sysroot" "$build/bench/$program" \
    > "$build/emulated/bench/$program"
  chmod +x "$build/emulated/bench/$program"
done
unwanted=
for ((i = 0; i < ${#without_program[@]}; i += 2)); do
  echo "Not emulated: ${without_program[i + 1]}, ${without_program[i]}"
  unwanted+=${unwanted:+ or }${without_program[i + 1]}
done
PARZEN_BUILD=$build/emulated "$python" -m pytest -q --numprocesses "$(nproc)" -c analysis/pyproject.toml --rootdir . \
  -k "not ($unwanted)" bench/tests/programs/parzen/test_tool.py \
  bench/tests/programs/parzen/test_tool_messages.py bench/tests/programs/test_benchmark_program.py
