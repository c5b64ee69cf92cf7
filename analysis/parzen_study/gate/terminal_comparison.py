"""A comparison as it is printed: with what, the cases by outcome, and a summary."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from parzen_study.common.shown import MOST_SHOWN, shown
from parzen_study.common.wording import count_of
from parzen_study.gate.compare import Comparison, Outcome, Row
from parzen_study.gate.overheads import Overheads, overheads
from parzen_study.gate.stored_times import Moved, Unit
from parzen_study.run.fingerprint import fingerprint
from parzen_study.run.problems import shared_and_varying
from parzen_study.stats.prediction import LEAST_RUNS
from parzen_study.stats.wording import interval_alone

_COLOURS = {
    Outcome.WRONG_COUNTS: "bold red",
    Outcome.ERROR: "bold red",
    Outcome.MISSING: "bold red",
    Outcome.IMPLAUSIBLE: "red",
    Outcome.SLOWER: "yellow",
    Outcome.FASTER: "yellow",
    Outcome.TOO_FEW_ROUNDS: "yellow",
}
# Only counted.
_NOT_LISTED = frozenset({Outcome.AS_PREDICTED, Outcome.NEW})
_MOST_CASES = 40  # in a table of a family; the worst


def print_comparison(out: Console, comparison: Comparison) -> None:
    """The baseline, the notes, the tables, and the number of cases by outcome."""
    baseline = comparison.baseline
    if comparison.same_machine and baseline:
        out.print(f"Baseline: {fingerprint(baseline)}", soft_wrap=True)
        out.print(
            f"Stored runs of profile {comparison.latest.profile}: {comparison.alike}; times need "
            f"{LEAST_RUNS}. Counts are compared with the run of {baseline.measured_on}."
        )
    else:
        _print_no_baseline(out, comparison)
    for note in comparison.notes:
        out.print(note)
    if baseline and comparison.same_machine and comparison.obstacle:
        speedups = any(row.speedups for row in comparison.rows)
        what = "Counts and speedups are" if speedups else "Counts are"
        out.print(f"{what} compared, times are not: {comparison.obstacle}.")
    if comparison.units:
        _print_units(out, comparison)
    rows = [row for row in comparison.rows if row.speedups or _is_listed(row)]
    if rows:
        _print_rows(out, rows)
    if baseline and comparison.differing:
        _print_overheads(out, overheads(comparison.latest, baseline))
    summary = ", ".join(f"{number} {each}" for each, number in comparison.counts().items())
    if not baseline and not rows:  # neither equal nor new
        summary = f"{count_of(len(comparison.rows), 'case')}, no baseline"
    rounds = count_of(comparison.latest.rounds, "round")
    out.print(f"{rounds}: {summary or 'nothing to compare'}.")
    if comparison.times == "advisory":
        out.print("Times are advisory: slower and implausible cases are warnings.")
    if comparison.fault:
        out.print(Text(f"WRONG COUNTS: {comparison.fault}.", style="red"))


def _print_no_baseline(out: Console, comparison: Comparison) -> None:
    out.print("No baseline of this fingerprint:")
    out.print(f"  {fingerprint(comparison.latest)}", soft_wrap=True)
    out.print("To store one: 'make bench', check the report, 'make baseline', commit its folder.")
    if comparison.baseline is None:
        out.print("There is none for any other machine either.")
        return
    out.print("Counts and speedups are compared with the nearest one, times are not:")
    out.print(f"  {fingerprint(comparison.baseline)}", soft_wrap=True)
    table = Table(box=box.SIMPLE, title="Items that differ", title_justify="left")
    for column in ("item", "here", "there"):
        table.add_column(column, overflow="fold")
    for item, (here, there) in comparison.differing.items():
        values = (_difference(here, there), _difference(there, here))
        table.add_row(*(Text(shown(each)) for each in (item, *values)))
    out.print(table)


def _print_overheads(out: Console, found: Sequence[Overheads]) -> None:
    if found:
        out.print("What mechanisms cost on each machine (times of two are not compared):")
    for each in found:
        table = Table(box=box.SIMPLE, title=each.title, title_justify="left")
        for column in ("backend", "here", "there"):
            table.add_column(column, overflow="fold")
        for row in each.rows:
            table.add_row(*row)
        out.print(table)


def _difference(value: str, other: str) -> str:
    """The value; if it is too long, as a list of flags is, the words that the other lacks."""
    if len(value) <= MOST_SHOWN:
        return value
    return " ".join(word for word in value.split() if word not in other.split()) or "(fewer)"


def _is_listed(row: Row) -> bool:
    return row.outcome not in _NOT_LISTED | {Outcome.EQUAL_COUNTS}


def _print_units(out: Console, comparison: Comparison) -> None:
    table = Table(box=None, padding=(0, 1, 0, 0))
    for column in ("times", "unit", "cases", "latest/stored", "expected"):
        table.add_column(column, justify="right" if column == "cases" else "left")
    for unit in comparison.units:
        moved = unit.moved != Moved.AS_PREDICTED
        figures = (f"{unit.cases}", f"{unit.ratio:.3f}", _expected(unit))
        table.add_row(Text(unit.moved, style="yellow" if moved else ""), unit.name, *figures)
    out.print(table)
    if any(unit.relative for unit in comparison.units):
        out.print("Each unit but the first is relative to the median of the others.")
    if comparison.moved:
        out.print(
            Text(
                "WARNING: times outside of their prediction. That is not a regression yet: "
                "compare side by side with 'make gate'.",
                style="yellow",
            )
        )


def _expected(unit: Unit) -> str:
    return f"{unit.expected[0]:.3f} to {unit.expected[1]:.3f}"


def _print_rows(out: Console, rows: Sequence[Row]) -> None:
    """A table per family, that with the worst outcome first."""
    if any(row.time for row in rows):
        out.print("Cases outside of their 95% prediction interval: one in twenty is by chance.")
    families = dict.fromkeys(row.case.family for row in rows)
    for family in families:
        if len(families) > 1:
            out.print()
            out.print(Text(family, style="bold"))
        _print_family(out, [row for row in rows if row.case.family == family])


def _print_family(out: Console, rows: Sequence[Row]) -> None:
    shared, varying = shared_and_varying([row.case for row in rows])
    across = any(row.speedups for row in rows)
    more, rows = len(rows) - _MOST_CASES, rows[:_MOST_CASES]
    if shared:
        out.print(f"All with {shared}.")
    table = Table(box=None, padding=(0, 1, 0, 0))
    table.add_column("outcome", min_width=max(len(row.outcome) for row in rows))
    table.add_column("backend", overflow="fold")
    for key in varying:
        table.add_column(key, justify="right", overflow="fold")
    # Where times are not compared there is no ratio: the two speedups have a column each instead.
    for column in ("speedup here", "there") if across else ("latest/stored (expected)",):
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(
            Text(row.outcome, style=_COLOURS.get(row.outcome, "")),
            Text(row.case.backend),
            *(Text(row.case.get(key)) for key in varying),
            *(Text(figure) for figure in _figures(row)),
        )
    out.print(table)
    if more > 0:
        out.print(f"and {count_of(more, 'case')} more")


def _figures(row: Row) -> tuple[str, ...]:
    if row.speedups:
        return tuple(interval_alone(speedup) for speedup in row.speedups)
    return (f"{row.time.ratio:.3f} ({_expected(row.time)})" if row.time else row.remark,)
