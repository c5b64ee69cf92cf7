"""selftest.py: which comparisons it stores, and which it does not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from paired_scene import CASES, ROOT, Scene
from parzen_study.gate.selftest.stored import FOLDER, read_all
from runner import gate
from runner.pairs import selftest

NOISE = {"FAKE_NOISE": "0.01"}


@pytest.fixture(autouse=True)
def _gate(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scene, "program", ROOT / "bench" / "runner" / "gate.py")
    scene.builds = (f"--old={scene.old}", f"--new={scene.new}", "--filter=article")
    scene.variables = NOISE


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


def added(scene: Scene, store: Path, *more: str) -> int:
    return selftest.main([f"--from={scene.output}", f"--store={store}", *more])


def files(store: Path) -> list[str]:
    return sorted(os.listdir(store)) if store.exists() else []


def test_the_results_of_a_gate_are_added_once(
    scene: Scene, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert scene.run("--blocks=12")[0] == 0
    assert added(scene, store) == 0
    (found,) = read_all(store)
    assert (found.planted, found.verdict, len(found.stages)) == ("none", "pass", 1)
    assert len(found.stages[0].orders) == 12
    assert "all together 0.0" in capsys.readouterr().out
    content = (store / files(store)[0]).read_bytes()
    assert b"secret" not in content
    assert added(scene, store) == 12
    assert "it is stored already" in capsys.readouterr().err
    assert len(files(store)) == 1


def test_both_stages_and_the_planted_effect_are_added(scene: Scene, store: Path) -> None:
    slow = [case for case in CASES if "openmp" in case]
    scene.set(scene.new, slow=dict.fromkeys(slow, 1.06))
    assert scene.run("--blocks=12")[0] == 10
    assert added(scene, store, "--slowed=openmp:6") == 0
    (found,) = read_all(store)
    assert (found.planted, found.verdict) == ("openmp:6", "regressed")
    assert [len(stage.seconds) for stage in found.stages] == [4, 2]


def test_an_unfinished_comparison_is_not_added(
    scene: Scene, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert scene.run("--blocks=10")[0] == 0
    file = scene.output / "stage1" / "paired.json"
    whole = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps({**whole, "interrupted": True}), "utf-8")
    assert added(scene, store) == 12
    assert "nothing was added" in capsys.readouterr().err
    file.write_text(json.dumps(whole)[:-5000], "utf-8")
    assert added(scene, store) == 12
    file.unlink()
    assert added(scene, store) == 12
    assert "No such file" in capsys.readouterr().err
    assert files(store) == []


@pytest.mark.parametrize(
    ("reason", "status"),
    [("a build differs from itself: tbb warm; measure again", 0), ("interrupted by SIGINT", 12)],
)
def test_invalid_comparisons_with_a_failed_control_are_added(
    scene: Scene, store: Path, reason: str, status: int
) -> None:
    assert scene.run("--blocks=10")[0] == 0
    file = scene.output / "verdict.json"
    verdict: dict[str, Any] = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps({**verdict, "verdict": "invalid", "reason": reason}), "utf-8")
    assert added(scene, store) == status


def test_builds_with_different_cases_are_rejected(scene: Scene, store: Path) -> None:
    scene.set(scene.old, cases=[*CASES, "article/openmp/n:1/workers:2/start:warm"])
    assert scene.run("--blocks=10")[0] == 0
    assert added(scene, store) == 12


def test_the_repository_accepts_complete_comparisons_only(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    assert scene.run("--blocks=10")[0] == 0
    before = files(ROOT / FOLDER)
    assert selftest.main([f"--from={scene.output}"]) == 12
    assert "too small for results/baselines/selftest" in capsys.readouterr().err
    assert files(ROOT / FOLDER) == before


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(selftest, "BUILT", tmp_path / "bench")
    monkeypatch.setattr(selftest, "KEPT", tmp_path / "gate")
    (tmp_path / "bench").mkdir()
    program = tmp_path / "bench" / "parzen_bench"
    program.write_bytes(b"a program")
    program.chmod(0o755)
    return program


def test_a_build_is_compared_with_a_copy_of_itself(
    built: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the command of `make gate`."""
    asked: list[list[str]] = []
    monkeypatch.setattr(gate, "main", asked.append)
    assert selftest.main([f"--store={store}", "--", "--seconds=60"]) == 12  # nothing was measured
    copy = built.parents[1] / "gate" / "same" / "parzen_bench"
    assert copy.read_bytes() == built.read_bytes()
    assert os.access(copy, os.X_OK)
    output = built.parents[1] / "gate" / "selftest"
    assert asked == [
        ["--old", str(copy), "--new", str(built), "--output", str(output), "--seconds=60"]
    ]
    built.write_bytes(b"another")
    selftest.builds("none")
    assert copy.read_bytes() == b"another"


def test_a_slowed_program_is_slowed_in_new_alone(built: Path) -> None:
    slowed = built.with_name("parzen_bench_slowed")
    slowed.write_text('#!/bin/sh\necho "$PARZEN_SLOWED" "$@"\n', "utf-8")
    slowed.chmod(0o755)
    said = [
        subprocess.run([program, "--list", "a b"], capture_output=True, text=True, check=True)
        for program in selftest.builds("tbb:15")
    ]
    assert [each.stdout for each in said] == ["tbb:00 --list a b\n", "tbb:15 --list a b\n"]


def test_a_program_that_is_not_built_is_an_error_with_advice(
    built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert selftest.main(["--slowed=tbb:5"]) == 12
    assert "parzen_bench_slowed does not exist; run: make" in capsys.readouterr().err


@pytest.mark.parametrize("value", ["tbb", "tbb:", "tbb:-5", "tbb:5000", "; rm:5", "TBB:5"])
def test_an_invalid_effect_is_an_error(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        selftest.main([f"--slowed={value}"])
    assert ended.value.code == 2
    assert "must be a backend and a percentage" in capsys.readouterr().err


def test_an_interruption_adds_nothing(
    built: Path, store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_arguments: object) -> None:
        raise KeyboardInterrupt

    assert built.exists()
    monkeypatch.setattr(gate, "main", interrupted)
    assert selftest.main([f"--store={store}"]) == 130
    assert "nothing was added" in capsys.readouterr().err
    assert files(store) == []


def test_it_is_a_program() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "runner.pairs.selftest", "--help"],
        capture_output=True, text=True, check=True, cwd=ROOT,
        env={**os.environ, "PYTHONPATH": "analysis:bench"},
    )  # fmt: skip
    assert "An interrupted comparison is not stored" in " ".join(ended.stdout.split())
