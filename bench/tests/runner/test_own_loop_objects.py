"""Global objects of a loop's file that fail, hang or print: outside of main(), so outside of every
check."""

import json
import os
import sys
from pathlib import Path

import pytest

from runner.own_loop import OwnLoop
from runner.own_loop_program import OwnLoopProgram
from runner.process import SignalWatch
from runner.program import Choices, ProgramError

FAKE = Path(__file__).with_name("helpers") / "fake_own_loop.py"


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("hang", "it has not ended after 0 s"),
        ("crash", "it was ended by SIGSEGV"),
        ("print", "it printed text that is not JSON .* and starts with 'hello'"),
        ("0", "it printed nothing instead of a JSON document"),
        ("1", "it ended with status 1"),
        ("3", "it ended with status 3"),
    ],
)
def test_a_failing_global_object_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str, said: str
) -> None:
    binary = tmp_path / "own_loop"
    binary.write_text(f"#!{sys.executable} -IS\n{FAKE.read_text('utf-8')}", "utf-8")
    binary.chmod(0o755)
    monkeypatch.setenv("FAKE_FOLDER", str(tmp_path))
    monkeypatch.setenv("FAKE_FAILS", json.dumps({"object": how}))
    with SignalWatch() as watch:
        program = (
            OwnLoopProgram(
                "own_loop",
                [str(binary)],
                "build it again",
                Choices("", 0.1, 10, watch),
                case_limit=0.0,
            )
            if how == "hang"
            else OwnLoopProgram.of(
                binary, OwnLoop(tmp_path / "mine.cpp", "", "", ()), Choices("", 0.1, 10, watch)
            )
        )
        with pytest.raises(ProgramError, match=said) as failure:
            program.check()
    assert "constructors and destructors of global objects" in str(failure.value)
    if how == "hang" and (hung := tmp_path / "hangs").exists():
        with pytest.raises(ProcessLookupError):
            os.kill(int(hung.read_text("utf-8")), 0)
