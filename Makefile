# For a CPU-bound loop: processes, threads or neither, and how many?   `make help` lists the targets.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/bash

PROFILE   ?= default
RESULTS   ?= results/latest
BASELINES ?= results/baselines
TIMES     ?= strict
RUNS      ?= 200000
FAULTS    ?= short
KERNELS   ?= literal fused

# What is built with, as Debian packages. The analysis has its own environment unless PYTHON names an interpreter, whose
# modules are then taken as they are; tests that need a browser are skipped where it, or what drives it, is missing.
PACKAGES      := cmake g++ libbenchmark-dev libcereal-dev libcli11-dev libeigen3-dev libfmt-dev libgmock-dev \
                 libgtest-dev libhwy-dev librandom123-dev libtbb-dev ninja-build nlohmann-json3-dev
LINT_PACKAGES := clang-format clang-tidy
TEST_PACKAGES := chromium
INSTRUCTIONS_PACKAGES := valgrind
ARM64_PACKAGES := g++-aarch64-linux-gnu qemu-user
FUZZ_PACKAGES := clang libclang-rt-14-dev
# A test program that is missing here fails there as not built.
TEST_PROGRAMS := backends_test bench_test faults_test hostile_test parts_test parzen_test processes_test
MODULES       := pandas matplotlib scipy numpy jinja2 rich

ifdef PYTHON
python      := $(PYTHON)
environment := modules
peers       := modules
browser     :=
else
python      := .venv/bin/python
environment := .venv/.complete
peers       := .venv/.extra
browser     := test-packages .venv/.extra
PACKAGES    += python3-venv
endif
study  := PYTHONPATH=analysis "$(python)" -m parzen_study
rounds := "$(python)" bench/rounds.py --binary build/bench/parzen_bench --output "$(RESULTS)" --profile "$(PROFILE)"

.PHONY: help setup build test test-faults bench peers report baseline compare walkthrough instructions lint format test-sanitize test-arm64 fuzz mutants clean packages lint-packages test-packages instructions-packages arm64-packages fuzz-packages modules

help: ## print the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@printf '\nVariables: PROFILE=quick|default|full, RESULTS=folder, BASELINES=folder,\n           TIMES=strict|advisory, FAULTS=short|full, KERNELS="names",\n           PYTHON=interpreter\n'

setup: packages $(environment) ## install what is missing: Debian packages, and .venv for the analysis

build: setup build/build.ninja ## build all programs into build/
	@cmake --build build

# Some open the report in a browser, which comes with the first call, as does what drives it. Some wait: so one more at
# a time than there are CPUs.
test: build $(browser) ## run all tests but the fault suite
	@ctest --test-dir build --output-on-failure --parallel 2 --label-exclude '^faults$$'
	@"$(python)" -m pytest -q --numprocesses $$(($$(nproc) + 1)) -c analysis/pyproject.toml --rootdir . analysis/tests bench/tests

test-faults: build ## kill, stop, starve and interrupt a pool's processes wherever they are; FAULTS=full takes minutes
	@FAULTS="$(FAULTS)" ctest --test-dir build --output-on-failure --parallel 2 --label-regex '^faults$$'

bench: build ## measure: rounds of fresh processes into results/latest/
	@$(rounds)

# What is measured beside the suite comes with the first call.
peers: build $(peers) ## the same, beside it in each round what a user of Python would otherwise pick
	@PYTHONPATH=analysis $(rounds) --peers parzen_study.peers

# A run that is there is reported on; to measure again, say `make bench`.
report: setup ## write results/latest/report.html, figures and tables; measures first if there is no run
	@[[ -f "$(RESULTS)/run.json" ]] || $(MAKE) --no-print-directory bench
	@$(study) report "$(RESULTS)"

baseline: setup ## store the latest run as the baseline of this machine
	@$(study) baseline "$(RESULTS)" --baselines "$(BASELINES)"

compare: setup ## set the latest run beside the baseline; status 1 on a regression, 3 on unusable data
	@$(study) compare "$(RESULTS)" --baselines "$(BASELINES)" --times "$(TIMES)"

walkthrough: build ## run the article's examples, in its order
	@build/bench/walkthrough

# Of one call, by callgrind: the same figures in every run, whatever else the machine does.
instructions: build instructions-packages ## count the instructions that KERNELS execute for the article's problem
	@"$(python)" bench/instructions.py --program build/bench/count_once $(KERNELS)

lint: build lint-packages ## check format and style: clang-format, clang-tidy, ruff, mypy
	@clang-format --dry-run --Werror $$(git ls-files '*.cpp' '*.hpp')
	@cmake --preset lint > /dev/null
	@cmake --build build/lint --target build_info > /dev/null
	@run-clang-tidy -quiet -p build/lint > build/clang-tidy.log 2>&1 \
	  || { grep -E 'warning:|error:' -A 3 build/clang-tidy.log; exit 1; }
	@"$(python)" -m ruff format --check --quiet --config analysis/pyproject.toml analysis bench kernels
	@"$(python)" -m ruff check --quiet --config analysis/pyproject.toml analysis bench kernels
	@"$(python)" -m mypy --config-file analysis/pyproject.toml analysis/parzen_study analysis/tests bench kernels
	@"$(python)" kernels/tests/mutants.py --check
	@echo "lint: clean"

format: setup lint-packages ## rewrite all sources in the project's format
	@clang-format -i $$(git ls-files '*.cpp' '*.hpp')
	@"$(python)" -m ruff format --quiet --config analysis/pyproject.toml analysis bench kernels

test-sanitize: setup ## run the C++ tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@cmake --preset asan > /dev/null
	@cmake --build build/asan --target $(TEST_PROGRAMS)
	@ctest --test-dir build/asan --output-on-failure --parallel 2

test-arm64: setup build/arm64/sysroot/.complete ## cross-compile all for arm64, and run what an emulator can run
	@cmake --preset arm64 > /dev/null
	@cmake --build build/arm64
	@kernels/tests/arm64/run.sh build/arm64 "$(python)"

# What it finds beyond the committed corpus is kept in build/, and what breaks a target lies beside it.
fuzz: packages fuzz-packages ## feed hostile bytes to all that reads another process's: RUNS inputs or a minute a target
	@cmake --preset fuzz > /dev/null
	@cmake --build --preset fuzz
	@for corpus in kernels/tests/fuzz/corpus/*; do target=$${corpus##*/}; mkdir -p build/fuzz/corpus/$$target; \
	  build/fuzz/kernels/tests/fuzz/fuzz_$$target -runs=$(RUNS) -max_total_time=60 -max_len=2048 \
	    -artifact_prefix=build/fuzz/$$target- build/fuzz/corpus/$$target $$corpus > build/fuzz/$$target.log 2>&1 \
	    || { tail -n 40 build/fuzz/$$target.log; exit 1; }; \
	  echo "fuzz $$target: $$(tail -n 1 build/fuzz/$$target.log)"; done

mutants: packages ## break the library in some hundred ways, and see that the tests notice each; half an hour
	@python3 kernels/tests/mutants.py

clean: ## remove what was built and measured; .venv and committed results stay
	rm -rf build results/latest results/.latest-*

build/build.ninja: CMakeLists.txt CMakePresets.json | packages
	@cmake --preset release

build/arm64/sysroot/.complete: kernels/tests/arm64/sysroot.sh Makefile | arm64-packages
	@echo "Unpacking arm64 packages into build/arm64/sysroot"
	@kernels/tests/arm64/sysroot.sh build/arm64/sysroot $(filter %-dev,$(PACKAGES)) libc6-dev libgomp1 libstdc++6
	@touch $@

# $(call install,packages): says what is missing, installs it if it may, and prints the line to run if it may not.
define install
	@if ! command -v dpkg-query > /dev/null; then \
	  echo "This is no Debian: see to it that these packages, or yours like them, are there: $(1)"; exit 0; fi; \
	missing=$$(for p in $(1); do \
	  [[ $$(dpkg-query -W -f '$${db:Status-Status}' $$p 2> /dev/null) == installed ]] || echo $$p; done | xargs); \
	[[ -n $$missing ]] || exit 0; \
	install="apt-get install --yes --no-install-recommends $$missing"; \
	echo "Missing packages: $$missing"; \
	if [[ $$(id -u) == 0 ]]; then sudo=; \
	elif command -v sudo > /dev/null; then sudo=sudo; \
	else echo "You are not root and there is no sudo. As root, run: apt-get update && $$install"; exit 1; fi; \
	$$sudo apt-get update -qq && $$sudo env DEBIAN_FRONTEND=noninteractive $$install -qq > /dev/null
endef

packages:
	$(call install,$(PACKAGES))

lint-packages:
	$(call install,$(LINT_PACKAGES))

test-packages:
	$(call install,$(TEST_PACKAGES))

instructions-packages:
	$(call install,$(INSTRUCTIONS_PACKAGES))

arm64-packages:
	$(call install,$(ARM64_PACKAGES))

fuzz-packages:
	$(call install,$(FUZZ_PACKAGES))

# pip takes only what the lock file names by hash.
.venv/.complete: analysis/requirements.txt analysis/pyproject.toml | packages
	@echo "Making .venv for the analysis"
	@python3 -m venv .venv
	@.venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r analysis/requirements.txt || { \
	  echo "Without PyPI, Debian's own packages will do for make bench and make report:"; \
	  echo "  apt-get install python3-pandas python3-matplotlib python3-scipy python3-jinja2 python3-rich"; \
	  echo "  make report PYTHON=/usr/bin/python3"; exit 1; }
	@.venv/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable analysis
	@touch $@

.venv/.extra: analysis/requirements-extra.txt .venv/.complete
	@.venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r analysis/requirements-extra.txt || { \
	  echo "Without PyPI, Debian's own packages will do: those of make report, and python3-loky:"; \
	  echo "  make peers PYTHON=/usr/bin/python3, and make test likewise, which then opens no browser"; exit 1; }
	@touch $@

modules:
	@command -v "$(python)" > /dev/null || { echo "PYTHON=$(python) is no program: name an interpreter, or leave it out"; exit 1; }
	@"$(python)" -c 'import importlib.util as u, sys; \
	  missing = [m for m in sys.argv[1:] if u.find_spec(m) is None]; \
	  sys.exit(f"{sys.executable} has no {chr(44).join(missing)}: on Debian, apt-get install " + \
	    " ".join("python3-" + m for m in missing) + "; or leave PYTHON= out" if missing else 0)' $(MODULES)
