"""The content of the report, for all its forms: sections of blocks.

Topics build it from a study; `report/` writes it as HTML, Markdown and JSON. Texts are plain;
between backticks is code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from parzen_study.run.finding import Finding

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Heading:
    """Within a section."""

    text: str


@dataclass(frozen=True)
class Paragraph:
    """`note`: a detail."""

    text: str
    note: bool = False


@dataclass(frozen=True)
class Entry:
    """A label, a verdict in a few words if there is one, and the reason. `more` are further
    paragraphs of the reason."""

    label: str
    text: str
    verdict: str = ""
    more: tuple[str, ...] = ()


# A table of more rows than these is closed until its reader opens it.
SHORT = 6


@dataclass(frozen=True)
class Entries:
    """`answers` stand out, `terms` are explained."""

    entries: tuple[Entry, ...]
    kind: Literal["answers", "terms"] = "answers"


@dataclass(frozen=True)
class Points:
    """A list. `see` links each point to the figure or section that shows it, by position."""

    points: tuple[str, ...]
    see: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """Cells are text, the first of a row is its heading. `shared` is common to all rows. `remarks`
    has the reason of a row without figures, by position. `words`: cells are sentences, aligned
    left. `compact`: small enough to stay a table on a phone, with line breaks in cells. `opened`:
    never closed."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    shared: str = ""
    remarks: tuple[str, ...] = ()
    words: bool = False
    compact: bool = False
    opened: bool = False

    @property
    def is_closed(self) -> bool:
        """Until its reader opens it, or prints the page."""
        return len(self.rows) > SHORT and not (self.opened or self.compact)


@dataclass(frozen=True)
class Drawing:
    """A figure: `name` is that of its files, `description` is its alt text.

    `draw` draws it, `wide`, if any, for a desktop. `notes` are texts of single marks, by their id
    in the drawing, shown on hover or focus.
    """

    name: str
    caption: str
    description: str
    draw: Callable[[], Figure] = field(repr=False)
    wide: Callable[[], Figure] | None = field(default=None, repr=False)
    notes: tuple[tuple[str, str], ...] = ()

    @property
    def place(self) -> str:
        """Its id in the page."""
        return f"figure-{self.name}"

    @property
    def forms(self) -> dict[str, Callable[[], Figure]]:
        """How to draw it, by the name of its files."""
        found = {self.name: self.draw}
        if self.wide:
            found[f"{self.name}_wide"] = self.wide
        return found


@dataclass(frozen=True)
class Gallery:
    """Figures side by side where there is room."""

    drawings: tuple[Drawing, ...]


@dataclass(frozen=True)
class Details:
    """Closed until its reader opens it, or prints the page. `heading`: the title is a heading."""

    title: str
    blocks: tuple[Block, ...]
    heading: bool = True


Block = Heading | Paragraph | Entries | Points | Table | Gallery | Details


def method(*texts: str) -> Details:
    """The method of a section, a paragraph each."""
    paragraphs = tuple(Paragraph(each, note=True) for each in texts)
    return Details("Method", paragraphs, heading=False)


def flat(blocks: Iterable[Block]) -> Iterator[Block]:
    """The blocks, each Details followed by what it holds."""
    for block in blocks:
        yield block
        if isinstance(block, Details):
            yield from flat(block.blocks)


@dataclass(frozen=True)
class Section:
    """`name` is its id in the page. `leads`: it answers the title of the page, so its own title is
    only for screen readers."""

    name: str
    title: str
    blocks: tuple[Block, ...]
    leads: bool = False


@dataclass(frozen=True)
class Page:
    """The report of one run. `rejections` and `warnings` have boxes of their own at the top."""

    title: str
    subtitle: str
    about: str
    rejections: tuple[Finding, ...]
    warnings: tuple[Finding, ...]
    sections: tuple[Section, ...]

    def drawings(self) -> Iterator[Drawing]:
        """Every figure, in order."""
        for section in self.sections:
            for block in flat(section.blocks):
                if isinstance(block, Gallery):
                    yield from block.drawings
