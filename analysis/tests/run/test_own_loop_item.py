"""The item `loop` of run.json: read strictly."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from parzen_study.common.errors import UnusableData
from parzen_study.run.load import load_run
from record import small
from synthetic import Document, write
from synthetic_own_loop import DIGEST, case_name, gains, own_loop


def document() -> Document:
    return own_loop(gains(lambda _: 1.9, lambda _: 1.7), sizes=(100_000, 1_000), rounds=5)


def test_a_run_of_a_loop_says_which(tmp_path: Path) -> None:
    run = load_run(write(document(), tmp_path) / "run.json")
    assert run.loop
    assert (run.loop.name, run.loop.file, run.loop.flags) == ("mine", "mine.cpp", "-O3")
    assert (run.loop.file_sha256, run.loop.sizes_chosen) == (DIGEST, False)
    assert run.loop.sizes == (1_000, 100_000)
    one = run.frame[run.frame["case"] == case_name("tbb", 1_000, 2, "warm")]
    assert set(one["tasks"]) == {1_000}
    assert set(one["result_bytes"]) == {8}


def test_a_run_of_the_suite_is_of_none(tmp_path: Path) -> None:
    run = load_run(write(small(1), tmp_path) / "run.json")
    assert run.loop is None
    assert run.frame["tasks"].isna().all()


def change(**item: object) -> Callable[[Document], object]:
    return lambda run: run["loop"].update(item)


def counter(key: str, value: object) -> Callable[[Document], object]:
    return lambda run: run["rounds"][0]["benchmarks"][0].update({key: value})


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda run: run.update(loop="mine"), "'loop' must be an object"),
        (lambda run: run.update(loop=None), "'loop' must be an object"),
        (lambda run: run["loop"].pop("file"), "'file' must be a string"),
        (change(name=7), "'name' must be a string"),
        (change(flags=["-O3"]), "'flags' must be a string"),
        (change(file_sha256="0123"), "'file_sha256' must be a string that matches"),
        (change(file_sha256="g" * 64), "'file_sha256' must be a string that matches"),
        (change(sizes_chosen=1), "'sizes_chosen' must be true or false"),
        (change(sizes=[]), "'sizes' must be a list that is not empty"),
        (change(sizes=[0, 1_000]), r"'sizes\[0\]' must be a whole number"),
        (change(sizes=[True]), r"'sizes\[0\]' must be a whole number"),
        (change(sizes=[1.5]), r"'sizes\[0\]' must be a whole number"),
        (change(sizes=["1000"]), r"'sizes\[0\]' must be a whole number"),
        (change(sizes=[2**63]), r"'sizes\[0\]' must be a whole number"),
        (change(sizes=[1_000, 1_000, 100_000]), "a size is listed twice"),
        (change(sizes=[1_000]), "a case is of another loop or size"),
        (change(name="other"), "a case is of another loop or size"),
        (lambda run: run["cases"].append("grain/tbb/n:128"), "a case is of another loop or size"),
        (
            lambda run: run["cases"].append(case_name("tbb", 7, 2, "warm")),
            "a case is of another loop or size",
        ),
        (counter("tasks", 0.0), "'tasks' must be a whole number"),
        (counter("tasks", 1.5), "'tasks' must be a whole number"),
        (counter("tasks", "many"), "'tasks' must be a whole number"),
        (counter("result_bytes", -8.0), "'result_bytes' must be a whole number"),
    ],
)
def test_what_no_runner_writes_is_rejected(
    edit: Callable[[Document], object], message: str, tmp_path: Path
) -> None:
    edited = document()
    edit(edited)
    with pytest.raises(UnusableData, match=message):
        load_run(write(edited, tmp_path) / "run.json")
