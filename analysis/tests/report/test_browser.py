"""The page as a browser shows it: as wide as a phone and as a desktop, light, dark and printed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from browser import DESKTOP, PHONE, LookAt, Open, unfold
from hostile import BACKEND, CPU_MODEL, ERROR, LEFT_OUT, VERSION
from places import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Locator

SHEET = 718  # what @page leaves of the width of A4, in CSS pixels
PAPER = {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 24, 29)"}


@pytest.fixture
def committed_report() -> Path:
    """The report of the committed run; test_readme.py sees that it is up to date."""
    return ROOT / "results" / "study" / "report.html"


@pytest.fixture(params=["committed_report", "hostile_report"])
def report(request: pytest.FixtureRequest) -> Path:
    path: Path = request.getfixturevalue(request.param)
    return path


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_the_page_opens_whole_and_quietly(report: Path, width: int, open_page: Open) -> None:
    opened = open_page(report, width=width)
    page = opened.page
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == PAPER[scheme]
        assert page.evaluate("document.documentElement.scrollWidth") == width
    unfold(page)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    drawings = boxes(page.locator("figure > .drawing:visible > svg"), within=width)
    assert all(min(box["width"], box["height"]) > 90 for box in drawings)
    shown = page.locator("svg:visible, img:visible").count()
    assert len(drawings) == shown == page.locator("figure").count()
    labels = page.locator("figure > .drawing").evaluate_all("all => all.map((e) => e.ariaLabel)")
    assert all(len(label) > 60 for label in labels)
    assert page.locator(".scroll:not([tabindex='0'][role='region'][aria-label])").count() == 0
    sorts = page.locator(".scroll > table.sorts").count()
    assert sorts == page.locator("table:not(.compact)").count() > 3
    assert opened.said == []
    assert opened.requests == [report.as_uri()]


@pytest.mark.parametrize(("width", "height"), [(DESKTOP, 800), (PHONE, 844)])
def test_the_answer_is_on_the_first_screen(
    committed_report: Path, width: int, height: int, open_page: Open
) -> None:
    """The chart and the table, without scrolling; on a desktop what its words mean too."""
    page = open_page(committed_report, width=width).page
    words = ["#zones > p.note"] if width == DESKTOP else []
    for part in ("#zones figure", "#zones table", *words):
        box = page.locator(part).first.bounding_box()
        assert box, part
        assert box["y"] + box["height"] <= height, part


def boxes(drawn: Locator, within: int) -> list[dict[str, float]]:
    """Where each is drawn, in CSS pixels; all of them between both edges of the page."""
    found: list[dict[str, float]] = drawn.evaluate_all(
        "all => all.map((each) => each.getBoundingClientRect().toJSON())"
    )
    assert len(found) > 3
    assert all(box["left"] >= 0 and box["right"] <= within for box in found)
    return found


def test_markup_from_outside_shows_as_text(hostile_report: Path, open_page: Open) -> None:
    page = open_page(hostile_report).page
    text = page.locator("body").inner_text()
    for evil in (CPU_MODEL, LEFT_OUT, VERSION, ERROR, BACKEND):
        assert evil in text
    assert CPU_MODEL in page.title()
    assert page.locator("script").count() == 1
    assert page.locator("img, b, iframe, [onload], [onerror], [srcdoc]").count() == 0


def test_what_slips_in_nonetheless_runs_and_loads_nothing(
    hostile_report: Path, tmp_path: Path, open_page: Open
) -> None:
    """The page's policy; another file's script would run without it."""
    (tmp_path / "other.js").write_text("document.title = 'ran'", encoding="utf-8")
    evil = (
        "<script>document.title = 'ran'</script><script src=other.js></script>"
        "<img src=other.png onerror=\"document.title = 'ran'\"><link rel=stylesheet href=a.css>"
    )
    whole = hostile_report.read_text(encoding="utf-8")
    page = tmp_path / "report.html"
    page.write_text(whole.replace("</main>", f"{evil}</main>"), encoding="utf-8")
    opened = open_page(page)
    assert opened.page.title().startswith("Processes, threads or neither")
    assert len([line for line in opened.said if "Content Security Policy" in line]) >= 4
    assert opened.page.locator("table.sorts").count() > 3


@pytest.mark.parametrize("scripts", [True, False])
def test_print_is_light_opens_all_and_clips_nothing(
    scripts: bool, committed_report: Path, open_page: Open
) -> None:
    page = open_page(committed_report, width=SHEET, scheme="dark", java_script_enabled=scripts).page
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == PAPER["light"]
    assert page.evaluate("document.documentElement.scrollWidth") == SHEET
    assert boxes(page.locator("table"), within=SHEET)
    assert boxes(page.locator("svg:visible"), within=SHEET)
    assert page.locator("main table:visible").count() == page.locator("main table").count()
    assert page.locator(".arrow:visible, nav:visible, .skip:visible").count() == 0
    overflows = "all => [...new Set(all.map((each) => getComputedStyle(each).overflow))]"
    assert page.locator(".scroll").evaluate_all(overflows) == ["visible"]


@pytest.mark.parametrize("width", [PHONE, 768, DESKTOP])
def test_the_zone_chart_has_one_form_a_width_and_its_letters_are_read(
    committed_report: Path, width: int, look_at: LookAt
) -> None:
    page = look_at(committed_report, width)
    shown = page.locator("#figure-zones > .drawing:visible > svg")
    assert shown.count() == 1
    # Points of the drawing that a pixel of the page is: letters of 9 of them.
    scale = shown.evaluate("(svg) => svg.getBoundingClientRect().width / svg.viewBox.baseVal.width")
    assert 9.0 * scale >= 9.0


def test_a_boundary_says_its_figures_when_it_has_the_focus(
    committed_report: Path, look_at: LookAt
) -> None:
    page = look_at(committed_report, DESKTOP)
    said = page.locator("#zones .said")
    assert said.is_hidden()
    marks = page.locator("#zones .drawing:visible [data-note]")
    assert marks.count() >= 3
    for mark in marks.all():
        mark.focus()
        assert said.inner_text() == mark.get_attribute("data-note")
        assert mark.locator("title").text_content() == mark.get_attribute("data-note")
        assert "Seen over" in said.inner_text()


def test_a_boundary_says_its_figures_under_the_pointer(
    committed_report: Path, look_at: LookAt
) -> None:
    page = look_at(committed_report, DESKTOP)
    said = page.locator("#zones .said")
    marks = page.locator("#zones .drawing:visible [data-note]").all()
    notes = {mark.get_attribute("data-note") for mark in marks}
    shown = set()
    for mark in marks:
        box = mark.bounding_box()
        assert box
        # At its left end: another boundary may cover its middle.
        page.mouse.move(box["x"] + 1.0, box["y"] + box["height"] / 2.0)
        assert said.is_visible()
        shown.add(said.inner_text())
    assert shown == notes


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_the_table_of_the_answer_stays_a_table(
    committed_report: Path, width: int, look_at: LookAt
) -> None:
    table = look_at(committed_report, width).locator("#zones table.compact")
    assert table.count() == 1
    assert table.locator("tbody tr").count() <= 6
    tops = "row => [...row.cells].map((cell) => cell.getBoundingClientRect().top)"
    for row in table.locator("tr").all():
        assert len(set(row.evaluate(tops))) == 1
