"""What `make compare` and continuous integration make of a status, with a stand-in that has it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from places import ROOT

pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """An interpreter that runs nothing and ends with STATUS."""
    stand_in = tmp_path / "python"
    stand_in.write_text('#!/bin/sh\necho "verdict: $*"\nexit "$STATUS"\n', encoding="utf-8")
    stand_in.chmod(0o755)
    return stand_in


def ended(command: list[str], status: int, **variables: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    return subprocess.run(
        command, cwd=ROOT, env={**inherited, "STATUS": str(status), **variables},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def made(python: Path, status: int, *variables: str) -> subprocess.CompletedProcess[str]:
    # As if everything that setup installs were there.
    command = ["make", "--no-print-directory", "-o", "setup", "compare", f"PYTHON={python}"]
    return ended([*command, *variables], status)


@pytest.mark.parametrize(
    ("status", "require", "ends"),
    [
        (0, "", 0), (10, "", 2), (11, "", 0), (12, "", 2), (1, "", 2), (2, "", 2), (143, "", 2),
        (0, "times", 0), (11, "times", 2), (10, "times", 2),
    ],
)  # fmt: skip
def test_make_fails_on_what_is_wrong_and_on_inconclusive_times_where_they_are_required(
    status: int, require: str, ends: int, python: Path
) -> None:
    done = made(python, status, f"REQUIRE={require}")
    assert done.returncode == ends
    assert done.stdout.splitlines()[-1].startswith("verdict: -m parzen_study compare results/")


@pytest.mark.parametrize(
    "base",
    [
        "--help",
        "`echo no`",
        "$(echo no)",
        '"; echo no; "',
        "'; echo no; '",
        "$$x",
        "a b",
        "",
        "@{u}",
    ],
)
def test_make_hands_the_name_of_a_base_on_as_it_is(base: str, python: Path) -> None:
    given = ["-o", "setup", "-o", "build/build.ninja", "gate", "compile=@", f"PYTHON={python}"]
    done = ended(["make", "--no-print-directory", *given, f"BASE={base}"], 0)
    assert done.stdout == f"verdict: bench/runner/gate.py -- {base}\n"


def test_make_names_a_requirement_that_it_does_not_know(python: Path) -> None:
    done = made(python, 0, "REQUIRE=time")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("REQUIRE=time: the only value is times\n")


@pytest.mark.parametrize(
    ("status", "ends"), [(0, 0), (11, 0), (10, 10), (12, 12), (1, 1), (2, 2), (141, 141)]
)
def test_continuous_integration_fails_on_what_is_wrong(
    status: int, ends: int, python: Path
) -> None:
    done = ended([".ci/compare", "a run", "--times", "advisory"], status, PYTHON=str(python))
    assert done.returncode == ends
    assert f"status {status}" in done.stdout
