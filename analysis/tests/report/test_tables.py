"""The tables against what the article prints and what the run holds."""

from __future__ import annotations

import csv
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from parzen_study.run import published
from parzen_study.run.load import load_run
from parzen_study.study import Study
from parzen_study.topics.article.densities import best_width, densities, erratum
from parzen_study.topics.machine.table import system
from places import ROOT
from synthetic import COUNTS, Synthetic, write


def read(report: Path, name: str) -> list[dict[str, str]]:
    with (report / "tables" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_densities_are_the_articles_to_every_printed_digit(typical_study: Study) -> None:
    rows = densities(typical_study.run)
    assert [row.count for row in rows] == list(COUNTS)
    printed = published.article()["density_table"]["printed"]
    assert [f"{row.as_published:.12g}" for row in rows] == [f"{value:.12g}" for value in printed]
    assert [round(row.volume or 0, 6) for row in rows[:4]] == [0.16, 0.1525, 0.15, 0.154375]
    assert {row.true for row in rows} == {0.159154943092}


def test_a_build_that_did_not_count_shows_no_count(tmp_path: Path) -> None:
    document = Synthetic(rounds=3, sizes=(10_000,), workers=(1,)).document()
    for one_round in document["rounds"]:
        del one_round["context"]["article.counts"]
    rows = densities(load_run(write(document, tmp_path) / "run.json"))
    assert {(row.count, row.as_published, row.volume) for row in rows} == {(None, None, None)}


@pytest.mark.parametrize("h", [0.1, 0.6, 1.1])
def test_the_error_of_a_width_is_that_of_many_sets_of_samples(
    h: float, typical_study: Study
) -> None:
    """From as many sets as give 10% precisely, drawn from the article's distribution."""
    row = next(row for row in densities(typical_study.run) if row.h == h)
    sets, n = 400, published.article()["density_table"]["n"]
    generator = np.random.default_rng(1)
    squares = 0.0
    for _ in range(sets):
        samples = generator.standard_normal((n, 2))
        count = (np.abs(samples) <= h / 2.0).all(axis=1).sum()
        squares += (count / n / h**2 - row.true) ** 2
    assert row.error == pytest.approx(math.sqrt(squares / sets), rel=0.1)


def test_the_closest_width_is_not_called_the_best(typical_study: Study) -> None:
    text = best_width(densities(typical_study.run))
    assert "h = 0.1 is the closest of the twelve, by luck" in text
    assert "(RMSE) is 0.040, 25% of the density" in text
    assert "h = 0.6: 0.0079" in text


def test_where_the_best_width_is_closest_nothing_is_luck(typical_study: Study) -> None:
    rows = [replace(row, volume=row.true + (row.h - 0.6)) for row in densities(typical_study.run)]
    text = best_width(rows)
    assert "h = 0.6 is the closest of the twelve. Its root mean squared error" in text
    assert "luck" not in text
    assert best_width([replace(row, volume=None) for row in rows]) == ""


def test_the_erratum_takes_its_widths_from_the_counts() -> None:
    text = erratum()
    assert "h = 1.1 is the best width" in text
    assert "h = 0.1 is closest to the true density" in text
    assert "the estimate tends to fall from h = 0.5 on" in text


def test_the_package_carries_the_published_figures_unchanged() -> None:
    copy = ROOT / "analysis" / "parzen_study" / "data" / "article.json"
    assert copy.read_bytes() == (ROOT / "results" / "published" / "article.json").read_bytes()


def test_every_case_has_a_row(typical_report: Path, typical_study: Study) -> None:
    rows = read(typical_report, "cases")
    assert [row["case"] for row in rows] == [case.name for case in typical_study.run.cases]
    for row in rows:
        assert row["status"] == "ok"
        assert float(row["involuntary_switches"]) == 0.0
        assert float(row["time_s_low"]) <= float(row["time_s"]) <= float(row["time_s_high"])
        assert float(row["speedup_serial"]) / int(row["workers"]) == pytest.approx(
            float(row["efficiency"]), rel=1e-6
        )


def test_the_system_table_begins_with_the_articles_eight_rows(typical_report: Path) -> None:
    rows = read(typical_report, "system")
    assert [row["item"] for row in rows[:8]] == list(published.sysinfo())
    assert [row["article_2014"] for row in rows[:8]] == list(published.sysinfo().values())
    assert rows[0]["value"] == "3.11.2"
    by_item = {row["item"]: row for row in rows}
    assert by_item["memory"]["value"] == "16.0 GiB"
    assert by_item["L3 cache"]["value"] == "unknown"
    assert by_item["steal during the run"]["value_after"] == "0.00%"


def test_an_item_that_nobody_knows_yet_is_shown_under_its_key(tmp_path: Path) -> None:
    built = Synthetic(rounds=3, sizes=(10_000,), workers=(1,))
    built.machine["firmware"] = "7.1"
    built.state["fan_rpm"] = "900"
    table = system(load_run(built.write(tmp_path) / "run.json"))
    found = table[table["item"].isin({"firmware", "fan_rpm"})]
    assert found["value"].to_list() == ["7.1", "900"]


def test_the_chart_and_the_backends_have_tables(typical_report: Path) -> None:
    bars = read(typical_report, "article")
    assert len(bars) == 4 * 2 * 5
    assert bars[1]["label"] == "2"
    assert float(bars[1]["speed_of_serial_2014"]) == pytest.approx(1.5366)
    backends = read(typical_report, "backends")
    assert backends[-1] == {"backend": "cuda", "built": "no", "reason": "no compiler found"}
