# For a CPU-bound loop: processes, threads or neither, and how many?   `make help` lists the targets.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/bash

# For a user's own loop: make bench and make report.
ifneq ($(origin LOOP),undefined)
PROFILE   ?= quick
RESULTS   ?=
LOOP_FLAGS ?= -O3
LOOP_SIZES ?=
else
PROFILE   ?= default
RESULTS   ?= results/latest
endif
BASELINES ?= results/baselines
TIMES     ?= strict
REQUIRE   ?=
RUNS      ?= 200000
FUZZ_SECONDS ?= 60
FAULTS    ?= short
HYPOTHESIS ?= suite
SIMULATIONS ?= yes
KERNELS   ?= literal fused
OLD       ?=
BASE      ?=
GATE      ?=
ADD       ?=
SLOWED    ?=
FROM      ?=
SUITES    ?=
SANITIZED_BY ?= clang++
SINCE     ?=
BLOCKS    ?=
STORE     ?=
MPI       ?= openmpi
NP        ?= 2
HOSTFILE  ?=
BACKENDS  ?=
FILTER    ?=

# Debian packages for the build. The analysis has its own environment unless PYTHON names an interpreter; then that one's
# modules are used. Browser tests are skipped without a browser or its driver.
PACKAGES      := cmake g++ libbenchmark-dev libcereal-dev libcli11-dev libeigen3-dev libfmt-dev libgmock-dev \
                 libgtest-dev libhwy-dev libpthreadpool-dev librandom123-dev libtbb-dev libthread-pool-dev ninja-build \
                 nlohmann-json3-dev
# Programs of C++ tests. A program that is not listed here fails under sanitizers as not built.
TEST_PROGRAMS := backends_test bench_test faults_test hostile_test loops_test parts_test parzen_test processes_test
# Programs that the Python tests run.
TESTED        := parzen_bench parzen_bench_slowed parzen_tool walkthrough count_once count_calls count_calls_costlier \
                 list_cases count_dot own_loop_test
MODULES       := pandas matplotlib scipy numpy jinja2 rich jsonschema

ifdef PYTHON
python      := $(PYTHON)
environment := modules
peers       := modules
browser     :=
clang_tools := tidy-packages
tools       :=
else
python      := .venv/bin/python
environment := .venv/.complete
peers       := .venv/.extra
browser     := test-packages .venv/.extra
clang_tools := .venv/.lint
tools       := .venv/bin/
PACKAGES    += python3-venv
endif
study  := "$(python)" -m parzen_study
rounds := "$(python)" bench/runner/rounds.py --binary build/bench/parzen_bench --output "$(RESULTS)" --profile "$(PROFILE)"

# If a user sets these for other programs, Python finds other modules, skips assertions, ends with a warning, or recompiles the
# tests in every process.
unexport PYTHONDONTWRITEBYTECODE PYTHONHOME PYTHONINSPECT PYTHONOPTIMIZE PYTHONPLATLIBDIR PYTHONSAFEPATH PYTHONWARNINGS
export PYTHONPATH := analysis:bench

ifeq ($(strip $(RESULTS))$(and $(filter-out undefined,$(origin LOOP)),$(filter file,$(origin RESULTS))),)
$(error RESULTS is empty: name a folder, or remove RESULTS=)
endif
ifeq ($(filter quick default full,$(PROFILE)),)
$(error PROFILE=$(PROFILE): choose quick, default or full)
endif
ifeq ($(filter openmpi mpich,$(MPI)),)
$(error MPI=$(MPI): choose openmpi or mpich)
endif
ifneq ($(filter-out mpi,$(BACKENDS)),)
$(error BACKENDS=$(BACKENDS): the only value is mpi, which adds ranks of MPI to the other backends of a loop)
endif
ifneq ($(filter mpi,$(BACKENDS)),)
ifeq ($(filter peers,$(MAKECMDGOALS))$(filter-out undefined,$(origin LOOP)),)
$(error BACKENDS is for a loop of your own: make report LOOP=file.cpp BACKENDS=mpi. The suite's own cases: make bench-mpi, or with peers make peers BACKENDS=mpi)
endif
ifeq ($(strip $(NP)),)
$(error NP is empty: name numbers of ranks, such as NP="1 2")
endif
endif
mpi_build := $(if $(filter mpich,$(MPI)),build/mpich,build)
ifneq ($(filter paired,$(MAKECMDGOALS)),)
ifeq ($(strip $(OLD)),)
$(error OLD is empty: name the parzen_bench of another build: make paired OLD=path/to/parzen_bench)
endif
endif

# Passed to bench/own_loop/make.sh unexpanded: file names may contain characters that are special to make or a shell.
export CALLER := $(or $(value PWD),$(CURDIR))
ifneq ($(origin LOOP),undefined)
$(foreach variable,LOOP LOOP_FLAGS LOOP_SIZES,$(eval override $(variable) := $$(value $(variable))))
export LOOP LOOP_FLAGS LOOP_SIZES
ifeq ($(strip $(LOOP)),)
$(error LOOP is empty: name a C++ file: make report LOOP=path/to/mine.cpp)
endif
ifneq ($(filter-out bench report,$(MAKECMDGOALS)),)
$(error LOOP is for make bench and make report only: remove it from make $(MAKECMDGOALS))
endif
endif
ifneq ($(filter gate,$(MAKECMDGOALS)),)
# A branch's name may contain a quote, or characters that a shell would expand.
override BASE := $(value BASE)
export BASE
endif
ifneq ($(filter example-loop,$(MAKECMDGOALS)),)
# Not from the environment, since some systems set NAME.
ifneq ($(origin NAME),command line)
$(error NAME is missing: for mine.cpp, run make example-loop NAME=mine)
endif
override NAME := $(value NAME)
export NAME
endif
ifneq ($(filter-out 0 1,$(OPEN)),)
$(error OPEN=$(OPEN): make report OPEN=1 opens the report in a browser)
endif
export OPEN_REPORT := $(filter 1,$(OPEN))
own_loop = python="$(python)" PROFILE="$(PROFILE)" PROFILE_CHOSEN="$(filter-out file,$(origin PROFILE))" \
           RESULTS="$(RESULTS)" RANKS="$(if $(BACKENDS),$(NP))" HOSTFILE="$(HOSTFILE)" FIRST_BUILD="$(first_build)" bench/own_loop/make.sh

# The steps of bench, peers and report before a report is written, with their expected time in seconds if known: one bar over
# all of them (bench/steps/step.sh).
measure_seconds_quick := 50
measure_seconds_default := 285
measure_seconds_full := 3540
ifneq ($(filter bench peers report,$(MAKECMDGOALS)),)
ifneq ($(or $(filter-out report,$(MAKECMDGOALS)),$(filter-out undefined,$(origin LOOP)),$(if $(wildcard $(RESULTS)/run.json),,yes)),)
to_measure := build:$(if $(wildcard build/.ninja_log),,$(shell echo $$((200 / $$(nproc))))) measure:$(measure_seconds_$(PROFILE))
endif
export PARZEN_STEPS := $(or $(PARZEN_STEPS),install:60 $(to_measure))
export PARZEN_BEGUN := $(or $(PARZEN_BEGUN),$(shell date +%s))
endif
step := bench/steps/step.sh

.PHONY: help setup build test test-faults bench peers bench-mpi simulate report example-loop baseline history compare counts paired gate gate-selftest gate-layout walkthrough instructions lint tidy format test-sanitize test-threads test-mpi test-arm64 fuzz mutants model clean packages model-packages tidy-packages test-packages instructions-packages counts-packages mpi-packages simgrid-packages arm64-packages clang-packages modules own-build build-sanitized build-threads

help: ## print the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "%-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@printf '\nVariables: PROFILE=quick|default|full, RESULTS=folder, BASELINES=folder,\n           TIMES=strict|advisory, REQUIRE=times|counts, FAULTS=short|full,\n           SUITES="names", SANITIZED_BY=compiler, KERNELS="names",\n           SINCE=commit, RUNS=number, FUZZ_SECONDS=number,\n           HYPOTHESIS=suite|long, SIMULATIONS=yes|no, PYTHON=interpreter,\n           BASE=commit, OLD=parzen_bench, BLOCKS=number, FILTER=regex,\n           ADD=1, SLOWED=backend:percent, FROM=folder, STORE=yes,\n           CASE=regex, MACHINE=folder,\n           MPI=openmpi|mpich, NP="numbers", HOSTFILE=file, BACKENDS=mpi,\n           LOOP=file.cpp, LOOP_FLAGS=flags, LOOP_SIZES=numbers, NAME=loop\n'

# The .venv of another user, or one whose Python was removed, is complete but cannot run.
setup: packages $(environment) ## install what is missing: Debian packages, .venv for the analysis
	@command -v "$(python)" > /dev/null || { \
	  echo "this user cannot run $(python): run make as the user who created .venv, or in your own clone" >&2; exit 1; }

build: packages build/build.ninja ## build the programs into build/bench/
	$(call compile,parzen_bench parzen_tool walkthrough count_once count_calls)

# Browser tests install a browser and its driver at the first call. Some tests wait, so more run at a time than there are CPUs.
# SUITES selects C++ tests. SIMULATIONS=no skips the Python tests that simulate the coverage of intervals.
test: setup build/build.ninja $(browser) ## run all tests except the fault suite
	$(call compile,$(if $(SUITES),$(TESTED) $(SUITES),all))
	@suites="$(strip $(SUITES))"; ctest --test-dir build --output-on-failure --parallel $$(($$(nproc) + 2)) --no-tests=error \
	  $${suites:+--label-regex "^($${suites// /|})\$$"} --label-exclude '^(faults|threads)_test$$' \
	  --exclude-regex '^(faults|threads)_test_NOT_BUILT$$'
	@"$(python)" -m pytest -q --numprocesses $$(($$(nproc) + 1)) --dist loadgroup --hypothesis-profile "$(HYPOTHESIS)" \
	  $(if $(filter no,$(SIMULATIONS)),-m "not simulation") -c analysis/pyproject.toml --rootdir . analysis/tests bench/tests

test-faults: packages build/build.ninja ## kill, stop and starve the pool's processes; FAULTS=full: minutes
	$(call compile,faults_test)
	@FAULTS="$(FAULTS)" ctest --test-dir build --output-on-failure --parallel $$(nproc) --label-regex '^faults_test$$'

# Builds only the programs that measure: a test that does not compile must not prevent a report.
bench: setup build/build.ninja $(if $(BACKENDS),mpi-packages) ## measure into results/latest/, in rounds of fresh processes
ifeq ($(origin LOOP),undefined)
	$(call compile,parzen_bench)
	@$(rounds)
else
	@$(own_loop) bench
endif

# The first call installs the Python packages of the peers. BACKENDS=mpi measures also NP ranks.
peers: setup build/build.ninja $(peers) $(if $(BACKENDS),mpi-packages) ## also measure Python's pools and libraries, in each round
	$(if $(BACKENDS),@cmake --preset release > /dev/null)
	$(call compile,parzen_bench $(if $(BACKENDS),bench_mpi))
	@$(rounds) --peers runner.python_baselines $(if $(BACKENDS),--ranks $(NP) $(if $(HOSTFILE),--host-file "$(HOSTFILE)"))

# NP are numbers of ranks; HOSTFILE names the hosts on which mpirun starts them.
bench-mpi: setup build/build.ninja mpi-packages ## also measure ranks of MPI, in each round; NP="1 2"
	@cmake --preset release > /dev/null
	$(call compile,parzen_bench bench_mpi)
	@$(rounds) --ranks $(NP) $(if $(HOSTFILE),--host-file "$(HOSTFILE)")

# At the rate that the run in RESULTS has measured; a run is measured first if there is none.
simulate: setup build/build.ninja simgrid-packages ## simulate the backend mpi on up to 1,024 nodes, by SimGrid
	@command -v smpirun > /dev/null || { echo "simulate: SimGrid was not found: install smpicxx and smpirun; Debian: libsimgrid-dev" >&2; exit 1; }
	@[[ -e "$(RESULTS)/run.json" ]] || $(MAKE) --no-print-directory bench
	@cmake --preset release > /dev/null
	$(call compile,simulate)
	@"$(python)" -m runner.simulation.clusters "$(RESULTS)"

# Reports an existing run; `make bench` measures again.
report: setup ## write report.html; without a run, measure first; OPEN=1 opens it
ifneq ($(origin LOOP),undefined)
report: build/build.ninja $(if $(BACKENDS),mpi-packages)
	@$(own_loop) report
else
	@if [[ ! -e "$(RESULTS)/run.json" ]]; then $(MAKE) --no-print-directory bench; \
	elif [[ "$(origin PROFILE)" != file ]]; then \
	  echo "$(RESULTS) has a run already, and this is its report. To measure again: make bench PROFILE=$(PROFILE)"; fi
	@$(study) report "$(RESULTS)" $(if $(OPEN_REPORT),--open)
endif

example-loop: ## write NAME.cpp, a loop to edit and to pass to make report
	@$(own_loop) example-loop

baseline: setup ## add the latest run to the stored runs of this machine
	@$(study) baseline "$(RESULTS)" --baselines "$(BASELINES)"

# MACHINE is a folder of stored runs; it is needed only if there are several.
history: $(peers) ## draw a case over the stored runs: make history CASE=regex
	@$(study) history "$(CASE)" --baselines "$(BASELINES)" $(if $(MACHINE),--machine "$(MACHINE)") \
	  $(if $(filter file,$(origin PROFILE)),,--profile "$(PROFILE)")

# Status 11 is an inconclusive comparison: times are not judged, or only warned of. It fails only with REQUIRE=times. make
# itself ends with 2 for any failure, so the verdict is the last line.
compare: setup ## compare the latest run with stored ones; last line: the verdict
	@[[ -z "$(REQUIRE)" || "$(REQUIRE)" = times ]] || { echo "REQUIRE=$(REQUIRE): the only value is times" >&2; exit 1; }
	@$(study) compare "$(RESULTS)" --baselines "$(BASELINES)" --times "$(TIMES)" || { \
	  status=$$?; [[ $$status = 11 && "$(REQUIRE)" != times ]] || exit $$status; }

# Counts are the same in every run, so any machine can judge. Status 11 fails only with REQUIRE=counts.
counts: setup build/build.ninja counts-packages ## count what this build executes, and compare exactly
	@[[ -z "$(STORE)" || "$(STORE)" = yes ]] || { echo "STORE=$(STORE): the only value is yes" >&2; exit 1; }
	@[[ -z "$(REQUIRE)" || "$(REQUIRE)" = counts ]] || { echo "REQUIRE=$(REQUIRE): the only value is counts" >&2; exit 1; }
	$(call compile,parzen_bench count_once count_calls)
	@"$(python)" bench/runner/counts.py --baselines "$(BASELINES)/counts" $(if $(STORE),--store) || { \
	  status=$$?; [[ $$status = 11 && "$(REQUIRE)" != counts ]] || exit $$status; }

# The default profile is quick. Status 11, inconclusive, fails only with REQUIRE=times.
paired: setup build/build.ninja ## compare this build with OLD=parzen_bench, side by side
	@[[ -z "$(REQUIRE)" || "$(REQUIRE)" = times ]] || { echo "REQUIRE=$(REQUIRE): the only value is times" >&2; exit 1; }
	$(call compile,parzen_bench)
	@"$(python)" bench/runner/paired.py "$(OLD)" build/bench/parzen_bench --filter "$(FILTER)" \
	  $(if $(BLOCKS),--blocks "$(BLOCKS)") $(if $(filter file,$(origin PROFILE)),,--profile "$(PROFILE)") || { \
	  status=$$?; [[ $$status = 11 && "$(REQUIRE)" != times ]] || exit $$status; }

# The base is built once, with this build's options. Status 11, inconclusive, fails only with REQUIRE=times.
gate: setup build/build.ninja ## judge this build against BASE=commit, measured side by side
	@[[ -z "$(REQUIRE)" || "$(REQUIRE)" = times ]] || { echo "REQUIRE=$(REQUIRE): the only value is times" >&2; exit 1; }
	$(call compile,parzen_bench)
	@"$(python)" bench/runner/gate.py $(GATE) -- "$$BASE"; status=$$?; \
	[[ ! -e results/gate/stage1/paired.json ]] || $(study) gate results/gate > /dev/null; \
	[[ $$status = 0 || $$status = 11 && "$(REQUIRE)" != times ]] || exit $$status

# ADD=1 measures one more comparison of the same build with itself; SLOWED=backend:percent slows NEW on purpose. FROM is a
# folder with a gate's comparison of equal builds.
gate-selftest: setup $(if $(ADD),build/build.ninja) ## print false alarms and power of the gate; ADD=1 measures
ifneq ($(ADD)$(FROM),)
	$(if $(ADD),$(call compile,parzen_bench $(if $(SLOWED),parzen_bench_slowed)))
	@"$(python)" -m runner.pairs.selftest $(if $(FROM),--from "$(FROM)") $(if $(SLOWED),--slowed "$(SLOWED)") -- $(GATE)
else
	@"$(python)" -m parzen_study.gate.selftest
endif

# Links this build's object files in twelve orders. Twenty rounds take a quarter of an hour.
gate-layout: setup build/build.ninja ## measure the effect of the order of object files on times
	$(call compile,parzen_bench)
	@"$(python)" -m runner.pairs.layout

walkthrough: packages build/build.ninja ## run the article's examples, in its order
	$(call compile,walkthrough)
	@build/bench/walkthrough

# One call, by callgrind: the same counts in every run, whatever else the machine does.
instructions: setup build/build.ninja instructions-packages ## count the instructions that KERNELS execute, by callgrind
	$(call compile,count_once)
	@"$(python)" bench/runner/counting/instructions.py --program build/bench/count_once $(KERNELS)

lint: setup own-build $(clang_tools) ## check format, style and includes: clang-tidy, ruff, mypy
	@$(tools)clang-format --dry-run --Werror $$(git ls-files '*.cpp' '*.hpp')
	$(call clang_tidy,$(if $(tools),$(tools)run-clang-tidy.py -clang-tidy-binary $(tools)clang-tidy,run-clang-tidy) $(shallow))
	@"$(python)" -m ruff format --check --quiet --config analysis/pyproject.toml analysis bench kernels
	@"$(python)" -m ruff check --quiet --config analysis/pyproject.toml analysis bench kernels
	@"$(python)" -m mypy --config-file analysis/pyproject.toml analysis/parzen_study analysis/tests bench kernels
	@"$(python)" kernels/tests/mutants.py --check
	@"$(python)" kernels/tests/lint
	@echo "lint: clean"

tidy: packages own-build tidy-packages ## run the system's own clang-tidy, with the whole analyzer
	$(call clang_tidy,run-clang-tidy)

format: setup $(clang_tools) ## rewrite all sources in the project's format
	@$(tools)clang-format -i $$(git ls-files '*.cpp' '*.hpp')
	@"$(python)" -m ruff format --quiet --config analysis/pyproject.toml analysis bench kernels

build-sanitized: packages own-build clang-packages
	@cmake --preset asan -DCMAKE_CXX_COMPILER="$(SANITIZED_BY)" > /dev/null
	@cmake --build build/asan --target $(TEST_PROGRAMS)

# With clang, which takes two thirds of g++'s compile time; the workflow uses both. Freed memory is kept from reuse up to 16
# MB, not 256: each of the many forks copies its page tables.
test-sanitize: build-sanitized ## run the C++ tests under Address- and UndefinedBehaviorSanitizer
	@ASAN_OPTIONS="quarantine_size_mb=16:$$ASAN_OPTIONS" ctest --test-dir build/asan --output-on-failure --parallel $$(($$(nproc) + 2))

# Runtimes of ThreadSanitizer before clang 18 and GCC 14 do not start if addresses are more random than they expect, as on some
# kernels. A container may not be allowed to turn that off.
fixed_addresses = $$(setarch --addr-no-randomize echo setarch --addr-no-randomize 2> /dev/null)

build-threads: packages own-build clang-packages
	@cmake --preset tsan -DCMAKE_CXX_COMPILER="$(SANITIZED_BY)" > /dev/null
	@$(fixed_addresses) cmake --build --preset tsan

test-threads: build-threads ## run the pool with threads as workers under ThreadSanitizer
	@$(fixed_addresses) ctest --test-dir build/tsan --output-on-failure --parallel $$(($$(nproc) + 2)) \
	  --label-regex '^threads_test$$'

# In its own build folder with MPI=mpich: a program is compiled for one implementation.
test-mpi: packages own-build mpi-packages ## run the backend mpi under mpirun; MPI=mpich: by MPICH
ifeq ($(MPI),mpich)
	@cmake --preset release -B build/mpich -DMPI_CXX_COMPILER=mpicxx.mpich -DMPIEXEC_EXECUTABLE="$$(command -v mpiexec.mpich)" > /dev/null
else
	@cmake --preset release > /dev/null
endif
	@cmake --build $(mpi_build) --target mpi_test mpi_fault link_time parzen_tool parzen_bench backends_test
	@ctest --test-dir $(mpi_build) --output-on-failure --no-tests=error --label-regex '^mpi_test$$'
	@grep '^Skipped: ' $(mpi_build)/Testing/Temporary/LastTest.log | sort -u

test-arm64: setup own-build build/arm64/sysroot/.complete ## cross-compile for arm64, and run in an emulator what it supports
	@cmake --preset arm64 > /dev/null
	@cmake --build build/arm64 --target all faults_test
	@kernels/tests/arm64/run.sh build/arm64 "$(python)"

# New inputs beyond the committed corpus are kept in build/, and so are inputs that break a target.
fuzz: packages own-build clang-packages ## feed hostile bytes to all readers: RUNS inputs or a minute each
	@cmake --preset fuzz > /dev/null
	@cmake --build --preset fuzz
	@for corpus in kernels/tests/fuzz/corpus/*; do target=$${corpus##*/}; mkdir -p build/fuzz/corpus/$$target; \
	  build/fuzz/kernels/tests/fuzz/fuzz_$$target -runs=$(RUNS) -max_total_time=$(FUZZ_SECONDS) -max_len=2048 \
	    -artifact_prefix=build/fuzz/$$target- build/fuzz/corpus/$$target $$corpus > build/fuzz/$$target.log 2>&1 \
	    || { tail -n 40 build/fuzz/$$target.log; exit 1; }; \
	  echo "fuzz $$target: $$(tail -n 1 build/fuzz/$$target.log)"; done

mutants: packages ## break the library in some hundred ways; tests must catch each
	@python3 kernels/tests/mutants.py

# Takes ten minutes and 4 GB of memory.
model: packages model-packages ## search all states of a model of the pool's calls, by Spin
	@kernels/tests/processes/model/check build/model

clean: ## remove what was built and measured, but not .venv
	rm -rf build results/latest results/.latest-* results/loops results/paired results/gate results/counts results/history

build/build.ninja: CMakeLists.txt CMakePresets.json | packages own-build
	@$(step) build none "" cmake --preset release

build/arm64/sysroot/.complete: kernels/tests/arm64/sysroot.sh Makefile | arm64-packages
	@echo "Unpacking arm64 packages into build/arm64/sysroot"
	@kernels/tests/arm64/sysroot.sh build/arm64/sysroot $(filter %-dev,$(PACKAGES)) libc6-dev libgomp1 libstdc++6
	@touch $@

# For a build folder of another path, as in a copied clone, CMake would fail with a page of text.
own-build:
	@for cache in build/CMakeCache.txt build/*/CMakeCache.txt; do [[ -f $$cache ]] || continue; \
	  home=$$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$$cache"); [[ "$$home" -ef . ]] || { \
	  echo "$${cache%/*}/ was configured for another folder ($$home): run rm -rf build" >&2; exit 1; }; done

# $(call compile,targets): builds them. Before the first build, prints how long it takes. Only targets that go on to measure
# show a bar: otherwise the compiler's own output is more useful.
first_build := a minute or two on 2 CPUs; later calls build only what has changed
define compile
	@[[ -n "$(PARZEN_STEPS)" || -e build/.ninja_log ]] || echo "build: $(first_build)"
	@$(if $(PARZEN_STEPS),$(step) build ninja "$(if $(wildcard build/.ninja_log),what has changed,$(first_build))") \
	  cmake --build build --target $(1)
endef

# The analyzer follows fewer calls than in `make tidy`. A file that uses CLI11 or Highway takes 3 to 9 s instead of 20, most of
# which is for these libraries.
shallow := $(foreach argument,-Xclang -analyzer-config -Xclang mode=shallow,-extra-arg=$(argument))

# $(call clang_tidy,command): reads each target as one file (preset lint), or only those that changed SINCE a commit. OpenMP's
# header belongs to the compiler. clang searches its folder last, so that it uses its own version of all other headers; g++
# 12's have attributes that clang 14 does not know.
define clang_tidy
	@cmake --preset lint > /dev/null
	@cmake --build build/lint --target build_info > /dev/null
	@units=$(if $(SINCE),$$(python3 kernels/tests/lint/changed_units.py build/lint "$(SINCE)"),.) || exit 1; \
	[[ -n "$$units" ]] || { echo "clang-tidy: no file changed since $(SINCE)"; exit 0; }; \
	mapfile -t units <<< "$$units"; \
	$(1) -quiet -p build/lint -extra-arg=-idirafter"$$(c++ -print-file-name=include)" \
	  '-extra-arg=-D__malloc__(free)=__malloc__' "$${units[@]}" > build/clang-tidy.log 2>&1 \
	  || { grep -E 'warning:|error:' -A 3 build/clang-tidy.log || cat build/clang-tidy.log; exit 1; }
endef

# $(call install,packages[,message]): installs missing packages, or prints the command if it has no permission. With a message,
# a package that this system does not have may be missing; then the message is printed. One at a time, also under make --jobs:
# apt-get does not wait for another apt-get.
define install
	@if ! command -v dpkg-query > /dev/null; then \
	  echo "Not Debian or Ubuntu: install the equivalents of: $(1)"; exit 0; fi; \
	missing=$$(for p in $(1); do \
	  [[ $$(dpkg-query -W -f '$${db:Status-Status}' $$p 2> /dev/null) == installed ]] || echo $$p; done | xargs); \
	[[ -n $$missing ]] || exit 0; \
	exec 9< Makefile; flock 9; \
	install="apt-get install --yes --no-install-recommends $$missing"; \
	if [[ $$(id -u) == 0 ]]; then sudo=; \
	elif command -v sudo > /dev/null; then sudo=sudo; \
	else echo "Packages are missing, and this user has neither root nor sudo. As root, run: apt-get update && $$install"; exit 1; fi; \
	$$sudo apt-get update -qq || exit 1; \
	unknown=$$(for p in $$missing; do apt-cache show $$p > /dev/null 2>&1 || echo $$p; done | xargs); \
	if [[ -n $$unknown && -n "$(2)" ]]; then echo "$(2)"; exit 0; fi; \
	[[ -z $$unknown ]] || { echo "This system has no package $$unknown: use Debian 12 or 13, or add a package source that has it" >&2; exit 1; }; \
	size=$$($$sudo env LC_ALL=C apt-get install --no-install-recommends --assume-no $$missing 2> /dev/null \
	  | sed -n 's/^Need to get \(.*\) of archives.*/\1/p'); \
	STEP_AFTER=$(if $(wildcard .venv/.complete)$(PYTHON),0,60) $(step) install apt "Debian packages, $${size:-of unknown size}: $$missing" \
	  $$sudo env DEBIAN_FRONTEND=noninteractive $$install -qq -o APT::Status-Fd=1
endef

packages:
	$(call install,$(PACKAGES))

tidy-packages:
	$(call install,clang-format clang-tidy)

test-packages:
	$(call install,chromium,No package chromium here: tests that need a browser use Playwright's own or are skipped)

instructions-packages:
	$(call install,valgrind)

model-packages:
	$(call install,spin)

counts-packages:
	$(call install,strace valgrind)

mpi-packages:
	$(call install,$(if $(filter mpich,$(MPI)),libmpich-dev mpich,iproute2 libopenmpi-dev openmpi-bin))

simgrid-packages:
	$(call install,libsimgrid-dev,No package libsimgrid-dev here: install SimGrid from simgrid.org)

arm64-packages:
	$(call install,g++-aarch64-linux-gnu qemu-user)

# libFuzzer and the sanitizers need the runtime of the installed clang.
clang-packages:
	$(call install,clang)
	$(call install,libclang-rt-$$(clang++ -dumpversion | cut -d. -f1)-dev,No package of clang's runtime here: it must come with clang)

# pip installs only what the lock file lists by hash. It runs as a module: in a copied .venv, the script pip belongs to the
# original. One at a time, also under make --jobs. Bytecode is compiled at first use, since most modules are never used.
pip_install := flock .venv .venv/bin/python -m pip install --no-compile --progress-bar off --disable-pip-version-check --require-hashes -r

.venv/.complete: analysis/requirements.txt analysis/pyproject.toml | packages
	@$(step) install pip:$< "Python packages into .venv, 120 MB, for the analysis and the tests" \
	  bash -c 'python3 -m venv .venv && $(pip_install) $<' || { \
	  echo "Without PyPI, Debian's own packages are enough for make bench and make report:"; \
	  echo "  apt-get install python3-pandas python3-matplotlib python3-scipy python3-jinja2 python3-rich python3-jsonschema"; \
	  echo "  make report PYTHON=/usr/bin/python3"; exit 1; }
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable analysis
	@touch $@

.venv/.extra: analysis/requirements-extra.txt .venv/.complete
	@$(step) install pip:$< "Python packages into .venv, 110 MB, for make peers and tests in a browser" $(pip_install) $< || { \
	  echo "Without PyPI, Debian's own packages are enough: those of make report, and python3-loky:"; \
	  echo "  make peers PYTHON=/usr/bin/python3, and make test likewise, which then opens no browser"; exit 1; }
	@touch $@

.venv/.lint: analysis/requirements-lint.txt .venv/.complete
	@$(step) install pip:$< "Python packages into .venv, 45 MB: clang-format and clang-tidy" $(pip_install) $< || { echo "Without PyPI, use the clang-tidy of this system: make tidy"; exit 1; }
	@touch $@

modules:
	@command -v "$(python)" > /dev/null || { echo "PYTHON=$(python) is not a program: name an interpreter, or remove PYTHON="; exit 1; }
	@[[ "$$("$(python)" -c 'print(6 * 7)' 2> /dev/null)" == 42 ]] || { \
	  echo "PYTHON=$(python) is not a Python interpreter: name one, or remove PYTHON=" >&2; exit 1; }
	@"$(python)" -c 'import importlib.util as u, sys; \
	  missing = [m for m in sys.argv[1:] if u.find_spec(m) is None]; \
	  sys.exit(f"{sys.executable} has no {chr(44).join(missing)}: on Debian, apt-get install " + \
	    " ".join("python3-" + m for m in missing) + "; or leave PYTHON= out" if missing else 0)' $(MODULES)
