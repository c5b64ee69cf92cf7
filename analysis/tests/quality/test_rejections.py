"""Impossible times are rejected, those of a busy machine are not; many rejections are one item."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pytest

from parzen_study.cli import main
from parzen_study.run.load import load_run
from parzen_study.study import Study, study
from record import small
from synthetic import SUFFIX, Document, case_name, write

NAME = case_name("tbb", 10_000, 2, "cold")
CPUS = 4


def entries(document: Document, name: str = NAME) -> list[Document]:
    """Of one case, by round."""
    return [
        each
        for one_round in document["rounds"]
        for each in one_round["benchmarks"]
        if each["run_name"] == name + SUFFIX
    ]


def studied(document: Document, folder: Path) -> Study:
    return study(load_run(write(document, folder) / "run.json"))


@pytest.mark.parametrize(
    ("impossible", "rejected"),
    [(range(6), True), (range(3), True), (range(2), False), ((), False)],
)
def test_more_cpu_time_than_there_was_is_rejected(
    impossible: Collection[int], rejected: bool, tmp_path: Path
) -> None:
    """In at least half of the rounds: in fewer, the medians are right."""
    document = small(1)
    for number, each in enumerate(entries(document)):
        each["cpu_time"] = CPUS * (1.25 if number in impossible else 1.15) * each["real_time"]
    found = studied(document, tmp_path).rejected
    assert list(found) == [NAME] * rejected
    if rejected:
        assert "125.00% of the maximum of 4 usable CPUs" in found[NAME].what
        assert "clock" in found[NAME].cause


@pytest.mark.parametrize("slow_rounds", range(7))
def test_rounds_that_are_a_thousand_times_as_slow_are_possible(
    slow_rounds: int, tmp_path: Path
) -> None:
    """As those of a spinning barrier next to a busy program: the times of a round differ, and the
    CPU time of each is below that of the CPUs. The median of one kind of time may be of a fast
    round and that of the other of a slow one."""
    document = small(1)
    for number, each in enumerate(entries(document)):
        slow = number < slow_rounds
        share = 0.3 if slow else 0.9
        each["real_time"] *= 1_000 if slow else 1
        each["cpu_time"] = CPUS * share * each["real_time"]
    whole = studied(document, tmp_path)
    assert whole.rejected == {}
    assert whole.sound


@pytest.mark.parametrize(("pause", "rejected"), [("/pause:100us", False), ("", True)])
def test_threads_that_spin_in_a_pause_longer_than_asked_for_are_possible(
    pause: str, rejected: bool, tmp_path: Path
) -> None:
    """A sleep of 100 us takes some 180, in which three of four threads spin."""
    document = small(1)
    name = NAME.replace("start:cold", f"start:warm{pause}")
    document["cases"] = sorted({*document["cases"]} - {NAME} | {name})
    for each in entries(document):
        each["run_name"] = name + SUFFIX
        each["real_time"] = 28.0
        each["cpu_time"] = 4 * 28.0 + 3 * 181.0
        each["time_unit"] = "us"
    assert list(studied(document, tmp_path).rejected) == [name] * rejected


def test_cases_rejected_for_the_same_reason_are_one_item_with_the_first_as_example(
    tmp_path: Path,
) -> None:
    document = small(1)
    names = sorted({each["run_name"] for each in document["rounds"][0]["benchmarks"]})
    for name in names[1:4]:
        for each in entries(document, name.removesuffix(SUFFIX)):
            each["cpu_time"] = CPUS * 2 * each["real_time"]
    whole = studied(document, tmp_path)
    assert len(whole.rejected) == 3
    first, *others = whole.rejected
    (finding,) = whole.findings
    assert finding.what == (
        f"{whole.rejected[first].what}; 2 other cases rejected for the same reason"
    )
    # Each has its own reason where all cases are listed.
    assert all(whole.reasons[name].startswith(f"{name}: ") for name in others)
    assert main(["report", str(tmp_path)]) == 3
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert text.index("2 other cases rejected") < text.index('id="answer"')


def test_rounds_rejected_for_the_same_reason_are_one_item(tmp_path: Path) -> None:
    document = small(1)
    for one_round in document["rounds"][1:3]:
        del one_round["benchmarks"][0]
    found = studied(document, tmp_path).findings
    (what,) = (each.what for each in found if each.kind == "rejection")
    assert what.startswith("round 2 is rejected: 1 of 5 cases are missing: ")
    assert what.endswith("; 1 other round rejected for the same reason")


@pytest.mark.parametrize("change", ["cpu_time", "real_time"])
def test_rejections_of_different_reasons_are_items_of_their_own(
    change: str, tmp_path: Path
) -> None:
    document = small(1)
    for each in entries(document):
        each["counts_digest"] += 1
    for each in entries(document, case_name("tbb", 10_000, 1, "cold")):
        each[change] *= 99 if change == "cpu_time" else 1 / 99
    assert len(studied(document, tmp_path).findings) >= 2
