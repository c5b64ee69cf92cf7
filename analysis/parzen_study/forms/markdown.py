"""The page as Markdown, of the kind that has tables; figures are linked as files."""

from __future__ import annotations

import re

from parzen_study.forms.templates import environment
from parzen_study.page import Page


def markdown(page: Page) -> str:
    """The text of report.md, which stands beside figures/."""
    templates = environment(autoescape=False)
    templates.filters |= {"plain": _plain, "cell": _cell}
    return templates.get_template("report.md").render(page=page)


def _plain(text: str) -> str:
    """A text that Markdown shows as it is, but for code: nothing from outside is a mark."""
    parts = re.split(r"(`[^`]+`)", text)
    return "".join(
        part
        if part.startswith("`") and len(part) > 1
        else re.sub(r"([\\`*_\[\]<>#|&~])", r"\\\1", part)
        for part in parts
    )


def _cell(text: str) -> str:
    """The same within a table, where a line break or a bar would end the cell."""
    return _plain(text.replace("\n", " ").replace("`", "'"))
