"""Figures as words."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parzen_study.common.wording import count_of, seconds, significant
from parzen_study.stats.bootstrap import Estimate
from parzen_study.stats.wording import time_with_interval, with_interval


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.9996, "1.00"), (1.234, "1.23"), (0.01234, "0.0123"), (99.96, "100"), (123456, "123,000"),
     (0.0, "0"), (-2.5, "-2.50"), (math.nan, "unknown")],
)  # fmt: skip
def test_three_digits_count(value: float, text: str) -> None:
    assert significant(value) == text


@given(st.floats(1e-12, 1e12))
def test_three_digits_are_enough_to_half_a_percent(value: float) -> None:
    assert float(significant(value).replace(",", "")) == pytest.approx(value, rel=0.005)


def test_a_time_and_its_interval_share_a_unit() -> None:
    assert time_with_interval(Estimate(1.5e-3, 0.9e-3, 2e-3)) == "1.50 ms (0.900 to 2.00)"
    assert time_with_interval(Estimate(2.0)) == "2.00 s"
    assert with_interval(Estimate(1.0, 1.0, 1.0)) == "1.00"
    assert [seconds(value) for value in (3e-7, math.nan, 0.0)] == ["300 ns", "unknown", "0"]


def test_one_worker_is_no_workers() -> None:
    assert [count_of(number, "worker") for number in (1, 2, None)] == [
        "1 worker", "2 workers", "unknown workers",
    ]  # fmt: skip
