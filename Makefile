# For a CPU-bound loop: processes, threads or neither, and how many?   `make help` lists the targets.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/bash

# Of a loop of the user's own, for make bench and make report.
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
FILTER    ?=

# What is built with, as Debian packages. The analysis has its own environment unless PYTHON names an interpreter, whose
# modules are then taken as they are; tests that need a browser are skipped where it, or what drives it, is missing.
PACKAGES      := cmake g++ libbenchmark-dev libcereal-dev libcli11-dev libeigen3-dev libfmt-dev libgmock-dev \
                 libgtest-dev libhwy-dev libpthreadpool-dev librandom123-dev libtbb-dev libthread-pool-dev ninja-build \
                 nlohmann-json3-dev
# Programs of C++ tests; one that is missing here fails under sanitizers as not built.
TEST_PROGRAMS := backends_test bench_test faults_test hostile_test loops_test parts_test parzen_test processes_test
# And what the Python tests run.
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

# Where a user has set these for other programs, Python finds other modules, skips assertions, ends with a warning, or
# compiles the tests again in every process.
unexport PYTHONDONTWRITEBYTECODE PYTHONHOME PYTHONINSPECT PYTHONOPTIMIZE PYTHONPLATLIBDIR PYTHONSAFEPATH PYTHONWARNINGS
export PYTHONPATH := analysis:bench

ifeq ($(strip $(RESULTS))$(and $(filter-out undefined,$(origin LOOP)),$(filter file,$(origin RESULTS))),)
$(error RESULTS is empty: name a folder, or leave it out)
endif
ifeq ($(filter quick default full,$(PROFILE)),)
$(error PROFILE=$(PROFILE): choose quick, default or full)
endif
ifneq ($(filter paired,$(MAKECMDGOALS)),)
ifeq ($(strip $(OLD)),)
$(error OLD is empty: name the parzen_bench of another build, make paired OLD=path/to/parzen_bench)
endif
endif

# They reach bench/own_loop/make.sh as they were given: names of files may hold what make or a shell would take for something else.
export CALLER := $(or $(value PWD),$(CURDIR))
ifneq ($(origin LOOP),undefined)
$(foreach variable,LOOP LOOP_FLAGS LOOP_SIZES,$(eval override $(variable) := $$(value $(variable))))
export LOOP LOOP_FLAGS LOOP_SIZES
ifeq ($(strip $(LOOP)),)
$(error LOOP is empty: name a C++ file, make report LOOP=path/to/mine.cpp)
endif
ifneq ($(filter-out bench report,$(MAKECMDGOALS)),)
$(error LOOP is for make bench and make report only: leave it out of make $(MAKECMDGOALS))
endif
endif
ifneq ($(filter gate,$(MAKECMDGOALS)),)
# A branch's name may hold a quote, or what a shell would run.
override BASE := $(value BASE)
export BASE
endif
ifneq ($(filter example-loop,$(MAKECMDGOALS)),)
# Not from the environment, where some systems have a NAME of their own.
ifneq ($(origin NAME),command line)
$(error NAME is missing: make example-loop NAME=mine writes mine.cpp)
endif
override NAME := $(value NAME)
export NAME
endif
ifneq ($(filter-out 0 1,$(OPEN)),)
$(error OPEN=$(OPEN): make report OPEN=1 opens the report in a browser)
endif
export OPEN_REPORT := $(filter 1,$(OPEN))
own_loop = python="$(python)" PROFILE="$(PROFILE)" PROFILE_CHOSEN="$(filter-out file,$(origin PROFILE))" \
           RESULTS="$(RESULTS)" FIRST_BUILD="$(first_build)" bench/own_loop/make.sh

# What bench, peers and report have to do before a report is written, with the seconds that each step is expected to take, as
# far as that is known: one bar over all of them (bench/steps/step.sh).
measure_seconds_quick := 50
measure_seconds_default := 285
measure_seconds_full := 2640
ifneq ($(filter bench peers report,$(MAKECMDGOALS)),)
ifneq ($(or $(filter-out report,$(MAKECMDGOALS)),$(filter-out undefined,$(origin LOOP)),$(if $(wildcard $(RESULTS)/run.json),,yes)),)
to_measure := build:$(if $(wildcard build/.ninja_log),,$(shell echo $$((200 / $$(nproc))))) measure:$(measure_seconds_$(PROFILE))
endif
export PARZEN_STEPS := $(or $(PARZEN_STEPS),install:60 $(to_measure))
export PARZEN_BEGUN := $(or $(PARZEN_BEGUN),$(shell date +%s))
endif
step := bench/steps/step.sh

.PHONY: help setup build test test-faults bench peers report example-loop baseline history compare counts paired gate gate-selftest gate-layout walkthrough instructions lint tidy format test-sanitize test-threads test-arm64 fuzz mutants model clean packages model-packages tidy-packages test-packages instructions-packages counts-packages arm64-packages clang-packages modules own-build build-sanitized build-threads

help: ## print the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "%-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@printf '\nVariables: PROFILE=quick|default|full, RESULTS=folder, BASELINES=folder,\n           TIMES=strict|advisory, REQUIRE=times|counts, FAULTS=short|full,\n           SUITES="names", SANITIZED_BY=compiler, KERNELS="names",\n           SINCE=commit, RUNS=number, FUZZ_SECONDS=number,\n           HYPOTHESIS=suite|long, SIMULATIONS=yes|no, PYTHON=interpreter,\n           BASE=commit, OLD=parzen_bench, BLOCKS=number, FILTER=regex,\n           ADD=1, SLOWED=backend:percent, FROM=folder, STORE=yes,\n           CASE=regex, MACHINE=folder,\n           LOOP=file.cpp, LOOP_FLAGS=flags, LOOP_SIZES=numbers, NAME=loop\n'

# Another user's .venv, or one whose Python has gone, is complete and cannot be run.
setup: packages $(environment) ## install what is missing: Debian packages, .venv for the analysis
	@command -v "$(python)" > /dev/null || { \
	  echo "$(python) cannot be run by this user: run make as the user who made .venv, or in a clone of your own" >&2; exit 1; }

build: packages build/build.ninja ## build the programs into build/bench/
	$(call compile,parzen_bench parzen_tool walkthrough count_once count_calls)

# Some open the report in a browser, which comes with the first call, as does what drives it. Some wait: so more at a time
# than there are CPUs.
# Of the C++ tests those of SUITES, or all; of the Python tests all but those that simulate how often an interval holds the
# truth, with SIMULATIONS=no.
test: setup build/build.ninja $(browser) ## run all tests but the fault suite
	$(call compile,$(if $(SUITES),$(TESTED) $(SUITES),all))
	@suites="$(strip $(SUITES))"; ctest --test-dir build --output-on-failure --parallel $$(($$(nproc) + 2)) --no-tests=error \
	  $${suites:+--label-regex "^($${suites// /|})\$$"} --label-exclude '^(faults|threads)_test$$' \
	  --exclude-regex '^(faults|threads)_test_NOT_BUILT$$'
	@"$(python)" -m pytest -q --numprocesses $$(($$(nproc) + 1)) --hypothesis-profile "$(HYPOTHESIS)" \
	  $(if $(filter no,$(SIMULATIONS)),-m "not simulation") -c analysis/pyproject.toml --rootdir . analysis/tests bench/tests

test-faults: packages build/build.ninja ## kill, stop and starve the pool's processes; FAULTS=full: minutes
	$(call compile,faults_test)
	@FAULTS="$(FAULTS)" ctest --test-dir build --output-on-failure --parallel $$(nproc) --label-regex '^faults_test$$'

# Only what measures is built: no test that does not compile may cost anybody a report.
bench: setup build/build.ninja ## measure into results/latest/, in rounds of fresh processes
ifeq ($(origin LOOP),undefined)
	$(call compile,parzen_bench)
	@$(rounds)
else
	@$(own_loop) bench
endif

# What is measured in addition to the suite comes with the first call.
peers: setup build/build.ninja $(peers) ## the same, with Python's pools and libraries in each round
	$(call compile,parzen_bench)
	@$(rounds) --peers runner.python_baselines

# A run that is there is reported on; to measure again, say `make bench`.
report: setup ## write results/latest/report.html; measures first without a run; OPEN=1 opens it
ifneq ($(origin LOOP),undefined)
report: build/build.ninja
	@$(own_loop) report
else
	@if [[ ! -e "$(RESULTS)/run.json" ]]; then $(MAKE) --no-print-directory bench; \
	elif [[ "$(origin PROFILE)" != file ]]; then \
	  echo "$(RESULTS) holds a run already, and this is its report. To measure: make bench PROFILE=$(PROFILE)"; fi
	@$(study) report "$(RESULTS)" $(if $(OPEN_REPORT),--open)
endif

example-loop: ## write NAME.cpp, a loop to change and then to give to make report
	@$(own_loop) example-loop

baseline: setup ## add the latest run to the stored runs of this machine
	@$(study) baseline "$(RESULTS)" --baselines "$(BASELINES)"

# Whose runs, MACHINE, is a folder of stored runs; the only one, unless there are several.
history: $(peers) ## draw a case over the stored runs: make history CASE=regex
	@$(study) history "$(CASE)" --baselines "$(BASELINES)" $(if $(MACHINE),--machine "$(MACHINE)") \
	  $(if $(filter file,$(origin PROFILE)),,--profile "$(PROFILE)")

# A status of 11 is an inconclusive comparison, with times not judged or a warning of them, which fails only where times
# are required. make's own status is 2 for whatever fails, so the verdict is the last line.
compare: setup ## compare the latest run with stored ones; last line: the verdict
	@[[ -z "$(REQUIRE)" || "$(REQUIRE)" = times ]] || { echo "REQUIRE=$(REQUIRE): the only value is times" >&2; exit 1; }
	@$(study) compare "$(RESULTS)" --baselines "$(BASELINES)" --times "$(TIMES)" || { \
	  status=$$?; [[ $$status = 11 && "$(REQUIRE)" != times ]] || exit $$status; }

# What is counted is the same in every run, so that any machine can judge. As in compare, what is not judged fails only
# where that is required.
counts: setup build/build.ninja counts-packages ## count what this build executes, and compare exactly
	@[[ -z "$(STORE)" || "$(STORE)" = yes ]] || { echo "STORE=$(STORE): the only value is yes" >&2; exit 1; }
	@[[ -z "$(REQUIRE)" || "$(REQUIRE)" = counts ]] || { echo "REQUIRE=$(REQUIRE): the only value is counts" >&2; exit 1; }
	$(call compile,parzen_bench count_once count_calls)
	@"$(python)" bench/runner/counts.py --baselines "$(BASELINES)/counts" $(if $(STORE),--store) || { \
	  status=$$?; [[ $$status = 11 && "$(REQUIRE)" != counts ]] || exit $$status; }

# Profile quick, unless one is chosen. As in compare, an inconclusive comparison fails only where times are required.
paired: setup build/build.ninja ## compare this build with OLD=parzen_bench, side by side
	@[[ -z "$(REQUIRE)" || "$(REQUIRE)" = times ]] || { echo "REQUIRE=$(REQUIRE): the only value is times" >&2; exit 1; }
	$(call compile,parzen_bench)
	@"$(python)" bench/runner/paired.py "$(OLD)" build/bench/parzen_bench --filter "$(FILTER)" \
	  $(if $(BLOCKS),--blocks "$(BLOCKS)") $(if $(filter file,$(origin PROFILE)),,--profile "$(PROFILE)") || { \
	  status=$$?; [[ $$status = 11 && "$(REQUIRE)" != times ]] || exit $$status; }

# The base is built once, as this build is. An inconclusive comparison fails only where times are required.
gate: setup build/build.ninja ## judge this build against BASE=commit, measured side by side
	@[[ -z "$(REQUIRE)" || "$(REQUIRE)" = times ]] || { echo "REQUIRE=$(REQUIRE): the only value is times" >&2; exit 1; }
	$(call compile,parzen_bench)
	@"$(python)" bench/runner/gate.py $(GATE) -- "$$BASE"; status=$$?; \
	[[ ! -e results/gate/stage1/paired.json ]] || $(study) gate results/gate > /dev/null; \
	[[ $$status = 0 || $$status = 11 && "$(REQUIRE)" != times ]] || exit $$status

# With ADD=1 one more is measured, of the same build twice; of one that is slower on purpose with SLOWED=backend:percent.
# FROM is a folder in which a gate has measured equal builds.
gate-selftest: setup $(if $(ADD),build/build.ninja) ## print false alarms and power of the gate; ADD=1 measures
ifneq ($(ADD)$(FROM),)
	$(if $(ADD),$(call compile,parzen_bench $(if $(SLOWED),parzen_bench_slowed)))
	@"$(python)" -m runner.pairs.selftest $(if $(FROM),--from "$(FROM)") $(if $(SLOWED),--slowed "$(SLOWED)") -- $(GATE)
else
	@"$(python)" -m parzen_study.gate.selftest
endif

# Of this build's object files, linked in twelve orders: twenty rounds take a quarter of an hour.
gate-layout: setup build/build.ninja ## measure what the order of its object files does to times
	$(call compile,parzen_bench)
	@"$(python)" -m runner.pairs.layout

walkthrough: packages build/build.ninja ## run the article's examples, in its order
	$(call compile,walkthrough)
	@build/bench/walkthrough

# Of one call, by callgrind: the same figures in every run, whatever else the machine does.
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

# By clang, which compiles them in two thirds of the time of g++; the workflow runs them by both. Freed memory is kept from
# reuse up to 16 MB, not 256: each of the many forks copies the tables of its pages.
test-sanitize: build-sanitized ## run the C++ tests under Address- and UndefinedBehaviorSanitizer
	@ASAN_OPTIONS="quarantine_size_mb=16:$$ASAN_OPTIONS" ctest --test-dir build/asan --output-on-failure --parallel $$(($$(nproc) + 2))

# Runtimes of ThreadSanitizer older than clang 18's and GCC 14's begin only where addresses are less random than a kernel
# may make them; a container may not be allowed to ask for none.
fixed_addresses = $$(setarch --addr-no-randomize echo setarch --addr-no-randomize 2> /dev/null)

build-threads: packages own-build clang-packages
	@cmake --preset tsan -DCMAKE_CXX_COMPILER="$(SANITIZED_BY)" > /dev/null
	@$(fixed_addresses) cmake --build --preset tsan

test-threads: build-threads ## run the pool with threads as workers under ThreadSanitizer
	@$(fixed_addresses) ctest --test-dir build/tsan --output-on-failure --parallel $$(($$(nproc) + 2)) \
	  --label-regex '^threads_test$$'

test-arm64: setup own-build build/arm64/sysroot/.complete ## cross-compile all for arm64, and run what an emulator can run
	@cmake --preset arm64 > /dev/null
	@cmake --build build/arm64 --target all faults_test
	@kernels/tests/arm64/run.sh build/arm64 "$(python)"

# What it finds beyond the committed corpus is kept in build/, and so is what breaks a target.
fuzz: packages own-build clang-packages ## feed hostile bytes to all readers: RUNS inputs or a minute each
	@cmake --preset fuzz > /dev/null
	@cmake --build --preset fuzz
	@for corpus in kernels/tests/fuzz/corpus/*; do target=$${corpus##*/}; mkdir -p build/fuzz/corpus/$$target; \
	  build/fuzz/kernels/tests/fuzz/fuzz_$$target -runs=$(RUNS) -max_total_time=$(FUZZ_SECONDS) -max_len=2048 \
	    -artifact_prefix=build/fuzz/$$target- build/fuzz/corpus/$$target $$corpus > build/fuzz/$$target.log 2>&1 \
	    || { tail -n 40 build/fuzz/$$target.log; exit 1; }; \
	  echo "fuzz $$target: $$(tail -n 1 build/fuzz/$$target.log)"; done

mutants: packages ## break the library in some hundred ways; tests must notice each
	@python3 kernels/tests/mutants.py

# Ten minutes, and four GB of memory.
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

# CMake rejects what it configured for another folder, as in a copied clone, with a page of text.
own-build:
	@for cache in build/CMakeCache.txt build/*/CMakeCache.txt; do [[ -f $$cache ]] || continue; \
	  home=$$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$$cache"); [[ "$$home" -ef . ]] || { \
	  echo "$${cache%/*}/ was made for another folder ($$home): run rm -rf build" >&2; exit 1; }; done

# $(call compile,targets): builds them, and says before the first build what it costs. Only what goes on to measure has a bar:
# else the compiler's own lines are more use.
first_build := a minute or two on 2 CPUs; later calls build only what has changed
define compile
	@[[ -n "$(PARZEN_STEPS)" || -e build/.ninja_log ]] || echo "build: $(first_build)"
	@$(if $(PARZEN_STEPS),$(step) build ninja "$(if $(wildcard build/.ninja_log),what has changed,$(first_build))") \
	  cmake --build build --target $(1)
endef

# The analyzer follows fewer calls than in `make tidy`: of a file that uses CLI11 or Highway, 3 to 9 s in place of 20,
# most of which it would spend in these.
shallow := $(foreach argument,-Xclang -analyzer-config -Xclang mode=shallow,-extra-arg=$(argument))

# $(call clang_tidy,command): each target is read as one file (preset lint), or those that have changed SINCE a commit. OpenMP's header is the compiler's, which clang
# looks for last, so that it keeps its own of all others; g++ 12's has attributes that clang 14 does not know.
define clang_tidy
	@cmake --preset lint > /dev/null
	@cmake --build build/lint --target build_info > /dev/null
	@units=$(if $(SINCE),$$(python3 kernels/tests/lint/changed_units.py build/lint "$(SINCE)"),.) || exit 1; \
	[[ -n "$$units" ]] || { echo "clang-tidy: no file has changed since $(SINCE)"; exit 0; }; \
	mapfile -t units <<< "$$units"; \
	$(1) -quiet -p build/lint -extra-arg=-idirafter"$$(c++ -print-file-name=include)" \
	  '-extra-arg=-D__malloc__(free)=__malloc__' "$${units[@]}" > build/clang-tidy.log 2>&1 \
	  || { grep -E 'warning:|error:' -A 3 build/clang-tidy.log || cat build/clang-tidy.log; exit 1; }
endef

# $(call install,packages[,message]): installs what is missing, or prints the line to run if it may not. With a message,
# which is then printed, a package that this system does not have may stay missing. One at a time, also under make --jobs:
# apt-get does not wait for another.
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
	else echo "Missing packages, and neither root nor sudo. As root, run: apt-get update && $$install"; exit 1; fi; \
	$$sudo apt-get update -qq || exit 1; \
	unknown=$$(for p in $$missing; do apt-cache show $$p > /dev/null 2>&1 || echo $$p; done | xargs); \
	if [[ -n $$unknown && -n "$(2)" ]]; then echo "$(2)"; exit 0; fi; \
	[[ -z $$unknown ]] || { echo "This system has no package $$unknown: use Debian 12 or 13, or add a source that has it" >&2; exit 1; }; \
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

arm64-packages:
	$(call install,g++-aarch64-linux-gnu qemu-user)

# libFuzzer and the sanitizers come with the runtime of the clang that is installed.
clang-packages:
	$(call install,clang)
	$(call install,libclang-rt-$$(clang++ -dumpversion | cut -d. -f1)-dev,No package of clang's runtime here: it must come with clang)

# pip takes only what the lock file names by hash. As a module: the script pip in a copied .venv is that of the original.
# One at a time, also under make --jobs. Bytecode is made when a module is first used: most never is.
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
	@command -v "$(python)" > /dev/null || { echo "PYTHON=$(python) is not a program: name an interpreter, or leave it out"; exit 1; }
	@[[ "$$("$(python)" -c 'print(6 * 7)' 2> /dev/null)" == 42 ]] || { \
	  echo "PYTHON=$(python) is not a Python interpreter: name one, or leave it out" >&2; exit 1; }
	@"$(python)" -c 'import importlib.util as u, sys; \
	  missing = [m for m in sys.argv[1:] if u.find_spec(m) is None]; \
	  sys.exit(f"{sys.executable} has no {chr(44).join(missing)}: on Debian, apt-get install " + \
	    " ".join("python3-" + m for m in missing) + "; or leave PYTHON= out" if missing else 0)' $(MODULES)
