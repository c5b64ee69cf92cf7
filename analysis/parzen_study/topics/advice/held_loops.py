"""Predictions for the example loops, which are all held out.

The model knows the options of `parzen-study advise`: tasks, the time of one, bytes of results and
of new input. It does not know memory bandwidth, locks or other shared state: that term is named.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Final

from parzen_study.run.case import RESULT_BYTES, SERIAL, TASKS, Case
from parzen_study.run.own_loop import FAMILY
from parzen_study.run.run import Run
from parzen_study.stats.estimates import Estimates
from parzen_study.topics.advice.choice import line_of, predict
from parzen_study.topics.advice.held_out import Group, Held
from parzen_study.topics.advice.model import Advice, Loop

# What a task does besides computing, and the option of advise for it, if there is one.
_MISSING_TERMS: Final[Mapping[str, str]] = {
    "allocation": "caches and the allocator's state, which threads share",
    "atomic_counter": "a cache line that all threads write",
    "dot": "memory bandwidth, which the CPUs share (--memory-bytes-per-task)",
    "locked_library": "a lock that lets one thread in at a time (--serial-share)",
    "new_input": "copies that push the data out of the caches",
    "page_faults": "the kernel's lock on the address space, which threads share",
    "shared_pointer": "a cache line that all threads write",
}
# A reduction has so many blocks (kernels/loops/typed.hpp), each a task to advise.
_BLOCKS: Final[Mapping[str, int]] = {"dot": 256}
_UNITS: Final = {"": 1, "KiB": 1 << 10, "MiB": 1 << 20}


def groups(
    advice: Advice, estimates: Estimates, run: Run, left_out: Collection[str]
) -> list[Group]:
    """In order of loop, start and mechanism; none where the run has no such cases."""
    by_problem: dict[tuple[str, ...], list[Case]] = defaultdict(list)
    for name, each in estimates.measured.items():
        if each.case.family == FAMILY and not run.loop and name not in left_out:
            by_problem[each.case.problem].append(each.case)
    asked = _asked(run)
    together: dict[tuple[str, str, str], list[Held]] = defaultdict(list)
    for cases in by_problem.values():
        serial = next((case for case in cases if case.backend == SERIAL), None)
        if serial is None:
            continue
        for case in cases:
            held = _held(advice, estimates, case, serial, asked.get(serial.name))
            if held:
                together[_label(case), case.start, held.mechanism].append(held)
    return [
        Group(family, start, mechanism, tuple(held), _missing_term(held[0].case))
        for (family, start, mechanism), held in sorted(together.items())
    ]


def only_computes(case: Case) -> bool:
    """Whether advise asks for all that matters of the case's tasks."""
    return case.get("loop") in {"compute", "mandelbrot"} or case.get("input") == "0"


def _held(
    advice: Advice, estimates: Estimates, case: Case, serial: Case, asked: tuple[int, float] | None
) -> Held | None:
    line = line_of(advice, case.backend, case.start)
    if not (line and asked):
        return None
    tasks, result_bytes = asked
    tasks = min(tasks, _BLOCKS.get(case.get("loop"), tasks))
    time = estimates.measured[serial.name].time.value
    loop = Loop(tasks, time / tasks, result_bytes, _bytes(case.get("input")))
    predicted = predict(advice, line, loop, case.number("workers"))
    return Held(case, line.mechanism, predicted, estimates.speedup_of_best([case], [serial]))


def _asked(run: Run) -> dict[str, tuple[int, float]]:
    """Tasks and bytes of a result, by the name of a case that says them."""
    known = run.frame[run.frame["family"] == FAMILY].dropna(subset=[TASKS])
    return {
        str(row.case): (int(getattr(row, TASKS)), float(getattr(row, RESULT_BYTES)))
        for row in known.drop_duplicates("case").itertuples()
        if getattr(row, TASKS) >= 1
    }


def _bytes(text: str) -> float:
    """Of the parameter input, such as `64KiB`; 0 without one."""
    found = re.fullmatch(r"([0-9]{1,9})(KiB|MiB|)", text)
    return float(int(found[1]) * _UNITS[found[2]]) if found else 0.0


def _label(case: Case) -> str:
    new = case.get("input")
    return f"loops/{case.get('loop')}{f', {new}' if new else ''}"


def _missing_term(case: Case) -> str:
    return "" if only_computes(case) else _MISSING_TERMS.get(case.get("loop"), "not known")
