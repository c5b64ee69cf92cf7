"""The page as Markdown, of the kind that has tables; figures are linked as files."""

from __future__ import annotations

import re

from parzen_study.page.blocks import Page
from parzen_study.report.environment import environment


def markdown(page: Page) -> str:
    """The text of report.md, which lies next to figures/."""
    templates = environment(autoescape=False)
    templates.filters |= {"plain": _plain, "cell": _cell}
    return templates.get_template("report.md").render(page=page)


def _plain(text: str) -> str:
    """A text that Markdown shows as it is, but for code: nothing from outside is a mark, and none
    begins a line."""
    parts = re.split(r"(`[^`]+`)", " ".join(text.split()))
    return "".join(
        part
        if part.startswith("`") and len(part) > 1
        else re.sub(r"([\\`*_\[\]<>#|&~])", r"\\\1", part)
        for part in parts
    )


def _cell(text: str) -> str:
    """The same within a table, where a line break or a bar would end the cell."""
    return _plain(text.replace("`", "'"))
