"""axe-core's rules for who cannot see the page or point at it (WCAG 2 and best practices)."""

from __future__ import annotations

from pathlib import Path

import pytest

from browser import DESKTOP, PHONE, Open, unfold
from places import ROOT

COMMITTED = ROOT / "results/study/report.html"


def violations(page: object) -> str:
    """What axe finds, in words; empty where that is nothing."""
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright",
        reason="no axe-playwright-python: analysis/requirements-extra.txt has it",
    )
    results = axe.Axe().run(page)
    assert len(results.response["passes"]) > 3
    return str(results.generate_report()) if results.violations_count else ""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_axe_finds_nothing(width: int, scheme: str, open_page: Open) -> None:
    assert violations(open_page(COMMITTED, width=width, scheme=scheme).page) == ""


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
