"""Parses the name of a case: `family/backend/key:value/...`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache

from parzen_study.common.shown import quoted

SERIAL = "serial"
MPI = "mpi"
# The mechanism of MPI. Its workers are processes, but not of one program: mpirun starts the whole
# program as often as there are ranks, on one or more machines. So it is no answer to "processes or
# threads", and has a row of its own.
RANKS = "ranks"
COLD = "cold"
WARM = "warm"
PAUSED = "with gaps"  # warm, a pause before every call: the parameter pause
# Has the form of a kernel, and only reads every coordinate once: the limit of those that count.
STREAM_READ = "stream_read"

# How the work is done, as opposed to which work: two cases that differ in these alone solve the
# same problem, so their times may be divided and their counts must agree. A pause is not one of
# them: after it serial takes longer as well, up to several times, since its caches have cooled.
MECHANISM = frozenset({"kernel", "decomposition", "workers", "start", "wait"})

STARTS = (COLD, WARM, PAUSED)

INTEGERS = ("n", "d", "m", "workers")
WORDS = ("kernel", "decomposition", "start")
# Counters of family memory, in bytes.
MEMORY = ("pss_between_calls", "pss_peak")
# Counters of a user's own loop: of its call, and in bytes of a task (of a block where it merges).
TASKS, RESULT_BYTES = "tasks", "result_bytes"

# What the full names of this suite's cases end with, those with a pause apart, and all that Google
# Benchmark may append (BenchmarkName in its benchmark_api_internal.cc).
SUFFIX = "/process_time/real_time"
_SUFFIX_WITH_PAUSE = "/iterations:{}/process_time/manual_time"
_CALLS_AFTER_PAUSE, _CALLS_AFTER_SHORT_PAUSE = 10, 50  # calls_after() in cases/case.hpp
_APPENDED = re.compile(
    r"process_time|real_time|manual_time|(min_time|min_warmup_time|iterations|repeats|threads):.*"
)

# What a name is made of: no control characters, nothing that a terminal or a page would obey.
_WORD = re.compile(r"[A-Za-z0-9_.+-]{1,64}")


@dataclass(frozen=True)
class Case:
    """A timed case. `parameters` keeps the order of the name; values are strings."""

    name: str
    family: str
    backend: str
    parameters: tuple[tuple[str, str], ...]

    def get(self, key: str) -> str:
        """The value of a parameter, or an empty string."""
        return self._values.get(key, "")

    @cached_property
    def _values(self) -> dict[str, str]:
        return dict(self.parameters)

    def number(self, key: str) -> int:
        """The value of a parameter that is a whole number, or 0."""
        return int(self.get(key) or 0)

    @property
    def start(self) -> str:
        """COLD, WARM or PAUSED: in what state the workers are when a call begins; or empty."""
        return PAUSED if self.get("pause") else self.get("start")

    @property
    def pause(self) -> float:
        """Seconds before each call, whose CPU time is counted with it."""
        found = re.fullmatch(r"([0-9]{1,9})(ms|us)", self.get("pause"))
        return int(found[1]) * {"ms": 1e-3, "us": 1e-6}[found[2]] if found else 0.0

    def order(self) -> tuple[str, int, bool, str, str, int, str]:
        """Sorts cases as people read them: by size, serial first, then by backend."""
        return (
            self.family, self.number("n"), self.backend != SERIAL, self.backend,
            self.start, self.number("workers"), self.name,
        )  # fmt: skip

    @property
    def counts_samples(self) -> bool:
        """Whether there is a problem to solve: answers, speedups and comparisons are of such cases.

        Others tell what a mechanism costs with no work in it, as all of family dispatch, or what
        reading the samples costs with nothing counted.
        """
        return bool(self.get("n")) and self.get("kernel") != STREAM_READ

    @property
    def problem(self) -> tuple[str, ...]:
        """What is computed, however it is done."""
        return self._without(MECHANISM)

    def problem_parameters(self) -> dict[str, str]:
        """The parameters that say what is computed."""
        return {key: value for key, value in self.parameters if key not in MECHANISM}

    def problem_order(self) -> tuple[object, ...]:
        """Sorts problems by family and n, then by all else; numbers as numbers."""
        rest = tuple(
            (key, value.isdecimal(), int(value) if value.isdecimal() else 0, value)
            for key, value in self.problem_parameters().items()
        )
        return (self.family, self.number("n"), rest)

    @property
    def line(self) -> tuple[str, ...]:
        """Everything but the number of workers: the cases of one line in a scaling figure."""
        return (self.backend, *self._without(frozenset({"workers"})))

    def _without(self, left_out: frozenset[str]) -> tuple[str, ...]:
        return (self.family, *(f"{k}:{v}" for k, v in self.parameters if k not in left_out))


def start_order(start: str) -> tuple[int, str]:
    """Sorts starts: COLD, WARM, PAUSED, then others by name."""
    return (STARTS.index(start) if start in STARTS else len(STARTS), start)


@lru_cache(maxsize=4096)  # every round of a run asks for the same names
def parse_case(run_name: str) -> Case:
    """Parse a name; raises ValueError with the offending part."""
    parts = run_name.split("/")
    while len(parts) > 2 and _APPENDED.fullmatch(parts[-1]):
        parts.pop()
    if len(parts) < 2 or not all(_WORD.fullmatch(part) for part in parts[:2]):
        raise ValueError(f"{quoted(run_name)} is not of the form family/backend/key:value/...")
    parameters: dict[str, str] = {}
    for part in parts[2:]:
        key, colon, value = part.partition(":")
        if not (colon and _WORD.fullmatch(key) and _WORD.fullmatch(value)):
            raise ValueError(f"{quoted(part)} in {quoted(run_name)} is not of the form key:value")
        if key in parameters:
            raise ValueError(f"{quoted(key)} is listed twice in {quoted(run_name)}")
        digits = 18 if key in INTEGERS else 19 if key == "size" else 0
        if digits and not re.fullmatch(f"[0-9]{{1,{digits}}}", value):
            raise ValueError(f"{quoted(part)} in {quoted(run_name)} is not a whole number")
        parameters[key] = value
    return Case("/".join(parts), parts[0], parts[1], tuple(parameters.items()))


def filter_matcher(case_filter: str) -> Callable[[str], bool]:
    """A filter as Google Benchmark applies it: to any part of a full name; `-` before it negates.

    The matcher takes names without what Google Benchmark appends. Raises ValueError for what is no
    regular expression.
    """
    negated = case_filter.startswith("-")
    text = "" if case_filter == "all" else case_filter[negated:]
    try:
        pattern = re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"{quoted(case_filter)}: {error}") from None
    return lambda name: bool(pattern.search(_full_name(name))) != negated


def _full_name(name: str) -> str:
    if "/pause:" not in name:
        return name + SUFFIX
    short = name.endswith("us")
    return name + _SUFFIX_WITH_PAUSE.format(
        _CALLS_AFTER_SHORT_PAUSE if short else _CALLS_AFTER_PAUSE
    )
