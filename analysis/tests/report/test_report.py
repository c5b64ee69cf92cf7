"""The page: one file, everything in it, nothing of it from elsewhere, and nothing half written."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import pytest

from parzen_study.cli import main
from parzen_study.page import style
from parzen_study.report.report import write_report
from parzen_study.run.load import load_run
from parzen_study.study import Study, study
from parzen_study.topics.article.densities import erratum
from record import small
from synthetic import SUFFIX, Synthetic, case_name, write

VOID = {"meta", "br", "link", "img", "hr", "wbr"}


class Page(HTMLParser):
    """Notes ids, tags, links and scripts, and whether every element is closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.tags: set[str] = set()
        self.links: set[str] = set()
        self.scripts: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag not in VOID:
            self._open.append(tag)
        for key, value in attrs:
            if key == "id" and value:
                self.ids.append(value)
            if key in {"src", "href", "xlink:href", "srcset", "data", "action"} and value:
                self.links.add(value)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "script":
            self.scripts.append(data)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag


@pytest.fixture(scope="module")
def text(typical_report: Path) -> str:
    return (typical_report / "report.html").read_text(encoding="utf-8")


def test_every_cell_of_a_case_names_its_column_where_there_is_no_room_for_a_head(text: str) -> None:
    tables_of_cases = re.findall(r'<table class="figures">(.*?)</table>', text, re.DOTALL)
    assert tables_of_cases
    for table in tables_of_cases:
        _, *columns = re.findall(r'<th scope="col">(.*?)</th>', table)
        for row in re.findall(r"<tr><th scope=.row.>.*?</tr>", table):
            assert re.findall(r'<td data-label="(.*?)">', row) == columns


def test_a_line_breaks_before_an_interval_and_nowhere_within(text: str) -> None:
    assert re.search(
        r">\d[\d.,]*\N{NO-BREAK SPACE}[mn\N{MICRO SIGN}]?s "
        r"\([\d.,]+\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}[\d.,]+\)<",
        text,
    )
    assert "fork_<wbr>pipe" in text


def test_the_page_is_whole_and_loads_nothing(rendered_report: Path) -> None:
    text = (rendered_report / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    assert text.count("<svg ") == 2 + 1 + 1 + 1  # and one of the shared outlines
    assert len(page.ids) == len(set(page.ids))
    assert all(link.startswith("#") and link[1:] in page.ids for link in page.links)
    assert not page.tags & {"link", "iframe", "img", "object", "base"}
    templates = files("parzen_study.report").joinpath("templates")
    names = ("sort.js", "notes.js", "details.js")
    scripts = (templates.joinpath(name).read_text("utf-8") for name in names)
    assert page.scripts == ["".join(scripts)]
    assert not re.search(r"@import|url\((?!#)", text)
    assert len(text) < 5_000_000


def test_the_page_leads_with_the_answer(text: str, typical_study: Study) -> None:
    places = [text.index(f'id="{section}"') for section in ("answer", "article", "speedup")]
    assert places == sorted(places)
    for answer in typical_study.answers.found:
        assert f"<strong>{answer.advice}</strong>" in text
        assert all(sentence in text for sentence in answer.sentences)


def test_the_page_has_every_part(text: str) -> None:
    assert erratum() in text
    for part in (
        "Serial and each backend, as in the article", "Python version", "0.0911666666667",
        "GCC 4.2.1 (Apple Inc. build 5577)",
        "Skipped: cuda (no compiler found)", "--profile default --rounds 10</code>",
        "The order is random", "Every round has a new seed: 0, 1, 2,",
        "if the whole 95% CI of its efficiency is above 150%", "How to read this",
        "steal during the run",
    ):  # fmt: skip
        assert part in text
    assert text.count('role="img"') == 2 + 2 + 1
    assert all(len(words) > 60 for words in re.findall(r'role="img" aria-label="([^"]+)"', text))


def test_markup_from_outside_shows_as_text(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>&$x^$"
    built = Synthetic(rounds=3, sizes=(10_000,), workers=(1, 2), processes={})
    built.machine["cpu_model"] = evil
    built.machine["<i>new"] = "<u>"
    built.left_out = "<s>gone: <em>why"
    document = built.document() | {"profile": "<b>bold"}
    write_report(study(load_run(write(document, tmp_path) / "run.json")), tmp_path)
    page = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert len(page.scripts) == 1
    assert not page.tags & {"b", "i", "u", "s", "em"}
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&amp;$x^$" in text
    assert "&lt;i&gt;new" in text


def test_rejected_and_failed_cases_are_named_at_the_top(tmp_path: Path, recorded: Path) -> None:
    run = load_run(recorded / "errored" / "run.json")
    write_report(study(run), tmp_path)
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert text.index("Rejected: errors and invalid data") < text.index('id="answer"')
    assert text.count("7 is, 8 should") == 2  # in the box, and in its row of the table
    assert Page(text)


def test_without_intervals_no_figure_of_times_is_drawn(tmp_path: Path) -> None:
    write(small(1, rounds=2), tmp_path)
    assert main(["report", str(tmp_path)]) == 0
    assert {file.stem for file in (tmp_path / "figures").iterdir()} == {"cube"}
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "No advice: it takes at least 5 rounds" in text
    assert "a 95% CI needs" in text


def test_a_run_without_serial_still_has_a_report(tmp_path: Path) -> None:
    document = small(1)
    serial = case_name("serial", 10_000, 1, "cold")
    document["cases"].remove(serial)
    for one_round in document["rounds"]:
        one_round["benchmarks"] = [
            each for each in one_round["benchmarks"] if each["run_name"] != serial + SUFFIX
        ]
    write(document, tmp_path)
    assert main(["report", str(tmp_path)]) == 0
    assert "No answer: the run has no serial case" in (tmp_path / "report.html").read_text(
        encoding="utf-8"
    )


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_a_report_that_fails_leaves_everything_as_it_was(
    error: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(small(1, rounds=3), tmp_path)
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "old.svg").write_text("old", encoding="utf-8")
    (tmp_path / "report.html").write_text("old", encoding="utf-8")
    drawn = []

    def fails_later(name: str, svg: str, _keep: object) -> str:
        drawn.append(name)
        if len(drawn) == 3:
            raise error
        return svg

    monkeypatch.setattr(style, "inline_svg", fails_later)
    assert main(["report", str(tmp_path)]) == {KeyboardInterrupt: 130, OSError: 1}[error]
    assert sorted(str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*")) == [
        "figures", "figures/old.svg", "report.html", "run.json",
    ]  # fmt: skip
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == "old"


def test_a_second_report_replaces_the_first(tmp_path: Path) -> None:
    write(small(1, rounds=3), tmp_path)
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "article_gone_n1.svg").write_text("old", encoding="utf-8")
    assert main(["report", str(tmp_path)]) == 0
    assert not (tmp_path / "figures" / "article_gone_n1.svg").exists()
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith(".")] == []
