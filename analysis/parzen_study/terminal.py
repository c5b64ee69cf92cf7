"""What is printed: at most 80 columns, plain where the output is no terminal."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import IO, TextIO, cast

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from parzen_study import sysinfo
from parzen_study.answer import started
from parzen_study.case_table import shared_and_varying
from parzen_study.compare import SLOWER_BEYOND, Comparison, Row, Verdict
from parzen_study.finding import Finding
from parzen_study.fingerprint import fingerprint
from parzen_study.phrasing import count_of, interval_alone, with_interval
from parzen_study.shown import MOST_OF_A_LINE, escaped, shown
from parzen_study.study import Study

_WIDTH = 80
_COLOURS = {
    Verdict.WRONG_COUNTS: "bold red",
    Verdict.ERROR: "bold red",
    Verdict.MISSING: "bold red",
    Verdict.IMPLAUSIBLE: "red",
    Verdict.SLOWER: "red",
    Verdict.INCONCLUSIVE: "yellow",
    Verdict.FASTER: "green",
}


def console() -> Console:
    """Markup, emoji codes and highlighting are off: what is printed comes from files."""
    plain = Console(markup=False, emoji=False, highlight=False, soft_wrap=False)
    if plain.is_terminal:
        plain.width = min(plain.width, _WIDTH)
        return plain
    return Console(
        markup=False, emoji=False, highlight=False, soft_wrap=False, width=_WIDTH,
        file=cast(TextIO, _WithoutTrailingBlanks(plain.file)),
    )  # fmt: skip


class _WithoutTrailingBlanks:
    """A file whose lines end with their last letter; rich fills the cells of a table with blanks.

    Rich writes whole lines at a time, so nothing needs to be kept between two writes.
    """

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> int:
        self._file.write("\n".join(line.rstrip(" ") for line in text.split("\n")))
        return len(text)

    def flush(self) -> None:
        self._file.flush()


def print_study(out: Console, study: Study, folder: Path) -> None:
    """The answer, what to be careful about, and where the rest is."""
    run = study.run
    usable = sysinfo.usable_cpus(run)
    out.print(
        f"{shown(run.machine.get('cpu_model', 'unknown CPU'))}, {count_of(usable, 'usable CPU')}, "
        f"{count_of(run.rounds, 'round')} of {count_of(len(run.cases), 'case')}"
    )
    _print_findings(out, [each for each in study.findings if each.kind == "refusal"])
    if study.by_size:
        out.print()
        out.print(Text("Your problem, by size (n samples):", style="bold"))
    for by_size in study.by_size:
        out.print(f"  {by_size.question}")
        _print_indented(out, Text(f"{by_size.advice}.", style="bold green"), 6)
        _print_indented(out, by_size.sentence, 6)
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
        out.print(Text("Without any mechanism, another loop:", style="bold"))
    for label, sentence in study.answers.loops:
        out.print(f"  {label}")
        _print_indented(out, sentence, 6)
    _print_findings(out, [each for each in study.findings if each.kind == "warning"])
    out.print()
    for name in ("report.html", "report.md", "report.json", "figures", "tables"):
        out.print(escaped(str(folder / name)), soft_wrap=True)


def print_comparison(out: Console, comparison: Comparison) -> None:
    """What was compared with what, the table by verdict, and the outcome in one line."""
    latest, baseline = comparison.latest, comparison.baseline
    if comparison.same_machine and baseline:
        out.print(f"Baseline: {fingerprint(baseline)}, {count_of(baseline.rounds, 'round')}")
    else:
        _print_no_baseline(out, comparison)
    for note in comparison.notes:
        out.print(note)
    rows = [row for row in comparison.rows if baseline or row.verdict != Verdict.NEW]
    if rows:
        _print_rows(out, rows)
    counted = {
        verdict: sum(row.verdict == verdict for row in comparison.rows) for verdict in Verdict
    }
    summary = ", ".join(f"{number} {verdict}" for verdict, number in counted.items() if number)
    if not baseline and not rows:
        summary = f"{count_of(len(comparison.rows), 'case')}, nothing to compare them with"
    out.print(f"{count_of(latest.rounds, 'round')}: {summary or 'nothing to compare'}.")
    by_time = counted[Verdict.SLOWER] + counted[Verdict.IMPLAUSIBLE]
    if by_time and comparison.times == "advisory":
        out.print(
            "Times are advisory: slower and implausible cases "
            f"({by_time} of {len(comparison.rows)}) do not fail this."
        )
    out.print(_outcome(comparison, counted[Verdict.INCONCLUSIVE]))


def _outcome(comparison: Comparison, inconclusive: int) -> Text:
    if comparison.fault:
        return Text(f"WRONG COUNTS: {comparison.fault}.", style="red")
    if comparison.regressions:
        return Text(f"REGRESSION in {count_of(len(comparison.regressions), 'case')}.", style="red")
    if inconclusive:
        return Text(
            f"No regression shown; {inconclusive} of {count_of(len(comparison.rows), 'case')} "
            "too noisy to tell.",
            style="yellow",
        )
    return Text("No regression.", style="green")


def _print_no_baseline(out: Console, comparison: Comparison) -> None:
    out.print("No baseline of this fingerprint:")
    out.print(f"  {fingerprint(comparison.latest)}", soft_wrap=True)
    out.print("To make one: 'make bench', look at the report, 'make baseline', commit its folder.")
    if comparison.baseline is None:
        out.print("None is stored for any other machine either.")
        return
    out.print("Counts and speedups are compared with the nearest one, times are not:")
    out.print(f"  {fingerprint(comparison.baseline)}", soft_wrap=True)
    table = Table(box=box.SIMPLE, title="Items that differ", title_justify="left")
    for column in ("item", "here", "there"):
        table.add_column(column, overflow="ellipsis", no_wrap=True, ratio=1)
    for item, (here, there) in comparison.differing.items():
        table.add_row(*(Text(shown(each)) for each in (item, here, there)))
    out.print(table)


def _print_rows(out: Console, rows: Sequence[Row]) -> None:
    """A table a family, that of the worst verdict first: their cases differ in other things."""
    if any(row.ratio for row in rows):
        out.print(f"Slower: the 95% interval of the ratio lies wholly above {SLOWER_BEYOND:.2f}.")
    families = dict.fromkeys(row.case.family for row in rows)
    for family in families:
        if len(families) > 1:
            out.print()
            out.print(Text(family, style="bold"))
        _print_family(out, [row for row in rows if row.case.family == family])


def _print_family(out: Console, rows: Sequence[Row]) -> None:
    shared, varying = shared_and_varying([row.case for row in rows])
    across = any(row.speedups for row in rows)
    if shared:
        out.print(f"All with {shared}.")
    table = Table(box=None, padding=(0, 1, 0, 0))
    table.add_column("verdict", min_width=max(len(row.verdict) for row in rows))
    table.add_column("backend", overflow="fold")
    for key in varying:
        table.add_column(key, justify="right", overflow="fold")
    # Across machines there is no ratio to judge: the intervals of the two speedups stand instead.
    for column in ("speedup here", "there") if across else ("latest/baseline",):
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(
            Text(row.verdict, style=_COLOURS.get(row.verdict, "")),
            Text(row.case.backend),
            *(Text(row.case.get(key)) for key in varying),
            *(Text(told) for told in _told(row)),
        )
    out.print(table)


def _told(row: Row) -> tuple[str, ...]:
    if row.speedups:
        return tuple(interval_alone(speedup) for speedup in row.speedups)
    return (with_interval(row.ratio) if row.ratio else shown(row.remark, MOST_OF_A_LINE),)


def _print_findings(out: Console, found: Sequence[Finding]) -> None:
    for each in found:
        colour = "red" if each.kind == "refusal" else "yellow"
        out.print()
        out.print(Text.assemble((f"{each.kind}: ", f"bold {colour}"), each.what))
        _print_indented(out, f"cause: {each.cause}", 2)
        _print_indented(out, f"next: {each.next_step}", 2)


def _print_indented(out: Console, text: str | Text, columns: int) -> None:
    out.print(Padding(text, (0, 0, 0, columns), expand=False))
