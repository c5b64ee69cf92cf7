"""How long the sentences and paragraphs of the report are: of the committed run, and of runs of
known truth that have every family, warnings, a loop of the user's, and too few rounds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from parzen_study.page.blocks import Block, Entries, Gallery, Page, Paragraph, Points, Table, flat
from parzen_study.report.page import page as page_of
from parzen_study.run.load import load_run
from parzen_study.study import Study, study
from record import small
from synthetic import Document, Synthetic, write
from synthetic_dispatch import with_dispatch
from synthetic_kernels import with_fused, with_kernels
from synthetic_own_loop import fail, gains, own_loop
from synthetic_peers import with_python
from synthetic_scaling import grain, io_bound, load, scaling, with_cases
from synthetic_sweep import FUSED, sweep, with_sweep

LONGEST, LONGEST_OF_ANSWER, LONGEST_PARAGRAPH = 25, 20, 60
# What the first screen says, and what the claims say.
ANSWERS = frozenset({"zones", "claims"})
# Whose cells are sentences; those of the machine are lists of flags, those of rules are quotations.
PROSE_TABLES = frozenset({"claims", "measured"})


def sentences(text: str) -> Iterator[str]:
    """Also between a colon or a semicolon and what follows, as kernels/tests/lint counts them."""
    yield from re.split(r"(?<=[.?!:;]) ", text)


def words(text: str) -> int:
    return sum(bool(re.search(r"\w", each)) for each in text.split())


def test_a_sentence_ends_with_its_mark() -> None:
    assert list(sentences("A is 1.5 s: so. B? C")) == ["A is 1.5 s:", "so.", "B?", "C"]
    assert words("2 workers (1.5 to 2.0) \N{MULTIPLICATION SIGN} so | - on") == 7


def said(section: str, block: Block) -> Iterator[str]:
    """Every text of a block that is read as prose, a paragraph each."""
    match block:
        case Paragraph():
            yield block.text
        case Points():
            yield from block.points
        case Entries():
            for entry in block.entries:
                yield from (entry.verdict, entry.text, *entry.more)
        case Gallery():
            yield from (drawing.caption for drawing in block.drawings)
        case Table() if section in PROSE_TABLES and block.words:
            yield from (cell for row in block.rows for cell in row)


def paragraphs(page: Page) -> Iterator[tuple[str, str]]:
    """With the name of the section; findings are of none."""
    yield "", page.subtitle
    for each in (*page.rejections, *page.warnings):
        yield "", f"{each.what}. Cause: {each.cause}. Next: {each.next_step}."
    for section in page.sections:
        for block in flat(section.blocks):
            for text in said(section.name, block):
                yield section.name, text


def too_long(page: Page) -> list[tuple[str, int, str]]:
    found = []
    for section, text in paragraphs(page):
        if words(text) > LONGEST_PARAGRAPH:
            found.append((section, words(text), text))
        most = LONGEST_OF_ANSWER if section in ANSWERS else LONGEST
        found += [(section, words(each), each) for each in sentences(text) if words(each) > most]
    return found


def of_every_family() -> Document:
    added = with_cases(small(1, rounds=5), grain() | scaling() | load({"tbb": 0.6}) | io_bound())
    return with_dispatch(with_kernels(with_python(added)))


def of_all_warnings() -> Document:
    document = small(1)
    state = {"governor": "powersave", "turbo": "on", "load_1m": "3.5", "power": "battery"}
    machine = {"cpu_quota": "150000 100000", "build_type": "debug", "revision_dirty": "yes"}
    for one_round in document["rounds"]:
        one_round["context"] |= {f"state.{key}": value for key, value in state.items()}
        one_round["context"] |= {f"machine.{key}": value for key, value in machine.items()}
        one_round["context"]["backends.mechanisms"] = "serial: neither"
        one_round["foreign_load"] = {"seconds": 10.0, "cpu_seconds": 5.0}
    return document | {"interrupted": True, "rounds_planned": 60}


def of_own_loop() -> Document:
    truth = gains(lambda size: 1.9 if size > 10_000 else 0.5, lambda size: 4.0)
    return fail(own_loop(truth, sizes=(1_000, 30_000, 100_000)), "/openmp/", "crashed")


RUNS: dict[str, Callable[[], Document]] = {
    "typical": lambda: Synthetic(left_out="cuda: no compiler found").document(),
    "every family": of_every_family,
    "by size": lambda: with_sweep(sweep() | sweep(way=FUSED)),
    "two kernels": lambda: with_fused(Synthetic(sizes=(10_000,), workers=(1, 2)).document()),
    "all noise": lambda: with_sweep(sweep(), noise=0.6),
    "all warnings": of_all_warnings,
    "own loop": of_own_loop,
    "too few rounds": lambda: small(1, rounds=2),
}


def test_no_sentence_and_no_paragraph_of_the_committed_report_is_long(committed: Study) -> None:
    page = page_of(committed)
    assert sum(1 for _ in paragraphs(page)) > 200
    assert too_long(page) == []


@pytest.mark.parametrize("name", RUNS)
def test_no_sentence_and_no_paragraph_of_a_synthetic_report_is_long(
    name: str, tmp_path: Path
) -> None:
    page = page_of(study(load_run(write(RUNS[name](), tmp_path) / "run.json")))
    assert sum(1 for _ in paragraphs(page)) > 10
    assert too_long(page) == []


def test_long_ones_are_found() -> None:
    long = " ".join(["word"] * 26)
    page = Page("", f"{long}.", "", (), (), ())
    assert too_long(page) == [("", 26, f"{long}.")]
    many = " ".join(["Two words."] * 31)
    assert too_long(Page("", many, "", (), (), ())) == [("", 62, many)]
