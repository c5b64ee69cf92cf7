"""The answer by problem size, as details of the zones of serial time."""

from __future__ import annotations

from parzen_study.page.blocks import Block, Details, Section
from parzen_study.study import Study
from parzen_study.topics.answer import section as answer
from parzen_study.topics.topic import Topic


def section(study: Study) -> Section | None:
    """None without zones: topic answer then has it."""
    if study.zones is None:
        return None
    blocks: list[Block] = answer.another_loop(study)
    for title, inner in (
        ("What to use, by n", answer.by_size(study)),
        ("What to use for the article's problem", answer.of_the_article(study)),
        ("What counts as a gain", answer.rules(study)),
    ):
        if inner:
            blocks.append(Details(title, tuple(inner)))
    return Section("answer", "Details by problem size", tuple(blocks))


TOPIC = Topic(order=38, section=section)
