"""What the model chooses, and where the choice changes."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from parzen_study.topics.advice.choice import (
    Threshold,
    by_task_time,
    by_tasks,
    candidates,
    choose,
    predict,
)
from parzen_study.topics.advice.model import Advice, Loop, Spread, seconds
from synthetic_advice import advice, line

THREADS = line("tbb", call=4e-6)
POOL = line("process_pool", "processes", call=80e-6, speed=1.8)
CHILDREN = line("fork_pipe", "processes", "cold", call=900e-6)
MODEL = advice(
    THREADS, replace(THREADS, start="cold", call=Spread(3e-4, 3e-4, 3e-4)), POOL, CHILDREN
)
LOOP = Loop(tasks=1000, task_time=12e-6)


def thresholds(model: Advice, loop: Loop, start: str = "warm") -> list[list[Threshold]]:
    choice = choose(model, loop, start)
    assert choice
    return [by_task_time(model, choice, None), by_tasks(model, choice, None)]


def test_the_fastest_is_chosen_with_the_other_mechanism_next_to_it() -> None:
    choice = choose(MODEL, LOOP, "warm")
    assert choice
    assert (choice.mechanism, choice.best.line, choice.best.workers) == ("threads", THREADS, 2)
    assert choice.best.speedup == pytest.approx(2.0, rel=0.01)
    low, high = choice.best.interval
    assert low < choice.best.speedup < high
    assert high / low == pytest.approx(math.exp(2 * 1.96 * 0.02), rel=0.1)
    assert [each.line for each in choice.others] == [POOL]
    assert choice.apart  # 2.0 and 1.8, with 2% of error


def test_the_interval_holds_what_is_not_known_of_a_coefficient() -> None:
    exact = line(call=1e-3, error=0.0)
    tiny = Loop(64, 1e-9)  # all of a call is its cost
    unsure = replace(exact, call=Spread(1e-3, 0.5e-3, 3e-3))
    low, high = predict(advice(unsure), unsure, tiny, 2).interval
    middle = predict(advice(exact), exact, tiny, 2).speedup
    assert (low, high) == pytest.approx((middle / 3.0, middle * 2.0), rel=0.15)
    slower = line(call=1e-9, error=0.0)
    slower = replace(slower, speed=Spread(2.0, 1.6, 2.0))
    low, high = predict(advice(slower), slower, Loop(64, 1e-3), 2).interval
    assert (low, high) == pytest.approx((1.6, 2.0), rel=0.05)


def test_close_mechanisms_are_not_apart() -> None:
    alike = replace(POOL, call=THREADS.call, speed=Spread(1.98, 1.98, 1.98))
    choice = choose(advice(THREADS, alike), LOOP, "warm")
    assert choice
    assert choice.apart is False
    assert choose(advice(THREADS), LOOP, "warm").apart is None  # type: ignore[union-attr]


def test_workers_that_are_never_ready_compete_in_any_start() -> None:
    assert [each.backend for each in candidates(MODEL, "warm")] == [
        "tbb",
        "process_pool",
        "fork_pipe",
    ]
    assert [each.backend for each in candidates(MODEL, "cold")] == ["tbb", "fork_pipe"]
    assert candidates(MODEL, "with gaps") == []
    assert choose(MODEL, LOOP, "with gaps") is None


@pytest.mark.parametrize(
    ("task_time", "verdict", "mechanism"),
    [(1e-9, "slower", "neither"), (8e-9, "inconclusive", "neither"), (1e-6, "faster", "threads")],
)
def test_the_verdict_needs_the_whole_interval(
    task_time: float, verdict: str, mechanism: str
) -> None:
    wide = replace(THREADS, error=0.3)
    choice = choose(advice(wide), Loop(1000, task_time), "warm")
    assert choice
    assert (choice.best.verdict, choice.mechanism) == (verdict, mechanism)


@pytest.mark.parametrize("cpus", [1, 2, 8, 64, 1000])
def test_as_many_workers_as_tasks_can_use(cpus: int) -> None:
    measured = max(2, cpus)
    wide = line(workers=measured, speed=float(cpus), call=1e-6)
    model = advice(wide, cpus=cpus)
    choice = choose(model, Loop(4 * measured, 25e-3), "warm")
    assert choice
    assert choice.best.workers == measured
    fewest, most = choice.as_good
    assert fewest <= choice.best.workers <= most
    few = choose(model, Loop(3, 1e-3), "warm")
    assert few
    assert few.best.workers <= 3 or cpus < 3


def test_as_good_ends_where_five_percent_are_lost() -> None:
    choice = choose(MODEL, LOOP, "warm")
    assert choice
    fewest, most = choice.as_good
    best = seconds(MODEL, THREADS, LOOP, 2)
    assert (fewest, most) == (2, 8)  # a single one takes twice as long; 8 is where looking ends
    assert seconds(MODEL, THREADS, LOOP, 1) > 1.05 * best
    assert seconds(MODEL, THREADS, LOOP, most) <= 1.05 * best


def test_only_the_given_number_of_workers() -> None:
    choice = choose(MODEL, LOOP, "warm", 64)
    assert choice
    assert (choice.best.workers, choice.as_good) == (64, (64, 64))
    assert choice.extrapolated == ("workers", "number of tasks")
    at_two = predict(MODEL, THREADS, LOOP, 2).interval
    assert choice.best.interval[1] / choice.best.interval[0] > 2.0 * at_two[1] / at_two[0]


def test_what_is_outside_of_the_measured_range_is_named() -> None:
    for loop, named in (
        (Loop(100, 12e-6), ()),
        (Loop(100, 1.0), ("task time",)),
        (Loop(100, 1e-9), ("task time",)),
        (Loop(10**9, 12e-6), ("number of tasks",)),
    ):
        choice = choose(MODEL, loop, "warm")
        assert choice
        assert choice.extrapolated == named


def test_break_even_is_where_the_times_are_equal() -> None:
    one = advice(THREADS)
    (shorter,), (fewer,) = thresholds(one, LOOP)
    # 4 us + n t / 2 = n t, with n = 1000: t = 8 ns; and with t = 12 us, one task alone never pays.
    assert (shorter.mechanism, shorter.above) == ("neither", False)
    assert shorter.value == pytest.approx(8e-9, rel=0.01)
    assert shorter.interval
    assert shorter.interval[0] < 8e-9 < shorter.interval[1]
    assert (fewer.mechanism, fewer.value) == ("neither", 2.0)
    (longer,), (more,) = thresholds(one, Loop(100, 1e-9))
    assert (longer.mechanism, longer.above) == ("threads", True)
    assert longer.value == pytest.approx(80e-9, rel=0.01)
    assert (more.mechanism, more.above) == ("threads", True)
    assert more.value == pytest.approx(8000, rel=0.01)


def test_from_one_mechanism_to_another_has_no_break_even() -> None:
    steep = replace(POOL, speed=Spread(2.5, 2.5, 2.5))
    (_, longer), _ = thresholds(advice(THREADS, steep), Loop(1000, 1e-7))
    assert (longer.mechanism, longer.above, longer.interval) == ("processes", True, None)
    # 4 + 500 t = 80 + 400 t
    assert longer.value == pytest.approx(0.76e-6, rel=0.01)


def test_what_never_pays_has_no_threshold() -> None:
    hopeless = replace(THREADS, speed=Spread(0.5, 0.5, 0.5))
    assert thresholds(advice(hopeless), LOOP) == [[], []]
    serial = replace(LOOP, serial_share=1.0)
    assert thresholds(advice(THREADS), serial) == [[], []]


@pytest.mark.parametrize("loop", [Loop(10**36, 1e36), Loop(1, 1e-12), Loop(10**36, 1e-12)])
def test_the_search_ends_for_any_loop(loop: Loop) -> None:
    for found in thresholds(MODEL, loop):
        assert all(math.isfinite(each.value) for each in found)
