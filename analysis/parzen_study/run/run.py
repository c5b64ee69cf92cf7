"""A run, as read from a file by `load`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parzen_study.common.wording import count_of
from parzen_study.run.case import INTEGERS, MEMORY, RESULT_BYTES, TASKS, WORDS, Case
from parzen_study.run.disturbance import Disturbance, ForeignLoad
from parzen_study.run.enough_rounds import VERDICT_ROUNDS
from parzen_study.run.finding import Finding
from parzen_study.run.own_loop import OwnLoop

if TYPE_CHECKING:
    import pandas as pd

# What an item says that the suite could not read.
UNKNOWN = "unknown"

_COLUMNS = (
    *("case", "round", "family", "backend", *WORDS, *INTEGERS),
    *("real_time", "cpu_time", "children_cpu_time", "involuntary_switches", "counts_digest"),
    *("huge_page_share", *MEMORY, TASKS, RESULT_BYTES),
)

# What a backend may say of itself.
NEITHER = "neither"
MECHANISMS = frozenset({NEITHER, "threads", "processes"})


@dataclass(frozen=True)
class CaseError:
    """Why a case has no time: an error in a round, or other counts in it than in the first."""

    case: str
    round: int
    message: str


@dataclass(frozen=True)
class Run:
    """A run that passed every check of its form.

    `rows` holds a row per case and round, for the cases without error: case, round (from 1),
    family, backend, kernel, decomposition, start (empty when the name has none), n, d, m, workers
    (integers or None), real_time, cpu_time, children_cpu_time (seconds an iteration; CPU times may
    be missing), involuntary_switches (may be missing), counts_digest (missing where the case counts
    nothing), huge_page_share (0 to 1, missing where it was not looked at), and tasks and
    result_bytes (missing where the case does not say them). `frame` is the same as a table.
    `loop` is the user's own loop that the run is of, None where it is of the suite's own.
    `case_filter` is the regular expression that limited the cases, or empty; `largest_n` is the n
    above which no case was planned, 0 without such a bound, and `not_planned` are the names of
    cases that the suite has with a larger one; `has_groups` is whether rounds beyond the planned
    ones ran some groups of cases, as long as the profile's time allowed;
    `mechanisms` is by backend, for those that say one, and RANKS of MPI; `peers` are versions of
    what was measured besides the suite, by name, and empty where nothing was. `private_keys` are
    those of Google Benchmark's that name the measuring machine and must not be stored.
    `began` is when the first round's process did, in ISO 8601, or unknown. `busy_before` is the
    share of the CPU time (0 to 1) that was busy right before the first round, or None.
    `clock_mhz` are the lowest and the highest clock rate that the rounds state, if any does
    (cpus.clock_mhz).
    `rejected_rounds` says of each round that was rejected why; `states` and `rows` are of the
    others, and so are `ran`, in how many rounds a case ran, with a time or an error, and, by the
    number of a round,
    `disturbances` and `foreign_loads` where they are known.
    """

    path: Path
    profile: str
    rounds_planned: int
    interrupted: bool
    loop: OwnLoop | None
    case_filter: str
    largest_n: int
    cases: tuple[Case, ...]
    not_planned: frozenset[str]
    has_groups: bool
    python: Mapping[str, str]
    machine: Mapping[str, str]
    busy_before: float | None
    states: tuple[Mapping[str, str], ...]
    state_after: Mapping[str, str]
    clock_mhz: tuple[float, ...]
    rejected_rounds: tuple[Finding, ...]
    disturbances: Mapping[int, Disturbance]
    foreign_loads: Mapping[int, ForeignLoad]
    began: str
    order_seeds: tuple[str, ...]
    private_keys: tuple[str, ...]
    backends_built: tuple[str, ...]
    mechanisms: Mapping[str, str]
    backends_left_out: Mapping[str, str]
    peers: Mapping[str, str]
    peers_left_out: Mapping[str, str]
    article_counts: tuple[int, ...]
    rows: tuple[Mapping[str, Any], ...]
    errors: tuple[CaseError, ...]
    ran: Mapping[str, int]

    @property
    def measured_on(self) -> str:
        """The date, as the first round's process gave it, with no time."""
        return self.began[:10]

    @property
    def rounds(self) -> int:
        """Fresh processes, whether they ran every case or some."""
        return len(self.states)

    @cached_property
    def short_of_rounds(self) -> Mapping[str, int]:
        """The cases that have too few rounds for a verdict in a run in which others have enough,
        and how many they have: such cases are rejected, and the others are not held up by them."""
        if self.most_rounds < VERDICT_ROUNDS:
            return {}
        return {name: number for name, number in self._rounds_of.items() if number < VERDICT_ROUNDS}

    @cached_property
    def fewest_rounds(self) -> int:
        """Of any case that has a time and is not short of rounds: what an interval and a verdict
        rest on at the least."""
        short = self.short_of_rounds
        enough = (number for name, number in self._rounds_of.items() if name not in short)
        return min(enough, default=self.rounds)

    @cached_property
    def most_rounds(self) -> int:
        """Of any case that has a time."""
        return max(self._rounds_of.values(), default=self.rounds)

    @cached_property
    def _rounds_of(self) -> Mapping[str, int]:
        return Counter(row["case"] for row in self.rows)

    @cached_property
    def by_case(self) -> Mapping[str, list[Mapping[str, Any]]]:
        """The rows of each case that has any, in the order of the rounds."""
        found: dict[str, list[Mapping[str, Any]]] = {}
        for row in self.rows:
            found.setdefault(row["case"], []).append(row)
        return found

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The rows as a table: words, nullable integers, and floats that are NaN where missing."""
        import pandas as pd  # takes a second or more, which comparing does without

        frame = pd.DataFrame(list(self.rows), columns=list(_COLUMNS))
        whole = dict.fromkeys((*INTEGERS, "counts_digest"), "Int64")
        seconds = ("real_time", "cpu_time", "children_cpu_time")
        counters = ("involuntary_switches", "huge_page_share", *MEMORY)
        real = dict.fromkeys((*seconds, *counters), "float64")
        return frame.astype({**whole, **real, "round": "int64"})

    @property
    def too_few(self) -> str:
        """Why the run has no verdicts, in words, or empty."""
        if self.most_rounds >= VERDICT_ROUNDS:
            return ""
        return f"it takes at least {VERDICT_ROUNDS} rounds, and this run has {self.most_rounds}"

    @property
    def rounds_in_words(self) -> str:
        """`3 of 5 rounds`; from those on that were planned, how many there are."""
        if self.rounds >= self.rounds_planned:
            return count_of(self.rounds, "round")
        return f"{self.rounds} of {count_of(self.rounds_planned, 'round')}"

    @cached_property
    def failed(self) -> frozenset[str]:
        """The cases with an error in any round; none of their rounds counts as a time."""
        return frozenset(error.case for error in self.errors)

    def is_of_peer(self, case: Case) -> bool:
        """Whether a case was measured besides the suite, not by it.

        A peer's name is the backend of its cases, or their kernel where they are serial: serial by
        a loop in Python is no serial of the suite's.
        """
        return not self.peers.keys().isdisjoint({case.backend, case.get("kernel")})
