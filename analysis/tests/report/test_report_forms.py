"""Markdown and JSON say what the page says, and nothing from outside is a mark in them."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

from parzen_study.page.blocks import Entries, Paragraph, Table, flat
from parzen_study.report.page import page as page_of
from parzen_study.report.report import write_report
from parzen_study.run.load import load_run
from parzen_study.study import Study, study
from record import small
from synthetic import Synthetic, write


@pytest.fixture(scope="module")
def markdown(typical_report: Path) -> str:
    return (typical_report / "report.md").read_text(encoding="utf-8")


def unescaped(text: str) -> str:
    return re.sub(r"\\([\\`*_\[\]<>#|&~])", r"\1", text)


def test_markdown_has_every_word_of_the_page(markdown: str, typical_study: Study) -> None:
    plain = unescaped(markdown)
    for section in page_of(typical_study).sections:
        assert f"\n## {section.title}\n" in plain
        for block in flat(section.blocks):
            if isinstance(block, Paragraph):
                assert f"\n{block.text}\n" in plain
            elif isinstance(block, Entries):
                assert all(entry.text in plain for entry in block.entries)
            elif isinstance(block, Table):
                assert all(f"| {' | '.join(row)} |" in plain for row in block.rows)


def test_markdown_shows_every_figure_that_is_there(markdown: str, typical_report: Path) -> None:
    shown = re.findall(r"^!\[.{60,}\]\((figures/[^)]+\.svg)\)$", markdown, re.MULTILINE)
    drawn = {str(each.relative_to(typical_report)) for each in typical_report.glob("*/*.svg")}
    # The form of a desktop shows the same.
    assert {each for each in drawn if not each.endswith("_wide.svg")} == set(shown)


def test_rows_of_a_markdown_table_have_as_many_cells_as_its_head(markdown: str) -> None:
    tables = re.findall(r"(?:^\|.*\n)+", markdown, re.MULTILINE)
    assert tables
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1


def test_markup_from_outside_is_none_in_markdown(tmp_path: Path) -> None:
    evil = "<b>*x*</b> [a](b) | `c` &amp;\n# d"
    built = Synthetic(rounds=3, sizes=(10_000,), workers=(1, 2), processes={})
    built.machine["cpu_model"] = evil
    write_report(study(load_run(write(built.document(), tmp_path) / "run.json")), tmp_path)
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "<b>" not in text.replace(r"\<b\>", "")
    assert r"\<b\>\*x\*\</b\> \[a\](b) \| 'c' \&amp;\\n\# d |" in text
    assert "\n# d" not in text


def test_json_has_the_page_and_the_tables(typical_report: Path, typical_study: Study) -> None:
    document = json.loads((typical_report / "report.json").read_text(encoding="utf-8"))
    page = page_of(typical_study)
    assert [each["title"] for each in document["sections"]] == [e.title for e in page.sections]
    answer = document["sections"][0]["blocks"]
    found = [entry["verdict"] for block in answer for entry in block.get("entries", [])]
    assert [each.advice for each in typical_study.answers.found] == [v for v in found if v]
    for name, records in document["data"].items():
        with (typical_report / "tables" / f"{name}.csv").open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert [list(record) for record in records] == [list(row) for row in rows]
    assert "draw" not in document["sections"][1]["blocks"][1]["drawings"][0]


def test_json_has_no_number_that_is_none(tmp_path: Path) -> None:
    """Two rounds give no interval: NaN inside, null in the file."""
    write_report(study(load_run(write(small(1, rounds=2), tmp_path) / "run.json")), tmp_path)

    def refuse(word: str) -> None:
        raise AssertionError(word)

    text = (tmp_path / "report.json").read_text(encoding="utf-8")
    cases = json.loads(text, parse_constant=refuse)["data"]["cases"]
    assert all(case["time_s"] and case["time_s_low"] is None for case in cases)
