"""The text that paired.py prints for a result, in at most 80 columns."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from parzen_study.common.shown import MOST_OF_A_LINE, shown
from parzen_study.gate.verdict import Judgement, Verdict
from parzen_study.run.case import parse_case
from runner.pairs.statistics import (
    FASTER,
    INCONCLUSIVE,
    LEVEL,
    MINIMUM_BLOCKS,
    NO_DIFFERENCE,
    SLOWER,
    Comparison,
    Result,
    least_blocks,
)

_WIDTH = 80
_HEAD = ("backend and start", "cases", "NEW/OLD", "95% interval", "verdict")
_NAME = 25  # columns


def table(result: Result, margin: float) -> str:
    """Units and all cases as rows. Then the cases that differ, and how many would differ
    by chance."""
    rows = [_HEAD, *(_cells(each, margin) for each in [*result.units, result.overall])]
    lines = [
        f"{name:{_NAME}} {cases:>5}  {ratio:>7}  {interval:>14}  {verdict}"
        for name, cases, ratio, interval, verdict in rows
    ]
    verdicts = Counter(each.verdict(margin) for each in result.cases)
    verdicts_found = ", ".join(
        f"{verdicts[word]} {word}"
        for word in (SLOWER, FASTER, NO_DIFFERENCE, INCONCLUSIVE)
        if verdicts[word]
    )
    lines += ["", *_wrapped(f"{counted(len(result.cases), 'case')}: {verdicts_found}.")]
    for each in result.cases:
        if each.differs:
            ratio, interval, verdict = _cells(each, margin)[2:]
            lines += [*_wrapped_name(each.name), f"    {ratio}  {interval}  {verdict}"]
    return "\n".join([*lines, "", *_wrapped(" ".join(_notes(result, margin)))])


def left_out(
    only_old: Sequence[str], only_new: Sequence[str], errors: Mapping[str, Mapping[str, str]]
) -> str:
    """The cases that are not compared, by reason; empty if there are none."""
    lines: list[str] = []
    for build, names in (("OLD", only_old), ("NEW", only_new)):
        if names:
            lines.append(f"Only {build} has {counted(len(names), 'case')}, not compared:")
            lines += [line for name in names for line in _wrapped_name(name)]
    if errors:
        lines.append(f"Errors instead of times in {counted(len(errors), 'case')}, not compared:")
    for name, messages in errors.items():
        lines += _wrapped_name(name)
        for build, message in messages.items():
            lines += _wrapped(f"{build}: {shown(message, MOST_OF_A_LINE)}", "    ")
    return "\n".join(lines)


def judged(
    result: Result | None, errors: Mapping[str, Mapping[str, str]], margin: float
) -> Judgement:
    """The verdict of the comparison. It is pass if the whole interval of every unit is below the
    margin."""
    if broken := [name for name, messages in errors.items() if set(messages) == {"NEW"}]:
        return Judgement(Verdict.REGRESSED, f"errors in NEW only: {counted(len(broken), 'case')}")
    if result is None:
        return Judgement(Verdict.INVALID, "no case has a time in both builds")
    both = [*result.units, *result.cases]
    if slower := [
        each.name for each in both if each.verdict(margin) == SLOWER and not each.not_slower(margin)
    ]:
        more = f" and {len(slower) - 1} more" if len(slower) > 1 else ""
        return Judgement(Verdict.REGRESSED, f"slower{more and ':'} {slower[0]}{more}")
    if result.blocks < MINIMUM_BLOCKS:
        return Judgement(
            Verdict.INCONCLUSIVE,
            f"{counted(result.blocks, 'block')}; {MINIMUM_BLOCKS} give intervals",
        )
    units = len(result.units)
    if reach := sum(not each.not_slower(margin) for each in result.units):
        return Judgement(
            Verdict.INCONCLUSIVE, f"{reach} of {counted(units, 'unit')} not shown below {margin:g}"
        )
    return Judgement(
        Verdict.PASS, f"not slower: whole interval below {margin:g} in {counted(units, 'unit')}"
    )


def _cells(each: Comparison, margin: float) -> tuple[str, str, str, str, str]:
    interval = "{:.3f} to {:.3f}".format(*each.interval) if each.interval else "none"
    name = each.name if len(each.name) <= _NAME else each.name[: _NAME - 3] + "..."
    return name, str(each.cases), f"{each.ratio:.3f}", interval, each.verdict(margin)


def _notes(result: Result, margin: float) -> Iterator[str]:
    if result.blocks < MINIMUM_BLOCKS:
        yield (
            f"{counted(result.blocks, 'block')}: too few for intervals, which need "
            f"{MINIMUM_BLOCKS}; use --blocks {MINIMUM_BLOCKS} or more."
        )
        return
    excluding = sum(each.excludes_one for each in result.cases)
    yield (
        f"{excluding} of {counted(len(result.cases), 'interval')} of cases exclude 1; about "
        f"{LEVEL * len(result.cases):.1f} would by chance. So slower and faster need p <= {LEVEL} "
        "adjusted by Holm's method."
    )
    if result.blocks < (least := least_blocks(len(result.cases))):
        yield (
            f"{counted(result.blocks, 'block')} are too few to call one of "
            f"{len(result.cases)} cases slower or faster: use --blocks {least}, or --filter."
        )
    yield f"For 'no difference found', the whole interval is below {margin:g}."


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=indent, subsequent_indent=indent)


def _wrapped_name(name: str) -> list[str]:
    """A case's name, wrapped at `/`."""
    lines = [" "]
    for part in parse_case(name).name.split("/"):
        word = f"{part}/"
        if len(lines[-1]) + len(word) + 1 > _WIDTH:
            lines.append("   ")
        lines[-1] += word if lines[-1].strip() else f" {word}"
    return [*lines[:-1], lines[-1].removesuffix("/")]


def counted(count: int, word: str) -> str:
    """`1 case`, `2 cases`."""
    return f"{count} {word}{'' if count == 1 else 's'}"
