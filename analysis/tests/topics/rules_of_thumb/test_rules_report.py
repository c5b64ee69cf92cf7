"""The section on rules of thumb: right behind the claims, short, and safe whatever is quoted."""

from __future__ import annotations

import json
import re
from copy import copy
from dataclasses import replace
from pathlib import Path

import pytest

from parzen_study.common.errors import UnusableData
from parzen_study.page.blocks import Page, Paragraph, Table
from parzen_study.report.html import html
from parzen_study.report.markdown import markdown
from parzen_study.report.page import page
from parzen_study.run.load import load_run
from parzen_study.study import Study, study
from parzen_study.topics.claims.evidence import Evidence, evidence_of
from parzen_study.topics.rules_of_thumb.model import judge
from parzen_study.topics.rules_of_thumb.published import read, rules_of_thumb
from parzen_study.topics.rules_of_thumb.section import section
from parzen_study.topics.rules_of_thumb.table import tables
from parzen_study.topics.rules_of_thumb.verdict import Verdict
from places import ROOT
from synthetic import COUNTS, Synthetic, write
from synthetic_own_loop import gains, own_loop

MARKUP = "</td><script>alert(1)</script> | `x` &amp; *y*"


def blocks(found: Study) -> tuple[Paragraph, Table, Table]:
    shown = section(found)
    assert shown
    paragraph, judged, clock, sources = shown.blocks
    assert isinstance(paragraph, Paragraph)
    assert isinstance(clock, Paragraph)
    assert isinstance(judged, Table)
    assert isinstance(sources, Table)
    return paragraph, judged, sources


def counted_rows(text: str) -> int:
    """How many rows a sentence of verdicts counts."""
    counted = re.search(r"Here (.*)\.$", text)
    assert counted
    return sum(map(int, re.findall(r"[0-9]+", counted[1])))


def test_it_stands_right_behind_the_claims(typical_study: Study) -> None:
    names = [each.name for each in page(typical_study).sections]
    assert names[names.index("claims") + 1] == "rules_of_thumb"


def test_the_committed_run_judges_every_rule(committed: Study) -> None:
    """All that the reference run lacks is a rule that no run can judge."""
    assert committed.rules_of_thumb
    rows = committed.rules_of_thumb.rows
    assert {each.rule for each in rows} == set(rules_of_thumb().rules)
    assert {each.said.verdict for each in rows} >= {Verdict.CONFIRMED, Verdict.REFUTED}
    for each in rows:
        if each.said.verdict in {Verdict.CONFIRMED, Verdict.REFUTED}:
            assert each.said.found
            assert each.said.predicted


@pytest.mark.parametrize("fixture", ["committed", "typical_study"])
def test_no_sentence_is_long(fixture: str, request: pytest.FixtureRequest) -> None:
    paragraph, judged, sources = blocks(request.getfixturevalue(fixture))
    assert len(paragraph.text.split()) <= 60
    assert counted_rows(paragraph.text) == len(judged.rows)
    said = [paragraph.text, *(row[2] for row in judged.rows), *(row[2] for row in sources.rows)]
    for text in said:
        for sentence in re.split(r"(?<=[.;:]) ", text):
            assert len(sentence.split()) <= 20, sentence
    for row in judged.rows:
        assert len(row[0].split()) <= 17
        assert len(row[2].split()) <= 35


def test_every_row_has_a_source_that_is_listed_once(committed: Study) -> None:
    _, judged, sources = blocks(committed)
    listed = [row[0] for row in sources.rows]
    assert len(set(listed)) == len(listed) == len(rules_of_thumb().rules)
    assert all(any(row[1] in each for each in listed) for row in judged.rows)
    assert all(row[3].startswith("https://") for row in sources.rows)


def test_markdown_has_the_same_rows(committed: Study) -> None:
    text = markdown(page(committed))
    for row in blocks(committed)[1].rows:
        assert any(
            line.startswith("|") and row[3] in line and row[0].split("_")[0] in line
            for line in text.splitlines()
        )


def test_the_table_of_figures_has_what_decides(committed: Study) -> None:
    frame = tables(committed)["rules_of_thumb"]
    assert len(frame) == len(blocks(committed)[1].rows)
    cycles = frame[frame["rule"] == "parallel_for_cycles"]
    assert (cycles["predicted_low"] < cycles["predicted_high"]).all()
    confirmed = cycles[cycles["verdict"] == "confirmed"]
    assert (confirmed["found_low"] > confirmed["predicted_high"]).all()
    refuted = cycles[cycles["verdict"] == "refuted"]
    assert (refuted["found_high"] <= refuted["predicted_low"]).all()


def test_markup_in_the_file_is_text_in_the_page(typical_study: Study) -> None:
    document = json.loads((ROOT / "results/published/rules_of_thumb.json").read_bytes())
    for rule in document["rules"]:
        rule |= {"rule": MARKUP, "quote": MARKUP, "read_as": MARKUP}
        rule["source"] |= {"title": MARKUP, "publisher": MARKUP, "version": MARKUP}
    document["fastest_clock"]["of"] = MARKUP
    known = typical_study.rules_of_thumb
    assert known
    rules = read(json.dumps(document).encode("utf-8")).rules
    by_id = {rule.id: rule for rule in rules}
    rows = tuple(replace(row, rule=by_id[row.rule.id]) for row in known.rows)
    hostile = replace(known, rows=rows, clock_hz=(2e9, 6e9), fastest_cpu=MARKUP)
    other = copy(typical_study)
    vars(other)["rules_of_thumb"] = hostile
    shown = section(other)
    assert shown
    whole = Page("title", "subtitle", "about", (), (), (shown,))
    assert "<script>alert" not in html(whole, {})
    assert "&lt;script&gt;alert(1)" in html(whole, {})
    lines = [line for line in markdown(whole).splitlines() if "alert" in line]
    assert all(r"\<script\>" in line for line in lines)
    rows_of = [re.sub(r"\\.", "", line).count("|") for line in lines if line.startswith("|")]
    assert set(rows_of) == {5}


def test_a_rule_that_nothing_judges_is_an_error(committed: Study) -> None:
    assert committed.zones
    rules = rules_of_thumb()
    for other in (
        replace(rules.rules[0], id="moon_phase"),
        replace(rules.rules[0], unit="seconds"),
    ):
        with pytest.raises(UnusableData, match=f"nothing judges rule {other.id}"):
            judge(evidence(committed), committed.zones, (), replace(rules, rules=(other,)))


def evidence(found: Study) -> Evidence:
    return evidence_of(found.run, found.estimates, (), found.last_core, found.io_bound)


def test_neither_a_wrong_build_nor_a_users_loop_judges_rules(tmp_path: Path) -> None:
    document = Synthetic(rounds=5, sizes=(10_000,), workers=(1, 2)).document()
    for one_round in document["rounds"]:
        one_round["context"]["article.counts"] = ",".join(map(str, (0, *COUNTS[1:])))
    wrong = study(load_run(write(document, tmp_path / "wrong") / "run.json"))
    loop = own_loop(gains(lambda _: 1.9, lambda _: 0.5), sizes=(1_000, 100_000))
    own = study(load_run(write(loop, tmp_path / "own") / "run.json"))
    for each in (wrong, own):
        assert each.rules_of_thumb is None
        assert section(each) is None
        assert tables(each) == {}
