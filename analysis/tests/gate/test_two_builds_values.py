"""two_builds_values.py: what a burst, a minority of cases and a noisy case do to a unit's value."""

from __future__ import annotations

import math
import random
from statistics import fmean, stdev
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parzen_study.gate.two_builds_values import (
    control_values,
    limited,
    log_ratio,
    own_log_ratio,
    unit_values,
)
from self_comparisons import UNITS, paired

CASES = UNITS["tbb warm"]


def block(order: str, *seconds: float) -> dict[str, Any]:
    letters = [
        {"build": build, "seconds": {"case": time}, "errors": {}}
        for build, time in zip(order, seconds, strict=True)
    ]
    return {"order": order, "letters": letters}


def test_a_ratio_is_that_of_the_faster_processes() -> None:
    assert log_ratio(block("ABBA", 2.0, 3.0, 9.0, 7.0), "case") == pytest.approx(math.log(1.5))
    assert log_ratio(block("BAAB", 2.0, 3.0, 9.0, 7.0), "case") == pytest.approx(math.log(2 / 3))


def test_a_control_is_later_over_earlier_by_the_order_that_was_drawn() -> None:
    growing = (1.0, 2.0, 4.0, 8.0)
    assert own_log_ratio(block("ABBA", *growing), "case") == pytest.approx(math.log(4.0))
    assert own_log_ratio(block("BAAB", *growing), "case") == pytest.approx(-math.log(4.0))


def test_the_limited_values_have_hubers_estimate_as_their_mean() -> None:
    values = [0.0, 0.01, -0.01, 0.02, -0.02, 5.0]
    mean = fmean(limited(values))
    assert 0.0 < mean < 0.02
    # Farther off it counts no more.
    assert fmean(limited([*values[:-1], 50.0])) == pytest.approx(mean)
    # No value says more than this about where they are: the sum of limited distances is 0.
    deviation = 1.4826 * 0.015
    off = [min(max(each - mean, -1.5 * deviation), 1.5 * deviation) for each in values]
    assert math.fsum(off) == pytest.approx(0.0, abs=1e-9)


def test_without_outliers_the_mean_is_that_of_the_values() -> None:
    values = [-0.01, 0.0, 0.01]
    assert fmean(limited(values)) == pytest.approx(0.0, abs=1e-12)
    assert limited([0.3]) == [0.3]
    assert limited([0.1, 0.1, 0.1, 9.0]) == [0.1, 0.1, 0.1, 9.0]


finite = st.integers(-3000, 3000).map(lambda thousandths: thousandths / 1000)


@given(st.lists(finite, min_size=1, max_size=40), finite)
def test_a_shift_of_all_values_shifts_the_estimate(values: list[float], shift: float) -> None:
    moved = limited([value + shift for value in values])
    assert fmean(moved) == pytest.approx(fmean(limited(values)) + shift, abs=1e-4)


@given(st.lists(finite, min_size=1, max_size=40))
def test_what_is_exchanged_has_the_opposite_sign(values: list[float]) -> None:
    assert limited([-value for value in values]) == pytest.approx(
        [-each for each in limited(values)], abs=1e-6
    )


def test_a_burst_moves_a_unit_little() -> None:
    blocks = paired(30, noise=0.01)["blocks"]
    before = fmean(unit_values(blocks, CASES))
    for number in (3, 11, 20):
        blocks[number]["letters"][1]["seconds"] = {
            case: 4 * time for case, time in blocks[number]["letters"][1]["seconds"].items()
        }
    assert fmean(unit_values(blocks, CASES)) == pytest.approx(before, abs=2e-3)


def test_a_slowdown_of_few_cases_moves_a_unit_by_their_share() -> None:
    """That of half of the cases of a unit, which a median would not see."""
    blocks = paired(60, noise=0.01)["blocks"]
    before = fmean(unit_values(blocks, CASES))
    for each in blocks:
        for letter in each["letters"]:
            letter["seconds"][CASES[0]] *= 1.1 if letter["build"] == "B" else 1.0
    moved = fmean(unit_values(blocks, CASES)) - before
    assert moved == pytest.approx(math.log(1.1) / 2, rel=0.3)


def test_a_noisy_case_weighs_less() -> None:
    draw = random.Random(1)
    blocks = paired(60, noise=0.01)["blocks"]
    quiet = stdev(unit_values(blocks, CASES[1:]))
    for each in blocks:
        for letter in each["letters"]:
            letter["seconds"][CASES[0]] *= math.exp(draw.gauss(0.0, 0.3))
    noisy = stdev(unit_values(blocks, CASES[:1]))
    assert noisy > 10 * quiet
    assert stdev(unit_values(blocks, [*CASES, *UNITS["tbb cold"]])) < noisy / 10


def test_one_block_and_equal_times_have_values() -> None:
    one = [block("ABBA", 1.0, 2.0, 2.0, 1.0)]
    assert unit_values(one, ["case"]) == pytest.approx([math.log(2.0)])
    assert control_values(one, ["case"]) == pytest.approx([0.0])
    assert unit_values(one * 3, ["case"]) == pytest.approx([math.log(2.0)] * 3)
