"""Medians, speedups and efficiencies of a run, each with its interval.

A speedup is the time of a reference over that of a case, both of the same problem (the same name
but for the mechanism):

- against serial: the serial case of the same kernel (and start, where serial has several).
- against the best serial: of any kernel, where the problem has several.
- against its own one worker: the same backend, kernel, decomposition and start with workers:1.

Of several serial cases the one with the lowest median is the reference; every resample chooses it
again. Efficiency is the speedup against serial divided by the workers. Cases that count nothing
(family dispatch, and limits) have only times.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from statistics import median
from typing import Any

import numpy as np

from parzen_study.run.case import MEMORY, SERIAL, Case
from parzen_study.run.enough_rounds import MINIMUM_ROUNDS
from parzen_study.run.run import UNKNOWN, Run
from parzen_study.stats.bootstrap import Estimate, Floats, interval, log_medians


class Measured:
    """The figures of one case. Times in seconds; None without a reference.

    `memory` are its counters MEMORY in bytes, medians over rounds, None without any. `slowest` are
    the 95th percentile and the longest time of all rounds. `cpu_and_real_times` are of each round:
    CPU time of all processes, and real time. Figures with an interval are lazy, since
    resampling is most of the work.
    """

    def __init__(self, of: Estimates, case: Case, rows: Sequence[Mapping[str, Any]]) -> None:
        self.case = case
        self._of = of
        self.cpu_time, self.children_cpu_time, self.involuntary_switches = (
            _median(rows, key) for key in ("cpu_time", "children_cpu_time", "involuntary_switches")
        )
        self.cpu_and_real_times = [
            (row["cpu_time"] + row["children_cpu_time"], row["real_time"])
            for row in rows
            if {"cpu_time", "children_cpu_time"} <= row.keys()
        ]
        self.counts_digest: int | None = next(
            (row["counts_digest"] for row in rows if "counts_digest" in row), None
        )
        pages, memory = _median(rows, "huge_page_share"), [_median(rows, key) for key in MEMORY]
        self.huge_page_share = None if math.isnan(pages) else pages
        self.memory = None if any(map(math.isnan, memory)) else tuple(memory)

    @cached_property
    def slowest(self) -> tuple[float, float]:
        times = self._of.by_round([self.case])
        return float(np.quantile(times, 0.95)), float(times.max())

    @cached_property
    def time(self) -> Estimate:
        return self._of.time_of(self.case)

    @cached_property
    def speedup(self) -> Estimate | None:
        return self._of.speedup_against_serial(self.case)

    @cached_property
    def speedup_best(self) -> Estimate | None:
        return self._of.speedup_against_best_serial(self.case)

    @cached_property
    def speedup_own(self) -> Estimate | None:
        return self._of.speedup_against_own_one_worker(self.case)

    @property
    def workers(self) -> int:
        return self.case.number("workers") or 1

    @property
    def total_cpu_time(self) -> float:
        """Of the calling process with its threads and of its children; NaN where unknown."""
        return self.cpu_time + self.children_cpu_time

    @property
    def efficiency(self) -> Estimate | None:
        return self.speedup and self.speedup.scaled(1.0 / self.workers)


class Estimates:
    """The figures of a run, by case name, in the order of the run's cases.

    Cases with an error are excluded. With fewer than MINIMUM_ROUNDS rounds no figure has an
    interval.
    """

    def __init__(self, run: Run, rejected: Collection[str] = ()) -> None:
        self.has_intervals = run.fewest_rounds >= MINIMUM_ROUNDS
        cases = [case for case in run.cases if case.name not in run.failed]
        self._index = {case.name: number for number, case in enumerate(cases)}
        self._serial: dict[tuple[str, ...], list[Case]] = defaultdict(list)
        self._kernels: dict[tuple[str, ...], set[str]] = defaultdict(set)
        solving = [case for case in cases if case.counts_samples]
        for case in solving:
            self._kernels[case.problem].add(case.get("kernel"))
            if case.backend == SERIAL and case.name not in rejected:
                self._serial[case.problem].append(case)
        self._one_worker = {
            case.line: case
            for case in solving
            if case.number("workers") == 1 and case.name not in rejected
        }
        self._times = _times_by_round(run, self._index)
        self._medians = log_medians(self._times)
        self.measured = {case.name: Measured(self, case, run.by_case[case.name]) for case in cases}
        self._mechanisms = run.mechanisms

    def time_of(self, case: Case) -> Estimate:
        """The median, in seconds."""
        return self._medians.median(self._index[case.name])

    def seconds(self, case: Case) -> float:
        """The same without its interval."""
        return math.exp(self._medians.measured[self._index[case.name]])

    def cpu_time_between(self, case: Case, other: Case) -> float:
        """The CPU time of a case over that of another, by medians; NaN where unknown. Two workers
        that halve the time have 1."""
        ours, theirs = (self.measured[each.name].total_cpu_time for each in (case, other))
        return ours / theirs if theirs > 0.0 else math.nan

    def speedup_between(self, case: Case, reference: Case) -> Estimate:
        """How many times as fast as the reference a case is."""
        return self._medians.ratio(self._index[reference.name], self._index[case.name])

    def ratio_of_speedups(self, pair: tuple[Case, Case], other: tuple[Case, Case]) -> Estimate:
        """The speedup of one (case, reference) over that of another, all four resampled
        together."""
        (case, reference), (other_case, other_reference) = pair, other
        index = self._index
        return self._medians.quotient(
            [index[reference.name], index[other_case.name]],
            [index[case.name], index[other_reference.name]],
        )

    def samples_of(self, case: Case) -> Floats:
        """The median in seconds as measured, then of every resample: paired by position with those
        of other cases, and NaN where the case has too few rounds for an interval."""
        at, medians = self._index[case.name], self._medians
        found: Floats = np.exp(np.concatenate([[medians.measured[at]], medians.resampled[at]]))
        return found

    def by_round(self, cases: Iterable[Case]) -> Floats:
        """Seconds, [round, case], of the rounds in which all of these cases were measured."""
        times = self._times[:, [self._index[case.name] for case in cases]]
        found: Floats = times[~np.isnan(times).any(axis=1)]
        return found

    def rounds_of(self, case: Case) -> int:
        """In how many rounds the case was measured."""
        return int(self._medians.rounds[self._index[case.name]])

    def decide(self, cases: Iterable[Case]) -> bool:
        """Whether each of these cases has enough rounds for a verdict."""
        return self._medians.decide([self._index[case.name] for case in cases])

    def speedup_against_best(self, case: Case, references: Sequence[Case]) -> Estimate:
        """The speedup of a case against the fastest of the references, which every resample
        chooses again."""
        own, others = self._index[case.name], [self._index[each.name] for each in references]
        medians = self._medians
        return interval(
            float(medians.measured[others].min() - medians.measured[own]),
            medians.resampled[others].min(axis=0) - medians.resampled[own],
            decides=medians.decide([own, *others]),
        )

    def speedup_of_best(self, cases: Sequence[Case], references: Sequence[Case]) -> Estimate:
        """The speedup of the fastest of the cases against the fastest of the references, for
        verdicts: corrected for picking the best of several.

        Both are the fastest as measured. The interval is Bonferroni-corrected for the number of
        candidates. (Each resample's own fastest would be chosen by noise twice.) The figure itself
        is not corrected (see `picking_bias`).
        """
        own, others = (
            min((self._index[each.name] for each in some), key=self._medians.measured.__getitem__)
            for some in (cases, references)
        )
        medians = self._medians
        return interval(
            float(medians.measured[others] - medians.measured[own]),
            medians.resampled[others] - medians.resampled[own],
            candidates=len(cases) + len(references) - 1,
            decides=medians.decide([own, others]),
        )

    def best_speedup(self, cases: Sequence[Case], reference: Case) -> Estimate:
        """The largest speedup of the cases against one reference.

        With 95% confidence, all Bonferroni-corrected intervals of the cases hold together. Then the
        largest true speedup is between the largest lower and the largest upper end. So a noisy case
        that looks fastest does not hide one that is known to be faster than the reference.
        """
        medians, other = self._medians, self._index[reference.name]
        every = []
        for own in (self._index[each.name] for each in cases):
            every.append(
                interval(
                    float(medians.measured[other] - medians.measured[own]),
                    medians.resampled[other] - medians.resampled[own],
                    candidates=len(cases),
                    decides=medians.decide([own, other]),
                )
            )
        deciding = [each for each in every if each.decides and each.has_interval] or every
        return Estimate(
            max(each.value for each in deciding),
            max(each.low for each in deciding),
            max(each.high for each in deciding),
            deciding[0].decides,
        )

    def picking_bias(self, cases: Sequence[Case]) -> float:
        """The bias of the time of the fastest of these cases from being picked, as a share, if all
        are equally fast: an upper bound. NaN without resamples.

        It is reported, not corrected: it depends on the true differences between the cases. In
        simulation of 4 to 12 equally fast cases in 5 rounds the fastest looked 3 to 5% too fast,
        and this estimated 4 to 6%. Subtracting the bias of the resamples' fastest left 1 to 2% of
        it; subtracting more was too much where one case is ahead.
        """
        resampled = self._medians.resampled[[self._index[case.name] for case in cases]]
        noise = resampled - resampled.mean(axis=1, keepdims=True)
        return float(-np.expm1(noise.min(axis=0).mean()))

    def mechanism(self, backend: str) -> str:
        """`processes`, `threads` or `neither`, as the run states; else `unknown`."""
        return self._mechanisms.get(backend, UNKNOWN)

    def serial_of(self, case: Case, among: Collection[Case] | None = None) -> Case | None:
        """The best serial case of the same problem and kernel, of all or of some cases; or None."""
        return self._best(self._serial_of(case), among)

    def best_serial_of(self, case: Case) -> Case | None:
        """The best serial case of the same problem, of any kernel; or None."""
        return self._best(self._serial.get(case.problem, []), None)

    def _best(self, candidates: list[Case], among: Collection[Case] | None) -> Case | None:
        if among is not None:
            candidates = [each for each in candidates if each in among]
        medians = self._medians.measured
        return min(candidates, key=lambda each: medians[self._index[each.name]], default=None)

    def _serial_of(self, case: Case) -> list[Case]:
        """Of the same kernel, and of the same start if serial has several."""
        every = self._serial.get(case.problem, [])
        same = [each for each in every if each.get("kernel") == case.get("kernel")]
        return [each for each in same if each.get("start") == case.get("start")] or same

    def speedup_against_serial(self, case: Case) -> Estimate | None:
        return self._against_any_of(case, self._serial_of(case))

    def speedup_against_best_serial(self, case: Case) -> Estimate | None:
        if len(self._kernels.get(case.problem, ())) < 2:
            return None
        return self._against_any_of(case, self._serial.get(case.problem, []))

    def one_worker_of(self, case: Case) -> Case | None:
        """The same with one worker, or None."""
        return self._one_worker.get(case.line)

    def speedup_against_own_one_worker(self, case: Case) -> Estimate | None:
        one = self.one_worker_of(case)
        return self.speedup_between(case, one) if one else None

    def _against_any_of(self, case: Case, references: list[Case]) -> Estimate | None:
        return self.speedup_against_best(case, references) if references else None


def _times_by_round(run: Run, index: Mapping[str, int]) -> Floats:
    """Seconds, [round, case], NaN where a round did not run a case; a row per round that has
    any."""
    numbers = sorted({row["round"] for row in run.rows})
    rounds = {number: place for place, number in enumerate(numbers)}
    times = np.full((len(rounds), len(index)), math.nan)
    for row in run.rows:
        if row["case"] in index:
            times[rounds[row["round"]], index[row["case"]]] = row["real_time"]
    return times


def _median(rows: Iterable[Mapping[str, Any]], key: str) -> float:
    """Of a counter in the rounds that have it; NaN without any."""
    values = [row[key] for row in rows if key in row]
    return median(values) if values else math.nan
