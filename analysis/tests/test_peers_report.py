"""The article's program in Python in a run: in charts, figures and tables, in no answer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import record
from parzen_study.gate.baseline import store_baseline
from parzen_study.gate.compare import Outcome, compare
from parzen_study.gate.judge import judge
from parzen_study.gate.verdict import Verdict
from parzen_study.page.blocks import Page, Paragraph
from parzen_study.report.page import page as page_of
from parzen_study.run.case import parse_case
from parzen_study.run.load import load_run
from parzen_study.run.run import Run
from parzen_study.study import Study, study
from parzen_study.topics.article.figure import article_charts
from parzen_study.topics.every_case.section import case_tables
from parzen_study.topics.speedup.figure import speedup_figures
from synthetic import Document, Synthetic, write
from synthetic_kernels import with_fused
from synthetic_peers import SECONDS, python, with_python

LITERAL = Synthetic(sizes=(10_000,), rounds=8).document()
SUITE = with_fused(LITERAL)


def run_of(document: Document, folder: Path) -> Run:
    return load_run(write(document, folder) / "run.json")


@pytest.fixture(name="without", scope="module")
def _without(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return study(run_of(SUITE, tmp_path_factory.mktemp("without")))


@pytest.fixture(name="whole", scope="module")
def _whole(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return study(run_of(with_python(SUITE), tmp_path_factory.mktemp("whole")))


def test_a_serial_case_in_python_is_of_a_peer_and_the_suites_own_is_not(whole: Study) -> None:
    of_peers = {case.name for case in whole.run.cases if whole.run.is_of_peer(case)}
    assert of_peers == set(SECONDS)


def test_answers_and_warnings_are_those_of_the_suite_alone(whole: Study, without: Study) -> None:
    assert whole.answers == without.answers
    assert [sentence for _, sentence in whole.answers.loops if "fused" in sentence]
    assert whole.findings == without.findings
    assert whole.rejected == {}


def test_python_is_compared_with_its_own_serial(whole: Study) -> None:
    measured = whole.estimates.measured
    for workers in (1, 2, 3, 4, 6):
        speedup = measured[python("multiprocessing_Pool", workers)].speedup
        assert speedup
        truth = SECONDS[python("serial")] / SECONDS[python("multiprocessing_Pool", workers)]
        assert speedup.value == pytest.approx(truth, rel=1e-6)
    # The best serial of all is no loop in Python.
    best = measured[python("multiprocessing_Pool", 2)].speedup_best
    assert best
    assert best.high < 0.01


def test_a_chart_a_pool_has_its_bars_next_to_2014(whole: Study, without: Study) -> None:
    suite = [chart for chart in article_charts(whole) if not chart.in_python]
    assert suite == article_charts(without)
    python_charts = article_charts(whole)[len(suite) :]
    assert [chart.backend for chart in python_charts] == [
        *("ProcessPoolExecutor", "loky", "multiprocessing_Pool"),
    ]
    assert all(chart.in_python and "in Python" in chart.heading for chart in python_charts)
    pool = python_charts[-1]
    assert "in Python" in pool.description
    assert [bar.label for bar in pool.bars] == ["serial", "2", "3", "4", "6"]
    assert pool.bars[0].time.value == pytest.approx(SECONDS[python("serial")], rel=0.01)
    assert pool.bars[1].speed.value == pytest.approx(2.4 / 1.24, rel=1e-6)
    assert pool.bars[1].published == 1.5366
    assert [bar.label for bar in python_charts[0].bars] == ["serial", "2", "4"]


def test_speedups_have_a_figure_of_their_own_which_is_the_last(
    whole: Study, without: Study
) -> None:
    assert speedup_figures(whole)[:-1] == speedup_figures(without)
    figure = speedup_figures(whole)[-1]
    assert figure.kernel == "article_python"
    assert {line.backend for line in figure.lines} == {
        *("multiprocessing_Pool", "ProcessPoolExecutor", "loky"),
    }
    assert figure.workers == [1, 2, 3, 4, 6]


def test_the_table_of_cases_ends_with_python_and_its_serial_first(whole: Study) -> None:
    (table,) = case_tables(whole)
    kernel = table.head.index("kernel")
    rows = [(row[0], row[kernel]) for row in table.rows]
    peers = [row for row in rows if row[1] == "article_python"]
    assert len(peers) == len(SECONDS)
    assert rows[-len(peers) :] == peers
    assert peers[0] == ("serial", "article_python")
    assert rows[0] == ("serial", "literal")
    assert "kernel article_python by_width" in table.shared


def paragraphs(page: Page, section: str) -> list[str]:
    (found,) = (each for each in page.sections if each.name == section)
    return [block.text for block in found.blocks if isinstance(block, Paragraph)]


def test_the_article_names_them_with_versions_or_says_what_measures_them(
    whole: Study, without: Study
) -> None:
    paragraph = paragraphs(page_of(whole), "article")[1]
    assert "multiprocessing_Pool (CPython 3.11.2)" in paragraph
    assert "article_python (numpy 1.24.2)" in paragraph
    assert "`make peers`" in paragraphs(page_of(without), "article")[1]


def test_wrong_counts_in_python_are_rejected(tmp_path: Path) -> None:
    document = with_python(SUITE)
    for one_round in document["rounds"]:
        record.entry(one_round, python("loky", 4))["counts_digest"] += 1
    whole = study(run_of(document, tmp_path))
    assert list(whole.rejected) == [python("loky", 4)]


def test_neither_run_misses_the_peers_of_the_other(tmp_path: Path) -> None:
    more = run_of(with_python(LITERAL), tmp_path / "more")
    less = run_of(LITERAL, tmp_path / "less")
    for latest, baseline in ((more, less), (less, more)):
        comparison = compare(latest, (baseline,), "strict")
        assert judge(comparison).verdict == Verdict.INCONCLUSIVE
        assert len(comparison.rows) == len(LITERAL["cases"])
        assert {row.outcome for row in comparison.rows} == {Outcome.EQUAL_COUNTS}
        assert f"{len(SECONDS)} cases of peers: not compared." in comparison.notes
    elsewhere = compare(less, (replace(more, machine={}),), "advisory")
    assert {row.outcome for row in elsewhere.rows} == {Outcome.EQUAL_COUNTS}


def test_a_run_with_python_can_be_a_baseline(tmp_path: Path) -> None:
    run = run_of(with_python(LITERAL), tmp_path / "run")
    place, runs = store_baseline(run, tmp_path / "baselines")
    assert (place.is_file(), runs) == (True, 1)


def test_without_a_version_a_loop_in_python_is_like_any_other(tmp_path: Path) -> None:
    """What is of a peer is said by the run, not by a name."""
    document = with_python(LITERAL)
    for one_round in document["rounds"]:
        one_round["context"]["peers.versions"] = ""
    run = run_of(document, tmp_path)
    assert not any(map(run.is_of_peer, run.cases))
    assert not run.is_of_peer(parse_case("article/serial/workers:1"))
