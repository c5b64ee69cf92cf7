"""Advice in plain words, at most 80 columns wide."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from parzen_study.common.wording import count_of, listed, seconds, significant
from parzen_study.topics.advice.choice import (
    STARTS,
    Choice,
    Prediction,
    Threshold,
    by_task_time,
    by_tasks,
    choose,
)
from parzen_study.topics.advice.model import NEITHER, Advice

_WIDTH: Final = 80
_SHOWN_SLOW: Final = 0.1
_MATTERS: Final = 0.01  # least relative change of the speedup for a variant to be listed
_LONG_COUNT, _LONG_TIME = 10**9, 1e6  # from here on as a power of ten
_LARGER_RESULTS: Final = 64 * 1024.0
_SERIAL_SHARE: Final = 0.1
_STATES: Final = {
    "cold": "created in the call (cold)",
    "warm": "ready (warm)",
    "pause": "ready, calls with gaps of 5 ms (pause)",
}


def in_words(advice: Advice, choice: Choice, workers: int | None = None) -> str:
    """The whole answer; `workers` as in choose()."""
    parts = [
        _asked(advice, choice),
        _answer(choice),
        _reasons(advice, choice),
        _bullets("The answer changes", _thresholds(advice, choice, workers)),
        _bullets("Under other conditions", _variants(advice, choice, workers)),
        _fitted(advice),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def prediction_in_words(one: Prediction) -> str:
    """`tbb with 2 workers: 1.94 (1.81 to 2.05)`."""
    low, high = map(significant, one.interval)
    return (
        f"{one.line.backend} with {count_of(one.workers, 'worker')}: "
        f"{significant(one.speedup)} ({low} to {high})"
    )


def _asked(advice: Advice, choice: Choice) -> str:
    loop = choice.loop
    extras = [
        text
        for value, text in (
            (loop.input_bytes, f"{_size(loop.input_bytes)} of new input a call"),
            (loop.memory_bytes, f"{_size(loop.memory_bytes)} of memory a task"),
            (loop.serial_share, f"{100.0 * loop.serial_share:.3g}% of the time serial"),
        )
        if value
    ]
    state = next(_STATES[name] for name, start in STARTS.items() if start == choice.start)
    return _filled(
        f"{_tasks(loop.tasks)} of {_time(loop.task_time)}"
        f", results of {_size(loop.result_bytes)}{''.join(f', {each}' for each in extras)}; "
        f"workers {state}. Serial takes {_time(loop.serial)} a call. "
        f"Machine: {advice.cpu_model}, {count_of(advice.cpus, 'usable CPU')}."
    )


def _count(number: int) -> str:
    return f"{number:,}" if number < _LONG_COUNT else f"{float(number):.3g}"


def _tasks(number: int) -> str:
    return f"{_count(number)} {'task' if number == 1 else 'tasks'}"


def _time(value: float) -> str:
    return seconds(value) if value < _LONG_TIME else f"{value:.3g} s"


def _size(value: float) -> str:
    """`8 bytes`, `64 KiB`, `1.5e+06 bytes`."""
    for unit, size in (("GiB", 2.0**30), ("MiB", 2.0**20), ("KiB", 2.0**10)):
        if value >= size and value % size == 0.0 and value / size < _LONG_COUNT:
            return f"{value / size:,.0f} {unit}"
    return f"{value:,.0f} bytes" if value < _LONG_COUNT else f"{value:.3g} bytes"


def _answer(choice: Choice) -> str:
    best = choice.best
    others = "" if choice.apart in {True, None} else f" ({_unsure(choice)})"
    if choice.loop.tasks == 1:
        return _filled("Stay serial: one task cannot be divided among workers.")
    if best.verdict == "faster":
        head = f"Use {best.line.mechanism}, {_with(best)}: {_speedup(best)}{others}."
    elif best.verdict == "slower":
        head = (
            f"Use neither threads nor processes. The fastest would be {_with(best)}, at "
            f"{_share(best)} the speed of serial."
        )
    else:
        head = (
            f"Stay serial: whether anything is faster is inconclusive. The best candidate is "
            f"{_with(best)}: {_speedup(best)}."
        )
    return _filled(head)


def _unsure(choice: Choice) -> str:
    return f"whether {choice.others[0].line.mechanism} are slower is inconclusive"


def _with(one: Prediction) -> str:
    return f"{one.line.backend} with {count_of(one.workers, 'worker')}"


def _speedup(one: Prediction) -> str:
    low, high = map(significant, one.interval)
    return f"expected speedup {significant(one.speedup)}, 95% interval {low} to {high}"


def _share(one: Prediction) -> str:
    low, high = (f"{end:.2g}" for end in one.interval)
    return f"{one.speedup:.2g} times ({low} to {high})"


def _reasons(advice: Advice, choice: Choice) -> str:
    if choice.loop.tasks == 1:
        return ""
    lines = []
    fewest, most = choice.as_good
    if fewest < most and choice.best.verdict != "slower":
        lines.append(f"{fewest:,} to {most:,} workers are as good (within 5%).")
    for other in choice.others:
        lines.append(f"Best {other.line.mechanism}: {prediction_in_words(other)}.")
    if choice.best.line.slow >= _SHOWN_SLOW:
        lines.append(
            f"Its calls have two modes: short calls took more than twice the median in "
            f"{choice.best.line.slow:.0%} of the rounds."
        )
    if choice.extrapolated:
        lines.append(
            f"Extrapolated: {listed(_measured(advice, choice))}, so the interval is wider."
        )
    needed = choice.loop.memory_bytes / choice.loop.task_time
    if needed > advice.copy_rate > 0.0:
        asked = f"{_size(choice.loop.memory_bytes)} in {_time(choice.loop.task_time)}"
        lines.append(
            f"{asked} is {needed / advice.copy_rate:.2g} times the memory bandwidth of one CPU "
            "here: check both figures, or whether the data are in the caches."
        )
    if choice.loop.memory_bytes and not advice.copy_rate:
        lines.append("Memory is not modelled: the run has no cases of dispatch/memcpy.")
    if choice.loop.memory_bytes and advice.copy_rate:
        lines.append("How CPUs share memory bandwidth was not measured: the interval is wider.")
    return "\n".join(map(_filled, lines))


def _measured(advice: Advice, choice: Choice) -> Iterator[str]:
    """What is extrapolated, with the range measured."""
    line = choice.best.line
    shortest, longest = map(_time, advice.task_times)
    known = {
        "task time": f"{shortest} to {longest}",
        "workers": f"{line.workers:,}",
        "number of tasks": f"{line.tasks:,}",
    }
    for each in choice.extrapolated:
        yield f"the {each} (measured: {known[each]})"


def _thresholds(advice: Advice, choice: Choice, workers: int | None) -> Iterator[str]:
    for each in _changing(choice, by_task_time(advice, choice, workers)):
        value = _time_threshold(each)
        yield f"tasks {'longer' if each.above else 'shorter'} than {value}: {_beyond(each)}"
    for each in _changing(choice, by_tasks(advice, choice, workers)):
        change = f"{'more' if each.above else 'fewer'} than {_count_threshold(each)}"
        yield f"{change} a call: {_beyond(each)}"


def _changing(choice: Choice, thresholds: Iterable[Threshold]) -> Iterator[Threshold]:
    """Without thresholds at which the answer stays the same."""
    return (each for each in thresholds if each.mechanism != choice.mechanism)


def _beyond(threshold: Threshold) -> str:
    return "serial" if threshold.mechanism == NEITHER else threshold.mechanism


def _time_threshold(threshold: Threshold) -> str:
    if threshold.interval is None:
        return f"about {seconds(threshold.value)}"
    ends = (seconds(end) if math.isfinite(end) else "never" for end in threshold.interval)
    return f"{seconds(threshold.value)} ({' to '.join(ends)})"


def _count_threshold(threshold: Threshold) -> str:
    value = _tasks(round(threshold.value))
    if threshold.interval is None:
        return f"about {value}"
    ends = [_count(round(end)) if math.isfinite(end) else "never" for end in threshold.interval]
    return value if ends[0] == ends[1] else f"{value} ({' to '.join(ends)})"


def _variants(advice: Advice, choice: Choice, workers: int | None) -> Iterator[str]:
    """The same loop under other conditions, if the answer changes."""
    loop = choice.loop
    for name, start in STARTS.items():
        if start != choice.start:
            other = choose(advice, loop, start, workers)
            yield from _variant(choice, other, f"workers {_STATES[name]}")
    for condition, changed in (
        ("results of 64 KiB", replace(loop, result_bytes=max(loop.result_bytes, _LARGER_RESULTS))),
        ("10% of it serial", replace(loop, serial_share=max(loop.serial_share, _SERIAL_SHARE))),
    ):
        yield from _variant(choice, choose(advice, changed, choice.start, workers), condition)


def _variant(choice: Choice, other: Choice | None, condition: str) -> Iterator[str]:
    """Nothing where neither the mechanism nor its speedup changes."""
    if other is None:
        return
    same = choice.mechanism == other.mechanism
    change = abs(other.best.speedup / choice.best.speedup - 1.0)
    if same and (change < _MATTERS or other.mechanism == NEITHER):
        return
    answer = "serial" if other.mechanism == NEITHER else other.mechanism
    yield f"{condition}: {answer} ({prediction_in_words(other.best)})"


def _fitted(advice: Advice) -> str:
    text = (
        f"Fitted from families grain and dispatch of {count_of(advice.rounds, 'round')}, measured "
        f"{advice.measured_on}."
    )
    if not advice.has_intervals:
        text += " Too few rounds to estimate noise: the intervals have only the model's error."
    return _filled(text)


def _bullets(title: str, points: Iterable[str]) -> str:
    lines = [_filled(f"- {point}", "  ") for point in points]
    return "\n".join([f"{title}:", *lines]) if lines else ""


def _filled(text: str, indent: str = "") -> str:
    return textwrap.fill(text, _WIDTH, subsequent_indent=indent, break_on_hyphens=False)
