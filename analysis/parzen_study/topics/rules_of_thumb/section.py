"""Rules of thumb that others give, and what this machine says of them."""

from __future__ import annotations

from collections import Counter

from parzen_study.common.wording import listed, significant
from parzen_study.page.blocks import Paragraph, Section, Table
from parzen_study.study import Study
from parzen_study.topics.rules_of_thumb.model import RulesOfThumb
from parzen_study.topics.rules_of_thumb.published import Rule
from parzen_study.topics.rules_of_thumb.table import tables
from parzen_study.topics.rules_of_thumb.verdict import Verdict
from parzen_study.topics.topic import Topic


def section(study: Study) -> Section | None:
    """None where no time means anything."""
    found = study.rules_of_thumb
    if found is None:
        return None
    return Section(
        "rules_of_thumb",
        "Rules of thumb, tested here",
        (
            Paragraph(
                "A rule is confirmed where the whole 95% interval agrees with it, and refuted "
                "where the whole interval disagrees. Otherwise it is inconclusive. "
                f"{verdicts(found)}"
            ),
            Table(
                title="Rules of thumb",
                head=("rule", "source", "what this machine says", "verdict"),
                rows=tuple(
                    (each.label, _short_source(each.rule), each.said.words, each.said.verdict)
                    for each in found.rows
                ),
                words=True,
            ),
            Paragraph(clock(found), note=True),
            Table(
                title="Where the rules come from",
                head=("source", "quoted", "read here as", "address"),
                rows=tuple(
                    (
                        f"{rule.source.title} ({_short_source(rule)})",
                        f"\N{LEFT DOUBLE QUOTATION MARK}{rule.quote}"
                        "\N{RIGHT DOUBLE QUOTATION MARK}",
                        rule.read_as,
                        rule.source.address,
                    )
                    for rule in dict.fromkeys(each.rule for each in found.rows)
                ),
                words=True,
            ),
        ),
    )


def _short_source(rule: Rule) -> str:
    return f"{rule.source.publisher}, {rule.source.version}"


def verdicts(found: RulesOfThumb) -> str:
    """`Here 7 are confirmed, 5 refuted and 1 not measured.`"""
    count = Counter(each.said.verdict for each in found.rows)
    first, *others = (f"{count[each]} {each}" for each in Verdict if count[each])
    return f"Here {listed([first.replace(' ', ' are ', 1), *others])}."


def clock(found: RulesOfThumb) -> str:
    """How cycles became time."""
    if found.clock_hz is None:
        return "The run states no clock rate, so cycles are not converted to time."
    low, high = (significant(end / 1e9, 2) for end in found.clock_hz)
    return (
        f"Cycles are converted to time at {low} to {high} GHz. The first is the clock rate that "
        "the run states. The second is the highest turbo clock rate of CPUs on sale that is known "
        f"here: {found.fastest_cpu}."
    )


TOPIC = Topic(order=31, section=section, tables=tables)
