"""How rounds.py prints text from outside: a program's lines, arguments, files."""

import io
import subprocess
import sys
from pathlib import Path

import pytest
from programs import ROOT

from runner.process import SignalWatch, supervise
from runner.progress import say
from runner.run import RunError, checked, errors_of

OBEYED = "\x1b[31m\x07\u202e\r\x85"
ESCAPED = r"\x1b[31m\x07\u202e\r\u0085"


def test_control_characters_of_a_message_are_escaped_except_line_ends() -> None:
    out = io.StringIO()
    say(out, f"one {OBEYED}\ntwo é")
    assert out.getvalue() == f"one {ESCAPED}\ntwo é\n"


def test_a_program_s_last_lines_are_escaped_and_short() -> None:
    code = (
        r"import sys; sys.stderr.buffer.write(b'\x1b[31m\xff' + 9999 * b'x' + b'\n'); sys.exit(1)"
    )
    with SignalWatch() as watch:
        ended = supervise([sys.executable, "-c", code], watch, lambda _line: None)
    [line] = ended.error_lines
    assert line.isprintable()
    assert line.startswith(r"\x1b[31m")
    assert len(line) == 300


def test_items_and_errors_of_a_document_are_short() -> None:
    machine = {"machine.cpu_model": OBEYED * 99}
    with pytest.raises(RunError) as caught:
        checked({"context": {"machine.cpu_model": "x"}, "benchmarks": []}, "round 2", [], machine)
    assert len(str(caught.value)) < 300
    case = {"run_name": "a", "error_occurred": True, "error_message": "x" * 9999}
    [line] = errors_of([{"benchmarks": [case]}])
    assert len(line) < 330


@pytest.mark.parametrize(
    "option", ["--binary", "--profile", "--rounds", "--idle-wait", "--seed", "--x"]
)
@pytest.mark.parametrize("value", [OBEYED, OBEYED + "x" * 9999])
def test_arguments_are_shown_escaped_and_short(option: str, value: str, tmp_path: Path) -> None:
    chosen = {"--binary": str(tmp_path / "none"), "--output": str(tmp_path / "run"), option: value}
    done = subprocess.run(
        [sys.executable, ROOT / "bench/runner/rounds.py", *(f"{k}={v}" for k, v in chosen.items())],
        capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode in (1, 2)
    lines = done.stderr.decode().splitlines()
    assert all(line.isprintable() and len(line) < 300 for line in lines), lines
    assert ESCAPED in lines[-1]


PROGRAMS = ("rounds.py", "paired.py", "gate.py", "counts.py", "counting/instructions.py")


def test_the_runner_starts_without_a_path_to_the_analysis(tmp_path: Path) -> None:
    for program in PROGRAMS:
        subprocess.run(
            [sys.executable, ROOT / "bench/runner" / program, "--help"],
            cwd=tmp_path, env={"PATH": "/usr/bin:/bin"}, capture_output=True, check=True,
        )  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS)
def test_modules_of_the_runner_are_not_importable_at_top_level(program: str) -> None:
    """For instance `process` or `load`, which a library may have too."""
    text = f"""
import importlib.util, runpy, sys
sys.path.insert(0, {str((ROOT / "bench/runner" / program).parent)!r})  # as Python does it
sys.argv = ["program", "--help"]
try:
    runpy.run_path({str(ROOT / "bench/runner" / program)!r}, run_name="__main__")
except SystemExit:
    found = [importlib.util.find_spec(name) for name in ("process", "load", "runner.load")]
    sys.exit([spec is not None for spec in found] != [False, False, True])
"""
    subprocess.run([sys.executable, "-c", text], capture_output=True, check=True)
