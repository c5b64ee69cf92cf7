"""How much of the page its reader meets: the first screen, its length, and what is closed."""

from __future__ import annotations

from itertools import pairwise

import pytest

from browser import DESKTOP, PHONE, LookAt, Open
from parzen_study.page.blocks import Page, Points, Section
from parzen_study.report.html import html
from places import ROOT

STUDY = ROOT / "results/study"
# What a phone and a small laptop show at once, without what their browsers take of it.
SCREENS = {PHONE: 844, DESKTOP: 800}
MOST_WORDS, MOST_HEIGHT, MOST_BYTES = 5_000, 25_000, 3_000_000
LONGEST_PARAGRAPH = 60

# Texts as they are read, with the heads that cells have on a phone, without what is for the ear.
_WORDS = """() => {
  const unseen = [...document.querySelectorAll(".unseen")].map((each) => each.innerText).join(" ");
  const heads = [...document.querySelectorAll("table:not(.compact) td[data-label]")]
    .filter((each) => each.checkVisibility({ contentVisibilityAuto: true }) && each.innerText)
    .map((each) => each.dataset.label).join(" ");
  const count = (text) => text.split(/\\s+/).filter(Boolean).length;
  return count(document.body.innerText) - count(unseen) + count(heads);
}"""


def test_no_text_that_is_shown_is_long(look_at: LookAt) -> None:
    page = look_at(STUDY / "report.html", PHONE)
    texts: list[str] = page.locator("main :is(p, li, dd):visible").all_inner_texts()
    assert texts
    assert [text for text in texts if len(text.split()) > LONGEST_PARAGRAPH] == []


def test_the_page_is_short_and_light(look_at: LookAt) -> None:
    report = STUDY / "report.html"
    page = look_at(report, PHONE)
    assert 1_000 < page.evaluate(_WORDS) <= MOST_WORDS
    assert 5_000 < page.evaluate("document.documentElement.scrollHeight") <= MOST_HEIGHT
    assert report.stat().st_size < MOST_BYTES


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_the_first_screen_has_the_question_the_chart_the_table_and_how_sure_it_is(
    width: int, look_at: LookAt
) -> None:
    page = look_at(STUDY / "report.html", width)
    ends = [
        page.locator(shown).bounding_box()
        for shown in ("h1", "p.subtitle", "#figure-zones", "#zones table.compact")
    ]
    assert all(ends)
    tops = [end["y"] for end in ends if end]
    assert tops == sorted(tops)
    assert max(end["y"] + end["height"] for end in ends if end) <= SCREENS[width]
    line = page.locator("p.subtitle").inner_text()
    assert "usable CPU" in line
    assert "intervals are 95%" in line


def test_every_statement_of_the_answer_leads_to_what_shows_it(look_at: LookAt) -> None:
    page = look_at(STUDY / "report.html", DESKTOP)
    points = page.locator("#zones > ul > li")
    assert points.count() > 3
    for point in points.all():
        (target,) = [each.get_attribute("href") for each in point.locator("a.see").all()]
        assert target
        shown = page.locator(target)
        assert shown.count() == 1
        assert shown.is_visible()
        assert page.locator(f"main details:not([open]) {target}").count() == 0
        assert shown.evaluate("each => each.tagName") != "DETAILS"


def test_each_page_of_a_program_has_links_of_its_own() -> None:
    def page(place: str) -> str:
        points = Section("points", "Points", (Points(("a statement",), (place,)),))
        there = Section(place, "There", ())
        return html(Page("title", "subtitle", "about", (), (), (points, there)), {})

    for place in ("first", "second"):
        assert f'<a class="see" href="#{place}">section</a>' in page(place)


def test_the_contents_are_a_column_or_a_menu_and_lead_to_every_section(open_page: Open) -> None:
    for scripts in (True, False):
        page = open_page(STUDY / "report.html", java_script_enabled=scripts).page
        names = page.locator("main > section[id]:not(.findings)").evaluate_all(
            "all => all.map((each) => `#${each.id}`)"
        )
        side = page.locator("nav.side a")
        assert page.locator(".menu").is_hidden()
        assert side.evaluate_all("all => all.map((a) => a.getAttribute('href'))") == names
        # It stays where it is while the page moves.
        page.locator("main > section").last.scroll_into_view_if_needed()
        box = side.first.bounding_box()
        assert box
        assert box["y"] >= 0

        page.set_viewport_size({"width": PHONE, "height": SCREENS[PHONE]})
        menu = page.locator(".menu")
        assert page.locator("nav.side").is_hidden()
        assert menu.locator("a").first.is_hidden()
        menu.locator("summary").click()
        assert menu.locator("a:visible").count() == len(names)
        menu.locator("a").nth(3).click()
        assert page.url.endswith(names[3])
        assert menu.locator("a").first.is_hidden() == scripts


def test_a_keyboard_skips_to_the_answer_and_opens_a_table(open_page: Open) -> None:
    page = open_page(STUDY / "report.html").page
    page.keyboard.press("Tab")
    skip = page.locator(".skip")
    assert skip.evaluate("each => each === document.activeElement")
    box = skip.bounding_box()
    assert box
    assert box["y"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "report"
    summary = page.locator("main summary").first
    summary.focus()
    page.keyboard.press("Enter")
    assert summary.locator("..").evaluate("each => each.open")


def test_headings_are_in_order_and_every_table_has_a_caption(look_at: LookAt) -> None:
    page = look_at(STUDY / "report.html", DESKTOP)
    levels = page.locator("h1, h2, h3, h4, h5, h6").evaluate_all(
        "all => all.map((each) => Number(each.tagName[1]))"
    )
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert page.locator("table").count() == page.locator("table > caption").count() > 10


def test_a_long_table_is_closed_says_how_long_it_is_and_is_printed(open_page: Open) -> None:
    page = open_page(STUDY / "report.html").page
    closed = page.locator("#sizes details:has(table)").first
    assert closed.locator("table").is_hidden()
    rows = closed.locator("tbody tr:not(.remark)").count()
    assert f"{rows} rows" in closed.locator("summary").inner_text()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("main details:not([open])").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("main details[open]").count() == 0
