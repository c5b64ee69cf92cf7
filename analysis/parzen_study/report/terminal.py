"""The summary of a run as it is printed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from parzen_study.common.shown import escaped, shown
from parzen_study.common.wording import count_of
from parzen_study.run import sysinfo
from parzen_study.run.finding import Finding
from parzen_study.topics.answer import by_size_words
from parzen_study.topics.answer.model import started
from parzen_study.topics.own_loop import words as own_loop_words
from parzen_study.topics.zones import section as zones_section
from parzen_study.topics.zones import words as zones_words

if TYPE_CHECKING:
    from parzen_study.study import Study
    from parzen_study.topics.own_loop.model import Study as OwnLoopStudy
    from parzen_study.topics.zones.model import Zones


def print_study(out: Console, study: Study, folder: Path) -> None:
    """The answer, the findings, and the files of the report."""
    run = study.run
    usable = sysinfo.usable_cpus(run)
    out.print(
        f"{shown(run.machine.get('cpu_model', 'unknown CPU'))}, {count_of(usable, 'usable CPU')}, "
        f"{count_of(run.rounds, 'round')} of {count_of(len(run.cases), 'case')}"
    )
    _print_findings(out, [each for each in study.findings if each.kind == "rejection"])
    if study.own_loop:
        _print_own_loop(out, study.own_loop)
    if study.by_size:
        out.print()
        out.print(Text("Your problem, by size (n samples):", style="bold"))
    for by_size in study.by_size:
        out.print(f"  {by_size_words.question(by_size)}")
        _print_indented(out, Text(f"{by_size_words.advice(by_size)}.", style="bold green"), 6)
        _print_indented(out, " ".join(by_size_words.evidence(by_size)), 6)
    if study.answers.nothing:
        out.print()
        out.print(study.answers.nothing)
    for start, found in groupby(study.answers.found, key=lambda answer: answer.start):
        out.print()
        out.print(Text(f"{started(start)}:", style="bold"))
        for answer in found:
            advice = Text.assemble(f"{answer.label}  ", (answer.advice, "bold green"))
            _print_indented(out, advice, 2)
            _print_indented(out, answer.sentence, 6)
        for missing_start, missing in study.answers.not_measured:
            if missing_start == start:
                out.print(f"  {missing}")
    if study.answers.loops:
        out.print()
        out.print(Text("A faster loop, in one thread:", style="bold"))
    for label, sentence in study.answers.loops:
        out.print(f"  {label}")
        _print_indented(out, sentence, 6)
    _print_findings(out, [each for each in study.findings if each.kind == "warning"])
    if study.zones:
        _print_zones(out, study.zones)
    out.print()
    for name in ("report.html", "report.md", "report.json", "figures", "tables"):
        out.print(escaped(str(folder / name)), soft_wrap=True)


def _print_zones(out: Console, found: Zones) -> None:
    """The table of the page's first screen."""
    said = zones_section.table(found)
    table = Table(box=box.SIMPLE, padding=(0, 1), pad_edge=False, show_lines=True)
    for head in said.head:
        table.add_column(head, overflow="fold")
    for row in said.rows:
        table.add_row(*(Text(cell) for cell in row))
    out.print()
    out.print(Text(f"{said.title}:", style="bold"))
    out.print(table)
    out.print(zones_words.legend(found))
    out.print(zones_words.sure(found))


def _print_own_loop(out: Console, found: OwnLoopStudy) -> None:
    out.print()
    out.print(Text(f"Loop {shown(found.loop.name)} ({shown(found.loop.file)}):", style="bold"))
    for each in own_loop_words.answers(found):
        out.print(f"  {each.question}")
        _print_indented(out, Text(f"{each.advice}.", style="bold green"), 6)
        _print_indented(out, " ".join(each.evidence), 6)
    if found.nothing:
        _print_indented(out, f"{found.nothing}.", 2)


def _print_findings(out: Console, found: Sequence[Finding]) -> None:
    for each in found:
        colour = "red" if each.kind == "rejection" else "yellow"
        out.print()
        out.print(Text.assemble((f"{each.kind}: ", f"bold {colour}"), each.what))
        _print_indented(out, f"cause: {each.cause}", 2)
        _print_indented(out, f"next: {each.next_step}", 2)


def _print_indented(out: Console, text: str | Text, columns: int) -> None:
    out.print(Padding(text, (0, 0, 0, columns), expand=False))
