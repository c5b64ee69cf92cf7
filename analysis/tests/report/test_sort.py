"""Tables that sort: templates/sort.js in a browser, by mouse and by keyboard."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from browser import DESKTOP, PHONE, Open, unfold
from parzen_study.run.case import parse_case
from parzen_study.stats.bootstrap import Estimate
from parzen_study.stats.wording import time_with_interval, with_interval
from synthetic_kernels import PEERS, SMALL

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

# Columns of cells from the least to the greatest.
MADE_UP = {
    "times": [time_with_interval(Estimate(value, 0.9 * value, 1.1 * value))
              for value in (3e-10, 2.5e-9, 9.99e-7, 1.5e-6, 0.02, 0.9, 7.0, 1234.5)],
    "bounds": ["< 900 ns", "1.00 \N{MICRO SIGN}s (0.900 to 1.10)", "2 \N{GREEK SMALL LETTER MU}s",
               "> 0.5 ms"],
    "shares": [with_interval(Estimate(value, 0.9 * value, 1.1 * value), unit="%")
               for value in (0.000056, 9.5, 10.2, 100.0, 1780.0)],
    "ratios": ["0.000791", "0.997 (0.991 to 1.01)", "1.00", "14.1", "1,780 (1,720 to 1,800)",
               "796,000"],
    "numbers": ["-3", "5e-05", "2", "16", "1,000", "268,435,456"],
    "sizes": ["< 100", "833 (809 to 875)", "107,000 (105,000 to 111,000)",
              "2.17 million (2.14 to 2.23 million)", "> 10,000,000"],
    "words": ["fork_pipe", "L2 cache", "L10 cache", "openmp", "tbb"],
    "figures before words": ["2.00 ms", "1.00 s", "error", "rejected"],
}  # fmt: skip


@pytest.mark.parametrize("ordered", MADE_UP.values(), ids=MADE_UP)
def test_a_column_sorts_by_what_its_cells_say(
    ordered: list[str], tmp_path: Path, open_page: Open
) -> None:
    figures = [text for text in ordered if text not in {"error", "rejected"}]
    words = [text for text in ordered if text not in figures]
    written = [*ordered[1::2], "", *reversed(ordered[::2])]
    cells = [f"<tr><td>{text.replace(' ', '&nbsp;')}</td></tr>" for text in written]
    script = files("parzen_study.report").joinpath("templates/sort.js").read_text(encoding="utf-8")
    made_up = tmp_path / "made_up.html"
    made_up.write_text(
        "<!DOCTYPE html><meta charset=utf-8><table><thead><tr><th>column</th></tr></thead>"
        f"<tbody>{''.join(cells)}</tbody></table><script>{script}</script>",
        encoding="utf-8",
    )
    page = open_page(made_up).page
    for expected in (
        [*figures, *words, ""],
        [*reversed(figures), *reversed(words), ""],
        written,
    ):
        page.get_by_role("button").click()
        shown = [text.replace("\N{NO-BREAK SPACE}", " ") for text in column(page.locator("table"))]
        assert shown == expected


def column(table: Locator, number: int = 0) -> list[str]:
    """The texts of a column, as shown from top to bottom; without those of remarks."""
    rows = table.locator("tbody tr:not(.remark)")
    texts: list[str] = rows.evaluate_all(
        "(rows, number) => rows.map((row) => row.cells[number].textContent)", number
    )
    return texts


def kernels_of(page: Page) -> Locator:
    unfold(page)
    region = page.get_by_role("region", name="The loop itself: n = 10,000, d = 2, widths = 1.0-1.2")
    return region.locator("table")


def slowest_last() -> list[tuple[str, str, str]]:
    """Backend, kernel and start of the cases of that table, by the times that they really take."""
    parts = [
        (seconds, parse_case(name))
        for name, seconds in sorted((SMALL | PEERS).items(), key=lambda item: item[1])
    ]
    return [(each.backend, each.get("kernel"), each.get("start")) for _, each in parts]


def shown(table: Locator) -> list[tuple[str, ...]]:
    return list(zip(*(column(table, number) for number in range(3)), strict=True))


def directions(table: Locator) -> list[str | None]:
    return [head.get_attribute("aria-sort") for head in table.locator("thead th").all()]


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_a_table_sorts_by_mouse(hostile_report: Path, width: int, open_page: Open) -> None:
    table = kernels_of(open_page(hostile_report, width=width).page)
    written, ordered = shown(table), slowest_last()
    others = [None] * (table.locator("thead th").count() - 4)
    for direction, expected in (
        ("ascending", ordered),
        ("descending", ordered[::-1]),
        (None, written),
    ):
        table.get_by_role("button", name="time", exact=True).click()
        assert shown(table) == expected
        assert directions(table) == [None, None, None, direction, *others]
    # Of two columns the last one counts, and the one before decides where it does not.
    table.get_by_role("button", name="time", exact=True).click()
    table.get_by_role("button", name="backend", exact=True).click()
    assert directions(table) == ["ascending", None, None, None, *others]
    assert shown(table) == sorted(ordered, key=lambda row: row[0].lower())


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_a_table_sorts_by_keyboard(hostile_report: Path, width: int, open_page: Open) -> None:
    page = open_page(hostile_report, width=width).page
    table = kernels_of(page)
    time = table.get_by_role("button", name="time", exact=True)
    table.locator("..").focus()
    assert time.evaluate("head => getComputedStyle(head).outlineStyle") == "none"
    for _ in range(4):
        page.keyboard.press("Tab")
    assert time.evaluate("head => head === document.activeElement")
    assert time.evaluate("head => getComputedStyle(head).outline").endswith("solid 2px")
    box = time.bounding_box()
    assert box
    assert min(box["width"], box["height"]) >= 24  # WCAG 2.2, target size
    page.keyboard.press("Enter")
    assert shown(table) == slowest_last()
    page.keyboard.press("Space")
    assert shown(table) == slowest_last()[::-1]
    assert time.evaluate("head => head === document.activeElement")


def test_a_remark_stays_below_its_row(hostile_report: Path, open_page: Open) -> None:
    page = open_page(hostile_report).page
    unfold(page)
    table = page.locator("table", has=page.locator(".remark")).first
    for head in table.get_by_role("button").all():
        head.click()
        above = table.locator("tr:has(+ .remark)")
        assert above.locator("th").inner_text() == "tbb"
        assert "error" in above.inner_text()


def test_without_scripts_the_page_is_as_written(hostile_report: Path, open_page: Open) -> None:
    for width in (PHONE, DESKTOP):
        opened = open_page(hostile_report, width=width, java_script_enabled=False)
        assert opened.page.get_by_role("button").count() == 0
        assert kernels_of(opened.page).locator("thead").is_visible() == (width == DESKTOP)
        assert opened.said == []
