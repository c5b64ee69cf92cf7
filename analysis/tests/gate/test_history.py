"""A case over stored runs: where its level changed, and what is said where nothing is known."""

from __future__ import annotations

import builtins
import importlib.util
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from parzen_study.cli import main
from parzen_study.gate.history.changes import LEAST_RUNS, levels
from unrendered import rendering

needs_ruptures = pytest.mark.skipif(
    importlib.util.find_spec("ruptures") is None, reason="no package ruptures"
)
Draw = Callable[[random.Random], float]
NOISE: dict[str, Draw] = {
    "normal": lambda draw: draw.gauss(0.0, 0.05),
    "heavy tails": lambda draw: (
        0.03 * draw.gauss(0.0, 1.0) / draw.gammavariate(1.5, 1 / 1.5) ** 0.5
    ),
    "two modes": lambda draw: 0.1 * (draw.random() < 0.3) + draw.gauss(0.0, 0.02),
}


def times(runs: int, noise: Draw, draw: random.Random, change: float = 1.0) -> list[float]:
    """Seconds; from the middle on, so many times as long."""
    level = [1e-3 * (change if run >= runs // 2 else 1.0) for run in range(runs)]
    return [each * 2.718281828 ** noise(draw) for each in level]


@needs_ruptures
@pytest.mark.simulation
@pytest.mark.parametrize("runs", [10, 30, 100])
@pytest.mark.parametrize("noise", NOISE.values(), ids=NOISE)
def test_one_level_is_seldom_taken_for_two(noise: Draw, runs: int) -> None:
    draw = random.Random(runs)
    found = [len(levels(times(runs, noise, draw))) for _ in range(60)]
    assert sum(each > 1 for each in found) <= 6


@needs_ruptures
@pytest.mark.parametrize("noise", NOISE.values(), ids=NOISE)
def test_a_change_of_level_is_found_where_it_is(noise: Draw) -> None:
    draw = random.Random(3)
    found = [levels(times(40, noise, draw, change=1.3)) for _ in range(40)]
    at = [[level.first for level in each[1:]] for each in found]
    assert sum(len(each) >= 1 and min(abs(one - 20) for one in each) <= 1 for each in at) >= 36
    two = next(each for each in found if len(each) == 2)
    assert two[1].time / two[0].time == pytest.approx(1.3, rel=0.1)


def test_few_runs_and_equal_times_are_one_level() -> None:
    (one,) = levels([1.0, 1.0, 1.0, 9.0, 9.0, 9.0, 9.0])
    assert (one.first, one.end) == (0, LEAST_RUNS - 1)
    (one,) = levels([1.0] * 20)
    assert (one.first, one.end, one.time) == (0, 20, 1.0)


@needs_ruptures
def test_a_case_is_printed_and_drawn(
    enough: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = [f"--baselines={enough}", f"--output={tmp_path}/out", "--profile=default"]
    assert main(["history", "article|grain|sweep|kernels", *options]) == 1
    several = capsys.readouterr().err
    assert "cases match" in several
    case = several.split("found: ")[1].split(",")[0].strip()
    with rendering():
        assert main(["history", case, *options]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{case}\n10 runs of profile ")
    assert max(map(len, said.splitlines()[3:-2])) <= 80
    drawn = Path(said.splitlines()[-1].removeprefix("Drawn: "))
    assert drawn.read_bytes().startswith(b"\x89PNG")
    assert sorted(each.suffix for each in drawn.parent.iterdir()) == [".png", ".svg"]


def rejected(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["history", *arguments]) in (1, 3)
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert "  do:    " in said
    return said


def test_what_is_not_there_is_named(
    enough: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = (f"--baselines={enough}", "--profile=default")
    assert "no cases match" in rejected(capsys, "no such case", *there)
    assert "invalid regular expression" in rejected(capsys, "(", *there)
    assert "profile full" in rejected(capsys, "x", *there, "--profile=full")
    assert "no stored run" in rejected(capsys, "x", *there, "--machine=another")
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "store runs: make baseline" in rejected(capsys, "x", f"--baselines={empty}")
    (machine,) = enough.iterdir()
    shutil.copytree(machine, enough / "another")
    assert "name one: MACHINE=folder" in rejected(capsys, "x", *there)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    original = builtins.__import__

    def without(name: str, *arguments: Any, **named: Any) -> Any:
        if name == "ruptures":
            raise ImportError(name)
        return original(name, *arguments, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(Exception, match=r"install it: make \.venv/\.extra") as raised:
        levels([1.0, 1.1, 0.9, 1.0, 1.1, 1.2, 0.9, 1.05])
    assert "no package ruptures" in str(raised.value)
