"""axe-core's rules for who cannot see the page or point at it (WCAG 2 and best practices)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from browser import DESKTOP, PHONE, Open, unfold
from places import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Page

COMMITTED = ROOT / "results/study/report.html"


# What axe would look at for half a minute: lines and letters of drawings, which nobody reads or
# points at, and rows below the first few of a table, which are made alike.
_MORE_OF_THE_SAME = (
    "svg :is(path, use):not([tabindex], [role], [aria-label], [data-note]), "
    "tbody > tr:nth-child(n + 6):not(.remark)"
)


def violations(page: Page, only: str = "") -> str:
    """What axe finds, in words; empty where that is nothing. `only`: by rules of this tag."""
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright",
        reason="no axe-playwright-python: analysis/requirements-extra.txt has it",
    )
    page.locator(_MORE_OF_THE_SAME).evaluate_all("all => all.forEach((each) => each.remove())")
    chosen = {"resultTypes": ["violations"], **({"runOnly": [only]} if only else {})}
    results = axe.Axe().run(page, options=chosen)
    assert len(results.response["passes"]) > (0 if only else 3)
    return str(results.generate_report()) if results.violations_count else ""


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_axe_finds_nothing(width: int, open_page: Open) -> None:
    page = open_page(COMMITTED, width=width).page
    assert violations(page) == ""
    page.emulate_media(color_scheme="dark")
    assert violations(page, only="cat.color") == ""


def test_axe_finds_nothing_in_what_was_closed(hostile_report: Path, open_page: Open) -> None:
    page = open_page(hostile_report).page
    unfold(page)
    assert violations(page) == ""


def test_axe_finds_a_page_without_headings_and_names(tmp_path: Path, open_page: Open) -> None:
    bad = tmp_path / "bad.html"
    bad.write_text("<!DOCTYPE html><title>t</title><img src=''><h4>a</h4>", encoding="utf-8")
    said = violations(open_page(bad).page)
    assert "image-alt" in said
    assert "html-has-lang" in said
