"""LOOP_FLAGS that stop the compiler early or name its output, and files with a main()."""

import os
import shutil
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from programs import ROOT

pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")

LOOP = """#include "loops/registry.hpp"
double task(std::int64_t number) { return number; }
loops::Work make(std::int64_t size) { return {loops::map<task>({.tasks = size})}; }
const loops::Registration mine({.name = "mine", .sizes = {1}, .make = make});
"""


@pytest.mark.parametrize(
    ("flags", "more", "said"),
    [
        (
            "-c",
            "",
            "LOOP_FLAGS=-c: the compiler made no program; remove flags that name its output",
        ),
        ("-o {folder}/other", "", "other: the compiler made no program"),
        (
            "-O0",
            "int main() {}",
            "A loop's file has no main(), and its libraries go into LOOP_FLAGS",
        ),
    ],
)
def test_flags_that_make_no_program_are_an_error(
    tmp_path: Path, flags: str, more: str, said: str
) -> None:
    name = f"test-{uuid.uuid4().hex}"
    (tmp_path / f"{name}.cpp").write_text(LOOP + more)
    inherited = {key: value for key, value in os.environ.items() if "MAKE" not in key}
    done = subprocess.run(
        ["make", "-C", str(ROOT), "-o", "setup", "-o", "build/build.ninja", "bench",
         f"PYTHON={sys.executable}", f"LOOP={name}.cpp",
         f"LOOP_FLAGS={flags.format(folder=tmp_path)}"],
        env={**inherited, "PWD": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert said in done.stderr
    assert "Nothing was measured, and nothing was replaced" in done.stderr
    assert not (ROOT / "build/loops" / name / "own_loop").exists()
