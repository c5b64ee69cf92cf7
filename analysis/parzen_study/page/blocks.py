"""What the report says, once, for all its forms: sections of blocks.

Topics build it from a study; `report/` writes it as HTML, Markdown and JSON, so that the three
cannot differ. Texts are plain, but for what stands between backticks, which is code.
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
    """`note`: a detail, for readers who want to know exactly."""

    text: str
    note: bool = False


@dataclass(frozen=True)
class Entry:
    """Something, and what is said of it: the verdict in a few words, if there is one, and why."""

    label: str
    text: str
    verdict: str = ""


# A table of more rows than these is closed until its reader opens it.
SHORT = 6


@dataclass(frozen=True)
class Entries:
    """`answers` stand out, `terms` are explained."""

    entries: tuple[Entry, ...]
    kind: Literal["answers", "terms"] = "answers"


@dataclass(frozen=True)
class Points:
    """A list. `see` is by position what shows it: the place of a figure or a section."""

    points: tuple[str, ...]
    see: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """Cells are text, the first of a row says what it is of. `shared` is what all rows have in
    common. A row without figures has its reason in `remarks`, by position. `words`: cells are read
    rather than compared, so they stand left. `compact`: few and short enough to stay a table on a
    phone, with line breaks in its cells. `opened`: read by everybody, however long."""

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
    """A figure: `name` is that of its files, `description` is it in words, for who cannot see it.

    `draw` draws it, in the look that the writer of figures sets; `wide`, if there is one, for a
    desktop. `notes` are texts of single marks, by their id in the drawing: shown when one is
    pointed at or has the focus.
    """

    name: str
    caption: str
    description: str
    draw: Callable[[], Figure] = field(repr=False)
    wide: Callable[[], Figure] | None = field(default=None, repr=False)
    notes: tuple[tuple[str, str], ...] = ()

    @property
    def place(self) -> str:
        """Its place in the page, by which others refer to it."""
        return f"figure-{self.name}"

    @property
    def forms(self) -> dict[str, Callable[[], Figure]]:
        """How it is drawn, by the name of its files."""
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
    """What few readers need: closed until its reader opens it, or prints the page. `heading` is
    whether its title is one, by which a reader may come to it."""

    title: str
    blocks: tuple[Block, ...]
    heading: bool = True


Block = Heading | Paragraph | Entries | Points | Table | Gallery | Details


def method(*texts: str) -> Details:
    """How the figures of a section are worked out, a paragraph each."""
    paragraphs = tuple(Paragraph(each, note=True) for each in texts)
    return Details("How this is worked out", paragraphs, heading=False)


def flat(blocks: Iterable[Block]) -> Iterator[Block]:
    """The blocks, each Details followed by what it holds."""
    for block in blocks:
        yield block
        if isinstance(block, Details):
            yield from flat(block.blocks)


@dataclass(frozen=True)
class Section:
    """`name` is its place in the page, by which other places refer to it. `leads`: it answers the
    page's own title, so that its own is for the ear."""

    name: str
    title: str
    blocks: tuple[Block, ...]
    leads: bool = False


@dataclass(frozen=True)
class Page:
    """The report of one run. `rejections` and `warnings` stand in boxes of their own, the former
    before anything else."""

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
