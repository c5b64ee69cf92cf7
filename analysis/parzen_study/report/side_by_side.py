"""Two runs side by side, usually of two machines: answers, claims and times, A next to B."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from parzen_study.common.errors import UnusableData
from parzen_study.common.shown import shown_name
from parzen_study.common.wording import count_of
from parzen_study.page.blocks import (
    Block,
    Drawing,
    Gallery,
    Heading,
    Page,
    Paragraph,
    Section,
    Table,
)
from parzen_study.page.columns import columns
from parzen_study.run import sysinfo
from parzen_study.run.case import Case
from parzen_study.run.finding import Finding
from parzen_study.run.problems import readable, shared_and_varying
from parzen_study.run.run import Run
from parzen_study.stats.bootstrap import Estimate, independent_ratio
from parzen_study.stats.wording import time_with_interval, with_interval
from parzen_study.study import Study
from parzen_study.topics.answer import by_size_words
from parzen_study.topics.answer import model as answer
from parzen_study.topics.own_loop import words as own_loop_words
from parzen_study.topics.speedup import section as speedup

A, B = "A", "B"
_NOT_THERE = "not measured"


def page(one: Study, other: Study) -> Page:
    """The report of two runs, whose rounds are resampled independently. Raises UnusableData for
    runs of different loops."""
    both = (one, other)
    _check_loops(one.run, other.run)
    sections = (_answers(both), _claims(both), _speedups(both), _times(both), _machines(both))
    return Page(
        title="Processes, threads or neither: two runs side by side",
        subtitle="; ".join(
            f"{name}: {_machine(each.run)}, {count_of(each.run.rounds, 'round')}, measured "
            f"{each.run.measured_on}"
            for name, each in zip((A, B), both, strict=True)
        )
        + ".",
        about="",
        rejections=tuple(_findings(both, "rejection")),
        warnings=tuple(_findings(both, "warning")),
        sections=tuple(filter(None, sections)),
    )


def _check_loops(one: Run, other: Run) -> None:
    """The same file and flags, with any sizes."""
    loops = [
        (run.loop.name, run.loop.file_sha256, run.loop.flags) if run.loop else None
        for run in (one, other)
    ]
    if loops[0] != loops[1]:
        raise UnusableData(
            "the runs are of different loops, so their times cannot be compared",
            where=f"{shown_name(one.path)} and {shown_name(other.path)}",
            found="; ".join(
                f"{run.loop.file}, SHA-256 {run.loop.file_sha256[:12]}, flags "
                f"'{run.loop.flags}'" if run.loop else "the suite's own loops"
                for run in (one, other)
            ),
            next_step="name two runs of the same file and flags",
        )  # fmt: skip


def times(one: Study, other: Study) -> pd.DataFrame:
    """A row per case that both measured: times in seconds, and B's over A's."""
    return pd.DataFrame(
        {
            "case": case.name,
            **columns("time_s_a", here),
            **columns("time_s_b", there),
            **columns("b_over_a", ratio),
        }
        for case, here, there, ratio in _common(one, other)
    )


def _machine(run: Run) -> str:
    cpus = count_of(sysinfo.usable_cpus(run), "usable CPU")
    return f"{run.machine.get('cpu_model', 'unknown CPU')}, {cpus}"


def _findings(both: Sequence[Study], kind: str) -> Iterable[Finding]:
    for name, each in zip((A, B), both, strict=True):
        for finding in each.findings:
            if finding.kind == kind:
                yield dataclasses.replace(finding, what=f"{name}: {finding.what}")


def _answers(both: Sequence[Study]) -> Section:
    one, other = (
        {(found.start, found.label): found.advice for found in each.answers.found} for each in both
    )
    blocks: list[Block] = [
        Paragraph(f"{name}: {each.answers.nothing}")
        for name, each in zip((A, B), both, strict=True)
        if each.answers.nothing
    ]
    keys = list(dict.fromkeys([*one, *other]))
    own = [
        {own.question: own.advice for own in own_loop_words.answers(each.own_loop)}
        if each.own_loop
        else {}
        for each in both
    ]
    sizes = [
        {by_size_words.question(found): by_size_words.advice(found) for found in each.by_size}
        for each in both
    ]
    blocks += [
        Table(title, (head, A, B), _rows(*answers), words=True, opened=True)
        for title, head, answers in (
            ("Your loop", "workers", own),
            ("Your problem, by size", "problem", sizes),
        )
        if any(answers)
    ]
    blocks += [
        Table(
            title=answer.started(start),
            head=("problem", A, B),
            rows=tuple(
                (label, one.get((start, label), _NOT_THERE), other.get((start, label), _NOT_THERE))
                for when, label in keys
                if when == start
            ),
            words=True,
            opened=True,
        )
        for start in dict.fromkeys(when for when, _ in keys)
    ]
    return Section("answer", "The answers", tuple(blocks))


def _rows(one: Mapping[str, str], other: Mapping[str, str]) -> tuple[tuple[str, str, str], ...]:
    """Both answers to each question of either."""
    questions = dict.fromkeys([*one, *other])
    return tuple(
        (question, one.get(question, _NOT_THERE), other.get(question, _NOT_THERE))
        for question in questions
    )


def _claims(both: Sequence[Study]) -> Section | None:
    one, other = ({(c.text, c.program): c for c in each.claims} for each in both)
    rows = []
    for key in dict.fromkeys([*one, *other]):
        pair = [found.get(key) for found in (one, other)]
        verdicts = (f"{c.verdict}. {c.figure}" if c else _NOT_THERE for c in pair)
        rows.append((*key, *verdicts))
    if not rows:
        return None
    head = ("claim", "program", A, B)
    table = Table("Claims of 2014", head, tuple(rows), words=True, opened=True)
    return Section("claims", "What the article claims", (table,))


def _speedups(both: Sequence[Study]) -> Section | None:
    """The figures that both have, in pairs."""
    found = [{each.name: each for each in speedup.drawings(study)} for study in both]
    names = [name for name in found[0] if name in found[1]]
    if not names:
        return None
    blocks: list[Block] = []
    for name in names:
        blocks.append(Heading(found[0][name].caption))
        blocks.append(
            Gallery(
                tuple(
                    _named(each[name], letter) for letter, each in zip((A, B), found, strict=True)
                )
            )
        )
    return Section("speedup", "Speedup by workers", tuple(blocks))


def _named(drawing: Drawing, letter: str) -> Drawing:
    return dataclasses.replace(
        drawing,
        name=f"{letter.lower()}_{drawing.name}",
        caption=f"{letter}. {drawing.caption}",
        description=f"{letter}. {drawing.description}",
    )


def _times(both: Sequence[Study]) -> Section | None:
    """The times of all cases that both measured, a table per family."""
    common = sorted(_common(*both), key=lambda each: each[0].order())
    families = dict.fromkeys(case.family for case, *_ in common)
    tables = [_family([each for each in common if each[0].family == name]) for name in families]
    if not tables:
        return None
    about = Paragraph(
        "Median over rounds, 95% CI in brackets. B over A below 1: B is faster. The rounds of the "
        "two are resampled independently."
    )
    return Section("times", "Times", (about, *tables))


def _family(found: list[tuple[Case, Estimate, Estimate, Estimate]]) -> Table:
    shared, varying = shared_and_varying([case for case, *_ in found])
    return Table(
        title=f"Family {found[0][0].family}",
        shared=shared,
        head=("backend", *varying, A, B, "B over A"),
        rows=tuple(
            (
                case.backend,
                *(readable(case.get(key)) for key in varying),
                time_with_interval(here),
                time_with_interval(there),
                with_interval(ratio),
            )
            for case, here, there, ratio in found
        ),
    )


def _common(one: Study, other: Study) -> list[tuple[Case, Estimate, Estimate, Estimate]]:
    """Each case that has a usable time in both, its two times, and the ratio of B's to A's."""
    seconds = [
        {
            str(name): times.to_numpy(dtype=np.float64)
            for name, times in each.run.frame.groupby("case")["real_time"]
            if name not in each.rejected
        }
        for each in (one, other)
    ]
    return [
        (
            case,
            one.estimates.measured[case.name].time,
            other.estimates.measured[case.name].time,
            independent_ratio(seconds[1][case.name], seconds[0][case.name]),
        )
        for case in one.run.cases
        if case.name in seconds[0] and case.name in seconds[1]
    ]


def _machines(both: Sequence[Study]) -> Section:
    one, other = (sysinfo.machine_rows(each.run) for each in both)
    there = {row.label: row.value for row in other}
    here = {row.label: row.value for row in one}
    labels = dict.fromkeys([*here, *there])
    unknown = "unknown"
    rows = [(label, here.get(label, unknown), there.get(label, unknown)) for label in labels]
    differing = tuple(row for row in rows if row[1] != row[2])
    if not differing:
        return Section("system", "The machines", (Paragraph("Machine and build are the same."),))
    title = "Where machine and build differ"
    table = Table(title, ("item", A, B), differing, words=True, opened=True)
    return Section("system", "The machines", (table,))
