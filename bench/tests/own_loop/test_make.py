"""make bench, make report and make example-loop with a user's own loop.

A stand-in for Python prints its arguments, instead of measuring.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from programs import ROOT

pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")

NOTHING = "Nothing was measured, and nothing was replaced"
ODD = "a folder; \"with\" 'quotes' & $(signs) $PATH"


class Caller:
    """A user who calls make from their own folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / ODD
        self.folder.mkdir()
        self.python = folder / "python"
        self.python.write_text(
            '#!/bin/sh\ncase $1 in *processes.py) exit "${PROCESSES:-0}" ;; esac\n'
            "printf '%s|' \"$@\"; echo\n"
            'case $1 in *own_loop.py) exit "${STORED:-10}" ;;\n'
            '*rounds.py) eval "$MEANWHILE" ;; -m) eval "$REPORTING" ;; esac\n'
        )
        self.python.chmod(0o755)

    def make(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        made = self.start(*arguments, **environment)
        output, errors = made.communicate()
        return subprocess.CompletedProcess(made.args, made.returncode, output, errors)

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        inherited = {name: value for name, value in os.environ.items() if "MAKE" not in name}
        inherited |= {"PWD": str(self.folder), **environment}
        without = ("-osetup", "-obuild/build.ninja", "-ompi-packages", f"PYTHON={self.python}")
        return subprocess.Popen(
            ["make", "--no-print-directory", "-C", str(ROOT), *without, *arguments],
            cwd=self.folder, env=inherited, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip


@pytest.fixture
def caller(tmp_path: Path) -> Caller:
    return Caller(tmp_path)


@pytest.fixture
def name() -> Iterator[str]:
    """The name of a loop that no user has, so that the tests replace nothing of the user's."""
    unique = f"test-{uuid.uuid4().hex}"
    yield unique
    shutil.rmtree(ROOT / "build/loops" / unique, ignore_errors=True)


def lines(done: subprocess.CompletedProcess[str]) -> list[str]:
    """The output of the stand-in for Python."""
    return [line for line in done.stdout.splitlines() if line.endswith("|")]


def test_an_example_loop_is_written_built_and_measured(caller: Caller, name: str) -> None:
    assert caller.make("example-loop", f"NAME={name}").returncode == 0
    file = caller.folder / f"{name}.cpp"
    # Only the user's flags apply: neither the macros of release builds, nor warnings.
    file.write_text(
        '#include <string_view>\nstatic_assert(std::string_view(TEXT) == "a b");\n'
        f"#ifdef NDEBUG\n#error\n#endif\n{file.read_text()}\n"
        "static int unused(int a) { return 1; }\n"
    )
    flags = "-O1 -lm -DTEXT='\"a b\"'"
    done = caller.make(
        "bench", f"LOOP={name}.cpp", f"LOOP_FLAGS={flags}", "LOOP_SIZES=1000, 50", "PROFILE=full"
    )
    assert done.returncode == 0, done.stderr
    assert "warning" not in done.stdout + done.stderr
    assert f'Compiling {name}.cpp with LOOP_FLAGS="{flags}"' in done.stdout
    program = f"build/loops/{name}/own_loop"
    [measured] = lines(done)
    assert measured.split("|") == [
        *("bench/runner/rounds.py", "--binary", program, "--output", f"results/loops/{name}"),
        *("--profile", "full", "--loop", str(file), "--loop-flags", flags),
        *("--sizes", "1000,50", ""),
    ]
    checked = subprocess.run(
        [ROOT / program, "--check", "--sizes=1"], capture_output=True, text=True, check=True
    )
    assert json.loads(checked.stdout)["loop"] == name

    # A file that was removed, or that no longer compiles, breaks nothing.
    before = (ROOT / program).read_bytes()
    file.write_text(
        '#include <vector>\n#include "loops/registry.hpp"\n'
        "std::vector<double> task(std::int64_t) { return {}; }\n"
        "loops::Work make(std::int64_t size) { return {loops::map<task>({.tasks = size})}; }\n"
    )
    done = caller.make("bench", f"LOOP={file}")
    assert (done.returncode, lines(done)) == (2, [])
    assert "error: static assertion failed: the result of a task has a fixed size" in done.stderr
    assert f"LOOP={file} does not compile: see above. {NOTHING}" in done.stderr
    file.unlink()
    assert (ROOT / program).read_bytes() == before
    (ROOT / "build/bench/own_loop/loop.o").unlink(missing_ok=True)
    subprocess.run(
        ["cmake", "--build", ROOT / "build", "--", "-n"], capture_output=True, check=True
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["LOOP="], "LOOP is empty: name a C++ file"),
        (["LOOP= "], "LOOP is empty: name a C++ file"),
        (["LOOP=none.cpp"], "none.cpp: name one, or write one: make example-loop NAME=mine"),
        (["LOOP=."], "LOOP=.: cannot be read as a file: name a C++ file"),
        (["LOOP=loop.cc"], "LOOP=loop.cc: the file's name must end in .cpp: rename it"),
        (["LOOP=...cpp"], "LOOP=...cpp: the file's name starts with a dot: rename it"),
        (["LOOP=.cpp"], "LOOP=.cpp: the file's name starts with a dot: rename it"),
        (["LOOP=loop.cpp", "LOOP_SIZES=10 x"], "LOOP_SIZES=10 x: 'x' is not a size: give integers"),
        (["LOOP=loop.cpp", "LOOP_SIZES=0"], "LOOP_SIZES=0: '0' is not a size"),
        (["LOOP=loop.cpp", "LOOP_SIZES=1,,2"], "LOOP_SIZES=1,,2: '' is not a size"),
        (["LOOP=loop.cpp", "LOOP_SIZES=-5"], "LOOP_SIZES=-5: '-5' is not a size"),
        (["LOOP=loop.cpp", "LOOP_SIZES=1\x1b[2J"], r"$'1\E[2J' is not a size"),
        (["LOOP=loop.cpp", "RESULTS="], "RESULTS is empty: name a folder"),
        (["LOOP=loop.cpp", "PROFILE=fast"], "PROFILE=fast: choose quick, default or full"),
        (["LOOP=loop.cpp", "OPEN=yes"], "OPEN=yes: make report OPEN=1 opens the report"),
        (["LOOP=loop.cpp", "BACKENDS=tbb"], "BACKENDS=tbb: the only value is mpi"),
        (["BACKENDS=mpi"], "BACKENDS is for a loop of your own: make report LOOP=file.cpp"),
        (["LOOP=loop.cpp", "BACKENDS=mpi", "NP="], "NP is empty: name numbers of ranks"),
        (["LOOP=loop.cpp", "compare"], "LOOP is for make bench and make report only: "),
    ],
)
def test_a_wrong_variable_is_an_error_with_advice(
    caller: Caller, arguments: list[str], said: str
) -> None:
    for file in ("loop.cpp", "loop.cc", "...cpp", ".cpp"):
        (caller.folder / file).touch()
    done = caller.make("bench", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


@pytest.mark.skipif(
    not (ROOT / "build/bench/bench_mpi").exists(), reason="without MPI, bench_mpi is not built"
)
def test_with_mpi_a_loop_has_a_second_program(caller: Caller, name: str) -> None:
    assert caller.make("example-loop", f"NAME={name}").returncode == 0
    (caller.folder / "my hosts").write_text("localhost\n")
    with_mpi = ("BACKENDS=mpi", "NP=1 2", "HOSTFILE=my hosts")
    done = caller.make("report", f"LOOP={name}.cpp", *with_mpi, STORED="10")
    assert done.returncode == 0, done.stderr
    [asked, measured, _] = lines(done)
    assert asked.endswith("|--ranks|1|2|")
    assert measured.endswith(f"|--ranks|1|2|--host-file|{caller.folder}/my hosts|")
    programs = ROOT / "build/loops" / name
    # Started by itself, it is one rank of none.
    alone = subprocess.run(
        [programs / "own_loop_mpi", "--sizes=1"], capture_output=True, text=True, check=False
    )
    assert (alone.returncode, alone.stdout) == (1, "")
    assert "started by mpirun" in alone.stderr
    # The program that every loop has is not linked to MPI, which would make its forks slower.
    linked = subprocess.run(["ldd", programs / "own_loop"], capture_output=True, text=True)
    assert "libmpi" not in linked.stdout
    assert caller.make("bench", f"LOOP={name}.cpp", "BACKENDS=mpi").stdout.endswith("|--ranks|2|\n")


def test_without_mpi_the_message_says_what_to_install(
    caller: Caller, name: str, tmp_path: Path
) -> None:
    assert caller.make("example-loop", f"NAME={name}").returncode == 0
    path = with_cmake_that("true", tmp_path)
    (tmp_path / "tools/cmake").write_text("#!/bin/sh\n")  # configures, and finds nothing
    (tmp_path / "tools/grep").write_text("#!/bin/sh\nexit 1\n")  # no target needs MPI
    (tmp_path / "tools/grep").chmod(0o755)
    done = caller.make("bench", f"LOOP={name}.cpp", "BACKENDS=mpi", PATH=path)
    assert (done.returncode, lines(done)) == (2, [])
    assert "CMake finds no MPI: install it (Debian: apt-get install libopenmpi-dev" in done.stderr
    assert NOTHING in done.stderr


def test_flags_with_an_open_quote_are_an_error(caller: Caller, name: str) -> None:
    (caller.folder / f"{name}.cpp").touch()
    done = caller.make("bench", f"LOOP={name}.cpp", "LOOP_FLAGS=-DTEXT='")
    assert (done.returncode, lines(done)) == (2, [])
    assert "LOOP_FLAGS=-DTEXT=': a quote is not closed" in done.stderr


def test_a_program_that_cannot_be_linked_replaces_nothing(caller: Caller, name: str) -> None:
    (caller.folder / f"{name}.cpp").write_text("int main() {}\n")
    done = caller.make("bench", f"LOOP={name}.cpp")
    assert (done.returncode, lines(done)) == (2, [])
    assert f"The program of LOOP={name}.cpp was not built: see above. {NOTHING}" in done.stderr
    assert not (ROOT / "build/loops" / name / "own_loop").exists()


def test_a_measured_loop_is_reported_without_measuring(caller: Caller, name: str) -> None:
    (caller.folder / f"{name}.cpp").write_text("does not compile\n")
    asked = (
        f"bench/runner/own_loop.py|--output|results/loops/{name}|"
        f"--loop|{caller.folder}/{name}.cpp|--loop-flags|-O3|"
    )
    reported = f"-m|parzen_study|report|results/loops/{name}|"
    done = caller.make("report", f"LOOP={name}.cpp", STORED="0")
    assert (done.returncode, done.stdout.splitlines()) == (0, [asked, reported])
    done = caller.make("report", f"LOOP={name}.cpp", "PROFILE=full", STORED="0")
    assert lines(done) == [asked, reported]
    assert "has a run of this loop already" in done.stdout
    done = caller.make("report", f"LOOP={name}.cpp", "OPEN=1", STORED="0")
    assert lines(done) == [asked, f"{reported}--open|"]
    # If the stored run is of another loop, this one is measured; here it does not compile.
    done = caller.make("report", f"LOOP={name}.cpp", STORED="10")
    assert (done.returncode, lines(done)) == (2, [asked])
    assert "does not compile" in done.stderr
    done = caller.make("report", f"LOOP={name}.cpp", "RESULTS=a folder", STORED="2")
    assert (done.returncode, lines(done)) == (
        2,
        [asked.replace(f"results/loops/{name}", "a folder")],
    )
    assert "does not compile" not in done.stderr


def test_an_example_loop_replaces_nothing(caller: Caller) -> None:
    assert caller.make("example-loop", "NAME=mine.cpp").returncode == 0
    file = caller.folder / "mine.cpp"
    assert '.name = "mine"' in file.read_text()
    file.write_text("mine")
    (caller.folder / "link.cpp").symlink_to(caller.folder / "nowhere")
    for name in ("mine", "link"):
        done = caller.make("example-loop", f"NAME={name}")
        assert (done.returncode, done.stdout) == (2, "")
        assert f"{name}.cpp exists already: choose another NAME, or remove it" in done.stderr
    assert file.read_text() == "mine"
    assert not (caller.folder / "nowhere").exists()


@pytest.mark.parametrize(
    "argument",
    ["NAME=", "NAME=.", "NAME=..", "NAME=a/b", "NAME=a b", "NAME=-x", "NAME=é", "NAME=$(x)"],
)
def test_an_invalid_name_of_a_loop_is_an_error(caller: Caller, argument: str) -> None:
    done = caller.make("example-loop", argument)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{argument}: up to 64 letters, digits, dots" in done.stderr
    assert not list(caller.folder.iterdir())


def test_a_missing_name_is_an_error_in_any_environment(caller: Caller) -> None:
    done = caller.make("example-loop", NAME="host")
    assert (done.returncode, done.stdout) == (2, "")
    assert "NAME is missing: for mine.cpp, run make example-loop NAME=mine" in done.stderr
    assert not list(caller.folder.iterdir())


def with_cmake_that(command: str, folder: Path) -> str:
    """A value of PATH with a wrapper of cmake, which runs `command` before it links a loop's
    program."""
    tools = folder / "tools"
    tools.mkdir()
    (tools / "cmake").write_text(
        f'#!/bin/sh\ncase "$*" in *own_loop*) {command} ;; esac\n'
        f'exec {shutil.which("cmake")} "$@"\n'
    )
    (tools / "cmake").chmod(0o755)
    return f"{tools}:{os.environ['PATH']}"


def test_a_file_that_changes_while_it_is_built_is_not_measured(
    caller: Caller, name: str, tmp_path: Path
) -> None:
    assert caller.make("example-loop", f"NAME={name}").returncode == 0
    file = caller.folder / f"{name}.cpp"
    path = with_cmake_that('echo >> "$CHANGED"', tmp_path)
    done = caller.make("bench", f"LOOP={name}.cpp", PATH=path, CHANGED=str(file))
    assert (done.returncode, lines(done)) == (2, [])
    assert f"LOOP={name}.cpp changed while it was compiled. {NOTHING}: " in done.stderr
    assert not (ROOT / "build/loops" / name / "own_loop").exists()


def test_a_program_is_not_replaced_during_its_measurement(
    caller: Caller, name: str, tmp_path: Path
) -> None:
    assert caller.make("example-loop", f"NAME={name}").returncode == 0
    program, file = f"build/loops/{name}/own_loop", tmp_path / f"{name}.cpp"
    shutil.copy(caller.folder / f"{name}.cpp", file)
    again = (
        f"MEANWHILE= make --no-print-directory -o setup -o build/build.ninja "
        f"'PYTHON={caller.python}' bench 'LOOP={file}' LOOP_FLAGS=-DOTHER RESULTS=other"
    )
    done = caller.make(
        "bench",
        f"LOOP={name}.cpp",
        MEANWHILE=f"stat -c %i {program}; {again}; stat -c %i {program}",
    )
    [_, before, after] = done.stdout.splitlines()[-3:]
    assert before == after
    assert len(lines(done)) == 1
    assert f"LOOP={file}: another make is measuring a loop named {name}" in done.stderr


@pytest.mark.parametrize("phase", ["link", "measure", "report"])
def test_the_commands_of_make_end_when_make_is_terminated(
    caller: Caller, name: str, tmp_path: Path, phase: str
) -> None:
    """SIGTERM reaches only make, as from kill or a service manager; Ctrl-C reaches all
    processes."""
    assert caller.make("example-loop", f"NAME={name}").returncode == 0
    begun = tmp_path / "begun"
    os.mkfifo(begun)
    stays = 'exec 9> "$BEGUN"; echo started >&9; exec sleep 120'  # holds the pipe open meanwhile
    environment = {
        "link": {"PATH": with_cmake_that(stays, tmp_path)},
        "measure": {"MEANWHILE": stays},
        "report": {"STORED": "0", "REPORTING": stays},
    }[phase]
    made = caller.start("report", f"LOOP={name}.cpp", BEGUN=str(begun), **environment)
    with begun.open(encoding="utf-8") as pipe:
        assert pipe.readline() == "started\n"
        made.terminate()
        made.communicate(timeout=60)  # until no process holds the output
        assert pipe.read() == ""  # until no process holds the pipe
    assert made.returncode == -signal.SIGTERM


def test_the_loop_of_the_readme_is_measured_unchanged(caller: Caller, name: str) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    [code] = re.findall(r"^```cpp\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    assert len(code.splitlines()) == 15
    (caller.folder / f"{name}.cpp").write_text(code)
    done = caller.make("bench", f"LOOP={name}.cpp", "LOOP_FLAGS=-O2 -Wall")
    assert (done.returncode, len(lines(done))) == (0, 1), done.stderr
    assert "warning" not in done.stdout + done.stderr
    program = ROOT / "build/loops" / name / "own_loop"
    checked = subprocess.run([program, "--check"], capture_output=True, text=True, check=True)
    assert json.loads(checked.stdout)["loop"] == "pi"


def test_without_enough_processes_nothing_is_built(caller: Caller, name: str) -> None:
    assert caller.make("example-loop", f"NAME={name}").returncode == 0
    done = caller.make("bench", f"LOOP={name}.cpp", PROCESSES="1")
    assert (done.returncode, lines(done)) == (2, [])
    assert not (ROOT / "build/loops" / name / "own_loop").exists()
