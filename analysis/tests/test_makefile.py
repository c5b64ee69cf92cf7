"""What make says before it does anything: its help, and values that it does not take."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")


def made(*arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    return subprocess.run(
        ["make", "--no-print-directory", *arguments], cwd=folder, env=inherited,
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_help_lists_every_target_that_says_what_it_is_for() -> None:
    rules = re.findall(r"^(\S+):.* ## ", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert "test-arm64" in rules
    lines = made("help").stdout.splitlines()
    assert [line.split()[0] for line in lines[: len(rules)]] == rules
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("RESULTS=", "RESULTS is empty: name a folder"),
        ("RESULTS= ", "RESULTS is empty: name a folder"),
        ("PROFILE=fast", "PROFILE=fast: choose quick, default or full"),
        ("PROFILE=", "PROFILE=: choose quick, default or full"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_before_anything_is_done(
    argument: str, said: str
) -> None:
    ended = made("report", argument)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert said in ended.stderr


def test_a_build_to_compare_with_must_be_named() -> None:
    ended = made("paired")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "OLD is empty: name the parzen_bench of another build: make paired OLD=" in ended.stderr


@pytest.mark.parametrize(
    ("chosen", "options"),
    [
        ([], "--filter "),
        (["PROFILE=full", "BLOCKS=8"], "--filter  --blocks 8 --profile full"),
        (["FILTER=a|b"], "--filter a|b"),
    ],
)
def test_two_builds_are_compared_as_the_variables_say(
    tmp_path: Path, chosen: list[str], options: str
) -> None:
    """With a stand-in for Python that prints its arguments, and as if all were set up and built."""
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\necho "$@"\nexit "${STATUS:-0}"\n', encoding="utf-8")
    python.chmod(0o755)
    built = tmp_path / "cmake"
    built.write_text("#!/bin/sh\n", encoding="utf-8")
    built.chmod(0o755)
    without = ("-o", "setup", "-o", "build/build.ninja", f"PATH={tmp_path}:{os.environ['PATH']}")
    command = ("paired", *without, "OLD=an old one", f"PYTHON={python}", *chosen)
    started = f"bench/runner/paired.py an old one build/bench/parzen_bench {options}".rstrip()
    assert made(*command).stdout.splitlines()[-1].rstrip() == started
    for status, required, expected in ((11, "", 0), (11, "times", 2), (10, "", 2), (0, "times", 0)):
        ended = made(*command, f"REQUIRE={required}", f"STATUS={status}")
        assert ended.returncode == expected


def test_what_measures_has_a_line_a_step_without_a_terminal(tmp_path: Path) -> None:
    """As in the test above. What other targets build, the compiler's lines say."""
    for program in ("python", "cmake"):
        (tmp_path / program).write_text(f'#!/bin/sh\necho {program} "$@"\n', encoding="utf-8")
        (tmp_path / program).chmod(0o755)
    without = ("-o", "setup", "-o", "build/build.ninja", f"PATH={tmp_path}:{os.environ['PATH']}")
    chosen = (f"PYTHON={tmp_path / 'python'}", f"RESULTS={tmp_path}")
    first, second = made("bench", *without, *chosen).stdout.splitlines()
    assert first.startswith("build: ")
    assert second.startswith("python bench/runner/rounds.py ")
    built = made("walkthrough", *without, *chosen).stdout.splitlines()
    assert "cmake --build build --target walkthrough" in built


@pytest.mark.parametrize(
    ("chosen", "started"),
    [
        ([], "-m parzen_study.gate.selftest"),
        (["ADD=1"], "-m runner.pairs.selftest --"),
        (["ADD=1", "SLOWED=tbb:5"], "-m runner.pairs.selftest --slowed tbb:5 --"),
        (["FROM=a folder"], "-m runner.pairs.selftest --from a folder --"),
        (["ADD=1", "GATE=--seconds 9"], "-m runner.pairs.selftest -- --seconds 9"),
    ],
)
def test_the_gates_own_test_measures_where_it_is_asked_to(
    tmp_path: Path, chosen: list[str], started: str
) -> None:
    """As in the test above."""
    for program, lines in (("python", '#!/bin/sh\necho "$@"\n'), ("cmake", "#!/bin/sh\n")):
        (tmp_path / program).write_text(lines, encoding="utf-8")
        (tmp_path / program).chmod(0o755)
    without = ("-o", "setup", "-o", "build/build.ninja", f"PATH={tmp_path}:{os.environ['PATH']}")
    ended = made("gate-selftest", *without, f"PYTHON={tmp_path / 'python'}", *chosen)
    assert ended.stdout.splitlines()[-1].split() == started.split()


def test_a_report_of_a_run_that_is_there_says_so_to_who_asked_for_a_profile(tmp_path: Path) -> None:
    """With a stand-in for Python, and as if everything that setup installs were there."""
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\n", encoding="utf-8")
    python.chmod(0o755)
    (tmp_path / "run.json").write_text("{}", encoding="utf-8")
    chosen = ("-o", "setup", "report", f"RESULTS={tmp_path}", f"PYTHON={python}")
    assert made(*chosen).stdout == ""
    assert made(*chosen, "PROFILE=full").stdout == (
        f"{tmp_path} has a run already, and this is its report. "
        "To measure again: make bench PROFILE=full\n"
    )


def test_what_is_not_a_file_is_not_measured_over_but_left_to_the_report(tmp_path: Path) -> None:
    chosen = ("--dry-run", "-o", "setup", "report", f"RESULTS={tmp_path}", "PYTHON=python3")
    assert "bench/runner/rounds.py" in made(*chosen).stdout
    os.mkfifo(tmp_path / "run.json")
    found = made(*chosen).stdout
    assert "bench/runner/rounds.py" not in found
    assert f'parzen_study report "{tmp_path}"' in found


@pytest.mark.parametrize("program", ["/bin/ls", "/bin/true", "/bin/echo"])
def test_a_program_that_is_not_python_is_named(program: str) -> None:
    ended = made("modules", f"PYTHON={program}")
    assert ended.returncode == 2
    assert f"PYTHON={program} is not a Python interpreter" in ended.stderr


@pytest.mark.parametrize("build", ["build", "build/lint"])
def test_a_build_for_another_folder_is_named_with_what_to_do(tmp_path: Path, build: str) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    cache = tmp_path / build / "CMakeCache.txt"
    cache.parent.mkdir(parents=True)
    cache.write_text(f"CMAKE_HOME_DIRECTORY:INTERNAL={tmp_path}\n", "utf-8")
    assert made("own-build", folder=tmp_path).returncode == 0
    cache.write_text("CMAKE_HOME_DIRECTORY:INTERNAL=/nowhere/at all\n", "utf-8")
    ended = made("own-build", folder=tmp_path)
    assert ended.returncode == 2
    said = f"{build}/ was configured for another folder (/nowhere/at all): run rm -rf build"
    assert said in ended.stderr
