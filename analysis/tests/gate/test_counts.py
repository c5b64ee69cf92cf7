"""Counts of a build: what is judged, and what a stored file may hold."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parzen_study.common.errors import NoData, UnusableData
from parzen_study.gate.counts import (
    REPETITIONS,
    Counts,
    Difference,
    Outcome,
    differences,
    judged,
    table,
)
from parzen_study.gate.verdict import Verdict

BUILD = {
    "arch": "x86_64", "compiler": "GNU 12.2.0", "libc": "glibc 2.36", "library_tbb": "2021.8.0",
    "valgrind": "valgrind-3.19.0", "compiler_flags": "-O3",
}  # fmt: skip
STORED = Counts(
    BUILD, ["AMD EPYC"], REPETITIONS, 10, 100,
    {
        "kernel fused": {"instructions": (21_032, 21_039)},
        "kernel simd": {"instructions": (657_774, 657_774)},
        "tbb warm": {"allocations": (0, 0), "sched_yield": (2_039, 2_046), "page_faults": (3, 9)},
        "process_pool warm, spinning": {"futex": (100, 200)},
    },
)  # fmt: skip
FOUND = replace(STORED, repetitions=1)


def with_count(unit: str, what: str, number: int, counts: Counts = FOUND) -> Counts:
    changed = {**counts.counts[unit], what: (number, number)}
    return replace(counts, counts={**counts.counts, unit: changed})


def outcomes(found: Counts, stored: Counts = STORED) -> list[tuple[str, str, str]]:
    return [(each.unit, each.what, each.outcome.value) for each in differences(found, stored)]


def test_equal_counts_pass() -> None:
    judgement, differ = judged(FOUND, STORED)
    assert judgement.verdict == Verdict.PASS
    assert judgement.line == "verdict: pass - no count grew (6 counts)"
    assert not differ


@pytest.mark.parametrize(
    ("unit", "what", "number", "expected"),
    [
        ("kernel simd", "instructions", 657_775, "more"),  # exact: by one
        ("kernel simd", "instructions", 657_773, "fewer"),
        ("tbb warm", "allocations", 1, "more"),
        ("tbb warm", "getppid", 5, ""),  # never done before
        ("tbb warm", "getppid", 6, "more"),  # in more than every second call
        ("tbb warm", "futex", 999, ""),  # waits for another
        ("tbb warm", "futex", 1_000, "more"),  # in every task
        ("kernel fused", "instructions", 21_046, ""),  # out of the range by its width
        ("kernel fused", "instructions", 21_047, "more"),
        ("kernel fused", "instructions", 21_025, ""),
        ("kernel fused", "instructions", 21_024, "fewer"),
        ("tbb warm", "sched_yield", 3_045, ""),
        ("tbb warm", "sched_yield", 3_046, "more"),
        ("tbb warm", "sched_yield", 1_040, ""),
        ("tbb warm", "sched_yield", 1_039, "fewer"),
        ("tbb warm", "page_faults", 10**6, ""),  # shown, never judged
        ("process_pool warm, spinning", "futex", 10**6, ""),
    ],
)
def test_a_count_is_judged_by_how_it_varied(
    unit: str, what: str, number: int, expected: str
) -> None:
    found = with_count(unit, what, number)
    assert outcomes(found) == ([(unit, what, expected)] if expected else [])
    judgement, _ = judged(found, STORED)
    assert judgement.verdict == (Verdict.REGRESSED if expected == "more" else Verdict.PASS)


def test_what_vanishes_is_fewer_and_what_is_fewer_asks_to_be_stored() -> None:
    counts = {**FOUND.counts, "kernel simd": {}}
    judgement, _ = judged(replace(FOUND, counts=counts), STORED)
    assert judgement.line == (
        "verdict: pass - no count grew (6 counts, 1 fewer or new: make counts STORE=yes)"
    )


def test_a_unit_that_is_not_counted_any_more_is_a_regression_and_a_new_one_is_none() -> None:
    counts = {name: each for name, each in FOUND.counts.items() if name != "tbb warm"}
    found = replace(FOUND, counts={**counts, "mpi cold": {"futex": (9, 9)}})
    assert outcomes(found) == [("tbb warm", "", "missing"), ("mpi cold", "", "new")]
    assert judged(found, STORED)[0].verdict == Verdict.REGRESSED


@pytest.mark.parametrize(
    ("stored", "reason"),
    [
        (None, "no stored counts of x86-64-gnu-12.2.0-glibc-2.36-2021.8.0-valgrind-3.19.0"),
        (
            replace(STORED, build={**BUILD, "compiler_flags": "-O2"}),
            "another build: compiler_flags",
        ),
        (replace(STORED, build={**BUILD, "library_fmt": "9"}), "another build: library_fmt"),
        (replace(STORED, calls=20), "another build: calls"),
        (replace(STORED, repetitions=9), "stored: 9 repetitions of 10"),
    ],
)
def test_what_cannot_be_compared_is_not_judged(stored: Counts | None, reason: str) -> None:
    judgement, differ = judged(with_count("kernel simd", "instructions", 10**9), stored)
    assert judgement.verdict == Verdict.INCONCLUSIVE
    assert reason in judgement.reason
    assert not differ


def test_on_another_machine_more_is_a_regression_once_two_have_counted_the_same() -> None:
    found = replace(with_count("kernel simd", "instructions", 657_775), machines=["Xeon"])
    assert judged(found, STORED)[0].verdict == Verdict.INCONCLUSIVE
    assert judged(replace(FOUND, machines=["Xeon"]), STORED)[0].verdict == Verdict.PASS
    two = STORED.with_(replace(STORED, machines=["POWER"]))
    assert two.machines == ["AMD EPYC", "POWER"]
    assert judged(found, two)[0].verdict == Verdict.REGRESSED


def test_counts_of_two_have_the_ranges_of_both() -> None:
    other = with_count("tbb warm", "futex", 7, with_count("kernel simd", "instructions", 5))
    both = STORED.with_(other)
    assert both.repetitions == REPETITIONS + 1
    assert both.of("kernel simd", "instructions") == (5, 657_774)
    assert both.of("tbb warm", "futex") == (0, 7)  # never done in the one


def test_the_table_fits_a_terminal_and_shows_counts_of_one_call() -> None:
    differ = [
        Difference("process_pool warm", "x" * 40, (9_999_999, 9_999_999), (1, 2), Outcome.MORE),
        Difference("kernel simd", "instructions", (657_774, 657_774), (657_780, 657_780),
                   Outcome.MORE),
        Difference("tbb cold", "", (0, 0), (0, 0), Outcome.MISSING),
    ]  # fmt: skip
    lines = table(differ, 10).splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[1].split() == ["process_pool", "warm", "x" * 18, "999,999.9", "0.1", "to", "0.2",
                                "more"]  # fmt: skip
    assert lines[2].split()[-3:] == ["657,774", "657,780", "more"]
    assert lines[3].split() == ["tbb", "cold", "missing"]


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    STORED.write(tmp_path / "toolchain" / "counts.json")
    assert Counts.read(tmp_path / "toolchain" / "counts.json") == STORED


DAMAGED = {
    "empty": b"",
    "truncated": b'{"format": "parzen-study counts", "ver',
    "foreign": b'{"format": "parzen-study run", "version": 1}',
    "a list": b"[]",
    "nested": b"[" * 100_000,
    "not UTF-8": b"\xff\xfe\x00",
    "huge": b" " * (1 << 20) + b"{}",
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_is_unusable(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "counts.json"
    file.write_bytes(content)
    with pytest.raises(UnusableData, match="make counts STORE=yes") as raised:
        Counts.read(file)
    assert str(file) in str(raised.value)


@pytest.mark.parametrize("key", ["version", "build", "machines", "repetitions", "calls", "counts"])
@pytest.mark.parametrize("value", [None, -1, "x", 2.5, [], {"tbb warm": {"futex": [1]}}, "missing"])
def test_an_edited_item_is_unusable(tmp_path: Path, key: str, value: object) -> None:
    file = tmp_path / "counts.json"
    STORED.write(file)
    document = json.loads(file.read_text())
    document[key] = value
    if value == "missing":
        del document[key]
    file.write_text(json.dumps(document))
    with pytest.raises(UnusableData):
        Counts.read(file)


def test_a_missing_file_is_no_data(tmp_path: Path) -> None:
    with pytest.raises(NoData, match="make counts"):
        Counts.read(tmp_path / "counts.json")
    with pytest.raises(NoData, match="a folder"):
        Counts.read(tmp_path)


@pytest.fixture(scope="module")
def stored_bytes(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    file = tmp_path_factory.mktemp("stored") / "counts.json"
    STORED.write(file)
    return file.read_bytes()


@given(data=st.data())
def test_bytes_that_are_changed_are_read_or_rejected(
    tmp_path_factory: pytest.TempPathFactory, stored_bytes: bytes, data: st.DataObject
) -> None:
    file = tmp_path_factory.getbasetemp() / "counts.json"
    content = bytearray(stored_bytes)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    file.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    try:
        found = Counts.read(file)
    except UnusableData:
        return
    assert "/" not in found.toolchain
    judged(FOUND, found)
