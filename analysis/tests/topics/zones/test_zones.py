"""Zones of serial time: on runs of known truth they say that truth."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import pytest

from parzen_study.run.load import load_run
from parzen_study.stats.bootstrap import Estimate
from parzen_study.stats.worthwhile import WORTHWHILE
from parzen_study.study import study
from parzen_study.topics.zones import words
from parzen_study.topics.zones.bands import (
    EITHER,
    LEVEL,
    PROCESSES_PAY,
    SERIAL,
    THREADS_PAY,
    Band,
    Boundary,
    Seen,
    joined,
)
from parzen_study.topics.zones.model import Zones
from parzen_study.topics.zones.rows import MOST_ROWS
from synthetic import Document, write
from synthetic_own_loop import gains, own_loop
from synthetic_sweep import (
    FUSED,
    TYPICAL,
    changed,
    sweep,
    true_time,
    with_sweep,
)

SIZES = tuple(10**power for power in range(2, 8))


def zones(document: Document, folder: Path) -> Zones:
    found = study(load_run(write(document, folder) / "run.json")).zones
    assert found
    return found


def band(found: Zones, start: str) -> Band:
    one = found.band(start)
    assert one
    return one


@pytest.fixture(scope="module")
def typical(tmp_path_factory: pytest.TempPathFactory) -> Zones:
    truth = sweep(sizes=SIZES) | sweep(sizes=(*SIZES, 10**8), way=FUSED)
    return zones(with_sweep(truth), tmp_path_factory.mktemp("zones"))


@pytest.mark.parametrize(
    ("start", "what", "backend"),
    [
        ("cold", THREADS_PAY, "tbb"),
        ("cold", PROCESSES_PAY, "fork_pipe"),
        ("warm", THREADS_PAY, "tbb"),
        ("warm", PROCESSES_PAY, "process_pool"),
    ],
)
def test_a_boundary_is_the_true_one(typical: Zones, start: str, what: str, backend: str) -> None:
    found = band(typical, start).boundary(what)
    assert found
    true = true_time(TYPICAL, backend, start, factor=WORTHWHILE)
    assert found.time.low < true < found.time.high
    assert found.time.value == pytest.approx(true, rel=0.3)
    assert [each.loop for each in found.seen] == ["literal, by_width", "fused, by_sample"]


def test_the_zones_of_a_start_follow_from_its_boundaries(typical: Zones) -> None:
    cold = band(typical, "cold")
    threads = true_time(TYPICAL, "tbb", "cold", factor=WORTHWHILE)
    assert [each.use for each in cold.zones][:2] == [SERIAL, "threads"]
    assert cold.zones[0].high == pytest.approx(threads, rel=0.3)
    assert cold.use_at(threads / 3.0) == SERIAL
    assert cold.use_at(threads * 3.0) == "threads"
    assert cold.zones[-1].high == cold.high == pytest.approx(1.3, rel=0.1)


def test_rows_are_few_and_cover_all_that_was_measured(typical: Zones) -> None:
    rows = typical.rows
    assert 3 <= len(rows) <= MOST_ROWS
    assert rows[0].low == min(each.low for each in typical.bands)
    assert rows[-1].high == max(each.high for each in typical.bands)
    assert all(one.high == next_.low for one, next_ in itertools.pairwise(rows))
    cuts = [row.low for row in rows[1:]]
    assert all(cut == float(f"{cut:.1e}") for cut in cuts)
    times = [each.time for one in typical.bands for each in one.boundaries]
    assert all(any(time.low <= cut <= time.high for time in times) for cut in cuts)


def test_a_row_expects_the_true_speedup(typical: Zones) -> None:
    choice = typical.rows[-1].choices["warm"]
    assert choice
    assert choice.expected
    assert choice.expected.speedup.value == pytest.approx(3.85, rel=0.05)
    assert choice.expected.workers == (4,)


def test_a_mechanism_that_never_pays_is_never_the_choice(tmp_path: Path) -> None:
    costs = {**TYPICAL, ("tbb", "cold"): (0.0, 0.5), ("openmp", "cold"): (1e-6, 0.4)}
    cold = band(zones(with_sweep(sweep(costs)), tmp_path), "cold")
    threads = cold.boundary(THREADS_PAY)
    assert threads
    assert not threads.is_shown
    assert [each.use for each in cold.zones] == [SERIAL, "processes"]
    true = true_time(costs, "fork_pipe", "cold", factor=WORTHWHILE)
    found = cold.boundary(PROCESSES_PAY)
    assert found
    assert found.time.low < true < found.time.high


def test_nothing_significant_is_serial_and_hatched(tmp_path: Path) -> None:
    """Parallel work of the same time, with much noise. A band makes two comparisons with serial at
    95%, of the fastest of several: 8 of 80 bands of other seeds showed a gain that there is not, so
    two of ten may. All is the same data in every run of this test."""
    costs = dict.fromkeys(TYPICAL, (0.0, 1.0))
    bands = [
        each
        for seed in range(5)
        for each in zones(
            with_sweep(sweep(costs), noise=0.3, seed=seed), tmp_path / str(seed)
        ).bands
    ]
    of_serial = [each for each in bands if {zone.use for zone in each.zones} == {SERIAL}]
    assert len(of_serial) >= 8
    assert all(
        any(one.time.low < each.high * 0.99 < one.time.high for one in each.decisive)
        for each in of_serial
    )
    found = zones(with_sweep(sweep(costs), noise=0.3, seed=5), tmp_path / "again")
    last = found.rows[-1]
    assert words.cell(last.choices["cold"], last)[0].startswith("serial, maybe ")


def test_curves_that_are_no_lines_keep_the_true_boundary(tmp_path: Path) -> None:
    """A plateau: cold threads gain next to nothing over two decades of serial time."""

    def bent(name: str, seconds: float) -> float:
        if "/tbb/" in name and "start:cold" in name:
            return seconds + 60e-6 * min(seconds / 1e-3, 1.0)
        return seconds

    truth = changed(sweep(sizes=SIZES), bent)
    found = band(zones(with_sweep(truth), tmp_path), "cold").boundary(THREADS_PAY)
    assert found
    true = true_time(TYPICAL, "tbb", "cold", factor=WORTHWHILE)
    assert found.time.low < true * 1.15
    assert true < found.time.high


def test_more_workers_than_four(tmp_path: Path) -> None:
    truth = {name.replace("workers:4", "workers:64"): seconds for name, seconds in sweep().items()}
    document = with_sweep(truth)
    for one_round in document["rounds"]:
        one_round["context"] |= {"machine.usable_cpus": "64", "machine.logical_cpus": "64"}
    choice = zones(document, tmp_path).rows[-1].choices["warm"]
    assert choice
    assert choice.expected
    assert choice.expected.workers == (64,)


def test_a_loop_is_limited_only_where_its_whole_interval_says_so(tmp_path: Path) -> None:
    """On 4 CPUs a gain of 2 is surely below 0.8 times 4; noise leaves open whether one of 3 is."""
    half = {key: (cost, min(times, 2.0)) for key, (cost, times) in TYPICAL.items()}
    limited = zones(with_sweep(sweep(half)), tmp_path / "half").limited
    assert [each.loop for each in limited] == ["literal, by_width"]
    assert limited[0].gain.high < 0.8 * 4
    open_ = {key: (cost, min(times, 3.0)) for key, (cost, times) in TYPICAL.items()}
    assert zones(with_sweep(sweep(open_), noise=0.3), tmp_path / "open").limited == ()


def test_one_worker_alone_is_no_answer(tmp_path: Path) -> None:
    truth = {name.replace("workers:4", "workers:1"): seconds for name, seconds in sweep().items()}
    assert study(load_run(write(with_sweep(truth), tmp_path) / "run.json")).zones is None


def seen(name: str, value: float, low: float, high: float) -> Seen:
    return Seen(name, Estimate(value, low, high))


def test_loops_of_the_other_kind_are_named_and_not_pooled() -> None:
    pays = [seen(name, 1e-4, 0.9e-4, 1.1e-4) for name in "abc"]
    never = seen("shared", math.inf, 1.0, math.inf)
    found = joined(THREADS_PAY, "cold", [*pays, never])
    assert found
    assert found.exceptions == ("shared",)
    assert found.time.value == pytest.approx(1e-4, rel=0.05)


def test_a_loop_whose_sizes_end_early_is_no_exception() -> None:
    pays = [seen(name, 1e-4, 0.9e-4, 1.1e-4) for name in "abc"]
    short = seen("short", math.inf, 0.5e-4, math.inf)
    found = joined(THREADS_PAY, "cold", [*pays, short])
    assert found
    assert found.exceptions == ()
    assert len(found.seen) == 4


def test_where_the_most_never_pay_there_is_no_boundary() -> None:
    never = [seen(name, math.inf, 1.0, math.inf) for name in "abc"]
    found = joined(LEVEL, "warm", [*never, seen("odd", 1e-4, 0.9e-4, 1.1e-4)])
    assert found
    assert not found.is_shown
    assert found.exceptions == ("odd",)


def test_two_that_both_pay_and_are_level_are_either() -> None:
    def at(what: str, time: float) -> Boundary:
        return Boundary(what, "warm", Estimate(time, time * 0.9, time * 1.1), ())

    one = Band("warm", 1e-6, 1.0, (at(THREADS_PAY, 1e-5), at(PROCESSES_PAY, 1e-4), at(LEVEL, 1e-2)))
    assert [each.use for each in one.zones] == [SERIAL, "threads", EITHER]
    # Threads are the choice on either side of where processes begin to beat serial.
    assert [each.what for each in one.decisive] == [THREADS_PAY, LEVEL]


def test_the_users_own_loop_lies_between_its_sizes(tmp_path: Path) -> None:
    truth = gains(lambda size: 1.9 if size > 10_000 else 0.5, lambda _size: 0.5)
    document = own_loop(truth, sizes=(1_000, 100_000))
    found = zones(document, tmp_path)
    assert found.own
    assert [each.size for each in found.marks] == [1_000, 100_000]
    boundary = band(found, "cold").boundary(THREADS_PAY)
    assert boundary
    assert boundary.time.low == pytest.approx(1e-3, rel=0.1)
    assert boundary.time.high == pytest.approx(100e-3, rel=0.1)
    assert found.backends == ()
    assert "this loop" in words.sure(found)
