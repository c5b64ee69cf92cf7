"""Stored comparisons: what is kept of a gate's times, what is not, and files that are not one."""

from __future__ import annotations

import json
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from parzen_study.common.errors import NoData, UnusableData
from parzen_study.gate.selftest.stored import file_name, packed, read_all, unpacked
from parzen_study.gate.two_builds import judged, units_of
from self_comparisons import NAMES, START, UNITS, paired, stored

PACKED = packed([paired(12)], "none", "pass", START)


def test_what_is_stored_is_judged_as_what_was_measured() -> None:
    measured = [paired(12, factor={"tbb warm": 1.1}), paired(20, seed=2, cases=UNITS["tbb warm"])]
    found = stored(*measured, planted="tbb:10", verdict="regressed")
    for number, (stage, own) in enumerate(zip(found.stages, measured, strict=True), start=1):
        units = units_of(own["blocks"][0]["letters"][0]["seconds"])
        before = judged(own["blocks"], units, number)
        again = judged(stage.blocks(), units, number)
        assert [unit.outcome for unit in again] == [unit.outcome for unit in before]
        assert [unit.ratio for unit in again] == pytest.approx(
            [unit.ratio for unit in before], abs=1e-3
        )
        assert stage.orders == [block["order"] for block in own["blocks"]]
    assert list(found.stages[1].seconds) == UNITS["tbb warm"]
    assert (found.planted, found.verdict, found.when) == ("tbb:10", "regressed", START)
    assert found.stages[0].elapsed == pytest.approx(48, abs=1)


def test_times_keep_four_digits() -> None:
    measured = paired(3)
    letters = measured["blocks"][0]["letters"]
    for letter, seconds in zip(letters, (1.23456e-7, 9.99999e-7, 0.0312349, 2.0), strict=True):
        letter["seconds"][NAMES[0]] = seconds
    kept = stored(measured).stages[0].seconds[NAMES[0]][:4]
    assert kept == [1.235e-7, 1.0e-6, 0.03123, 2.0]


def test_nothing_is_stored_that_names_a_place() -> None:
    text = lzma.decompress(PACKED).decode("ascii")
    assert "/home" not in text
    assert "secret" not in text
    found = unpacked(PACKED, "it")
    assert found.toolchain["compiler_flags"] == "-O3 (path)"
    assert found.machine["cpu_model"] == "A CPU"
    assert found.machine["virtualisation"] == "unknown"


def test_a_case_with_an_error_has_no_times_and_is_named() -> None:
    measured = paired(12)
    wrong = measured["blocks"][3]["letters"][1]
    del wrong["seconds"][NAMES[2]]
    wrong["errors"][NAMES[2]] = "counts differ"
    found = stored(measured)
    name = {"A": "OLD", "B": "NEW"}[wrong["build"]]
    assert found.errors == {NAMES[2]: [name]}
    assert sorted(found.stages[0].seconds) == sorted(set(NAMES) - {NAMES[2]})


def test_a_program_without_a_date_was_run_when_its_file_was_written() -> None:
    measured = paired(2)
    for block in measured["blocks"]:
        for letter in block["letters"]:
            letter["context"]["date"] = "7"
    found = stored(measured)
    assert found.when == START
    assert found.stages[0].elapsed is None


def changed(change: Callable[[dict[str, Any]], Any]) -> bytes:
    document = json.loads(lzma.decompress(PACKED))
    change(document)
    return lzma.compress(json.dumps(document).encode())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        PACKED[:-20],
        PACKED[: len(PACKED) // 2],
        lzma.compress(b"[" * 100_000),
        lzma.compress(b'"\xff"'),
        lzma.compress(b" " * (80 << 20)),
        changed(lambda document: document.update(version=2)),
        changed(lambda document: document.pop("cases")),
        changed(lambda document: document.update(cases=["a"])),
        changed(lambda document: document.update(stages=[])),
        changed(lambda document: document.update(when="2026-11-29")),
        changed(lambda document: document["stages"][0].update(orders="ABX")),
        changed(lambda document: document["stages"][0].update(orders="")),
        changed(lambda document: document["stages"][0]["times"][0].pop()),
        changed(lambda document: document["stages"][0]["times"].pop()),
        changed(lambda document: document["stages"][0]["times"][0].__setitem__(1, 0)),
        changed(lambda document: document["stages"][0]["times"][0].__setitem__(1, "x")),
        changed(lambda document: document["stages"][0]["exponents"].__setitem__(0, 9999)),
        changed(lambda document: document["stages"][0]["exponents"].__setitem__(0, -9999)),
        changed(lambda document: document["stages"][0].update(elapsed="long")),
        changed(lambda document: document.update(errors=[])),
    ],
)
def test_what_is_not_a_comparison_is_named(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "bad.json.xz").write_bytes(content)
    with pytest.raises(UnusableData, match="not a stored comparison") as raised:
        read_all(tmp_path)
    assert "bad.json.xz" in str(raised.value)
    assert "remove it, or restore it" in str(raised.value)


def test_all_of_a_folder_are_read_by_date(tmp_path: Path) -> None:
    later = packed([paired(2, start=START.replace(hour=9))], "none", "pass", START)
    for content in (later, PACKED):
        (tmp_path / file_name(content)).write_bytes(content)
    (tmp_path / "README.md").write_text("not one", "utf-8")
    assert file_name(PACKED) == "2026-11-29T061744Z.json.xz"
    assert [each.when.hour for each in read_all(tmp_path)] == [6, 9]


def test_no_comparison_is_no_data(tmp_path: Path) -> None:
    with pytest.raises(NoData, match="no stored comparison") as raised:
        read_all(tmp_path / "missing")
    assert "make gate-selftest ADD=1" in str(raised.value)


def test_a_comparison_takes_little_room() -> None:
    """5 MB hold 60 of those that are measured: 36,000 times each."""
    blocks = 22
    times = 4 * blocks * len(NAMES)
    size = len(packed([paired(blocks, noise=0.1)], "none", "pass", START))
    header = len(packed([paired(1)], "none", "pass", START))
    assert (size - header) / times < 2.3
