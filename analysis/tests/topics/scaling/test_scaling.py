"""How it scales, against runs of known truth."""

from __future__ import annotations

import csv
from itertools import pairwise
from pathlib import Path

import pytest

from parzen_study.report.report import write_report
from parzen_study.run.load import load_run
from parzen_study.stats.laws import Rejected, Scalability, Serial
from parzen_study.study import Study, study
from parzen_study.topics.scaling import model as scales
from parzen_study.topics.scaling.model import FAMILY, Line
from parzen_study.topics.speedup import figure as speedup
from parzen_study.topics.speedup.figure import speedup_figures
from record import entry, small
from synthetic import Document, write
from synthetic_scaling import CURVES, SERIAL_SECONDS, article_case, on, scaling, with_cases
from unrendered import lay_out, text_of


def studied(document: Document, folder: Path) -> Study:
    return study(load_run(write(document, folder) / "run.json"))


def by_label(found: Study) -> dict[str, Line]:
    return {line.label: line for line in found.scaling}


@pytest.fixture(scope="module")
def sixteen(tmp_path_factory: pytest.TempPathFactory) -> Study:
    document = on(16, with_cases(small(1), scaling(cpus=16), noise=0.001))
    return studied(document, tmp_path_factory.mktemp("sixteen"))


def test_the_laws_find_the_truth_of_the_run(sixteen: Study) -> None:
    found = by_label(sixteen)
    assert found.keys() == set(map(", ".join, CURVES))
    for (backend, start), (sigma, kappa) in CURVES.items():
        line = found[f"{backend}, {start}"]
        assert isinstance(line.scalability, Scalability)
        assert line.scalability.contention.value == pytest.approx(sigma, rel=0.05, abs=1e-3)
        assert line.scalability.coherency.value == pytest.approx(kappa, rel=0.05, abs=1e-4)
        if kappa >= 0.01:
            peak = ((1 - sigma) / kappa) ** 0.5
            assert line.scalability.peak.value == pytest.approx(peak, rel=0.05)
        else:
            assert line.scalability.peak.value > 16
        if kappa == 0.0:
            assert isinstance(line.amdahl, Serial)
            assert line.amdahl.fraction.value == pytest.approx(sigma, rel=0.05, abs=1e-3)


def test_every_point_of_several_workers_has_its_fraction(sixteen: Study) -> None:
    line = by_label(sixteen)["openmp, cold"]
    assert [workers for workers, _ in line.karp_flatt] == [2, 3, 4, 6, 8, 12, 16]
    for _, fraction in line.karp_flatt:
        assert fraction.value == pytest.approx(0.1, rel=0.05)
        assert fraction.low <= fraction.value <= fraction.high


def test_workers_beyond_the_cpus_are_compared_with_the_best_within(sixteen: Study) -> None:
    line = by_label(sixteen)["openmp, cold"]
    assert [workers for workers, _ in line.beyond] == [32, 64, 128]
    assert [ratio.value for _, ratio in line.beyond] == pytest.approx([1.1, 1.21, 1.331], rel=0.01)
    # The best of process_pool has 4 workers rather than 16.
    (_, first), *_ = by_label(sixteen)["process_pool, cold"].beyond
    at_best, at_all = (1 + 0.3 * (p - 1) + 0.03 * p * (p - 1) for p in (4, 16))
    assert first.value == pytest.approx(1.1 * at_all / 16 / (at_best / 4), rel=0.05)


def test_two_cpus_reject_every_fit_and_say_why(tmp_path: Path) -> None:
    whole = studied(on(2, with_cases(small(1), scaling(cpus=2))), tmp_path)
    for line in whole.scaling:
        for fit, least in ((line.amdahl, 3), (line.scalability, 4)):
            assert isinstance(fit, Rejected)
            assert fit.reason.startswith("2 points (1 and 2 workers); a fit of ")
            assert fit.reason.endswith(f"needs at least {least}")
        assert [workers for workers, _ in line.karp_flatt] == [2]
    text = text_of(whole, "scaling")
    section = text[text.index("## How it scales") :]
    assert "Rejected: 2 points (1 and 2 workers); a fit of 1 parameter needs at least 3." in section
    assert (
        "Rejected: 2 points (1 and 2 workers); a fit of 2 parameters needs at least 4." in section
    )
    assert "| backend | start | Karp-Flatt, 2 workers |" in section
    assert "sigma |" not in section


def test_gustafson_is_rejected_unless_work_grows_with_the_workers(
    sixteen: Study, tmp_path: Path
) -> None:
    for line in sixteen.scaling:
        assert line.gustafson == Rejected(
            "all cases have n = 100,000, and the law needs work that grows with the workers"
        )
    grown = {
        article_case("sweep", "tbb", workers, "warm", n=100_000 * workers): SERIAL_SECONDS
        * (workers / (workers - 0.3 * (workers - 1)))
        for workers in (2, 4)
    }
    for cpus, enough in ((2, False), (4, True)):
        truth = scaling({("tbb", "warm"): (0.1, 0.0)}, cpus) | grown
        document = on(cpus, with_cases(small(1), truth, noise=0.001))
        found = by_label(studied(document, tmp_path / str(cpus)))["tbb, warm"].gustafson
        if enough:
            assert isinstance(found, Serial)
            assert found.fraction.value == pytest.approx(0.3, rel=0.05)
        else:
            assert isinstance(found, Rejected)
            assert found.reason.startswith("2 points (1 and 2 workers)")


def test_without_one_worker_or_without_cpus_nothing_is_fitted(tmp_path: Path) -> None:
    document = with_cases(small(1), scaling())
    failed = entry(document["rounds"][0], article_case("scaling", "tbb", 1, "warm"))
    del failed["real_time"], failed["cpu_time"]
    failed |= {"error_occurred": True, "error_message": "counts differ"}
    line = by_label(studied(document, tmp_path / "a"))["tbb, warm"]
    assert line.amdahl == line.scalability == Rejected("no time with 1 worker")
    assert line.karp_flatt == ()
    assert [workers for workers, _ in line.beyond] == [8, 16, 32]
    unknown = on(0, with_cases(small(1), scaling()))
    for line in studied(unknown, tmp_path / "b").scaling:
        assert line.amdahl == Rejected("the number of usable CPUs is unknown")
        assert line.beyond == ()


def test_the_words_tell_what_costs_what_gains_and_what_neither(tmp_path: Path) -> None:
    truth = {
        article_case("scaling", backend, workers, "cold"): seconds
        for backend, ratio in (("fork_pipe", 1.5), ("openmp", 0.8), ("tbb", 1.0))
        for workers, seconds in ((1, 4e-3), (4, 1e-3), (32, ratio * 1e-3))
    }
    words = scales.beyond_in_words(
        studied(with_cases(small(1), truth, noise=0.01), tmp_path).scaling
    )
    assert (
        "32 workers are slower than the best without oversubscription: fork_pipe, cold (1.5"
        in words
    )
    assert (
        "32 workers are faster than the best without oversubscription: openmp, cold (0.8" in words
    )
    assert "32 workers are not significantly slower or faster" in words


def test_the_figure_has_every_number_of_workers_and_no_ticks_that_overlap(
    sixteen: Study, typical_study: Study
) -> None:
    (data,) = speedup_figures(sixteen, FAMILY)
    assert data.name == "scaling_literal_by_width_n100000"
    assert data.workers == [1, 2, 3, 4, 6, 8, 12, 16, 32, 64, 128]
    figure = speedup.draw(data)
    lay_out(figure)
    (axes,) = figure.axes
    boxes = [label.get_window_extent() for label in axes.get_xticklabels()]
    assert len(boxes) > 6
    for left, right in pairwise(boxes):
        assert left.x1 < right.x0
    assert speedup_figures(typical_study, FAMILY) == []


def test_the_tables_hold_laws_and_rejections(sixteen: Study, tmp_path: Path) -> None:
    write_report(sixteen, tmp_path)

    def rows(name: str) -> list[dict[str, str]]:
        with (tmp_path / "tables" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    laws = rows("laws")
    assert len(laws) == 3 * len(CURVES)
    assert {row["status"] for row in laws if row["law"] == "Gustafson"} == {"rejected"}
    usl = next(
        r for r in laws if (r["backend"], r["law"]) == ("fork_pipe", "Universal Scalability Law")
    )
    assert float(usl["sigma"]) == pytest.approx(0.2, rel=0.05)
    assert float(usl["kappa_low"]) <= float(usl["kappa"]) <= float(usl["kappa_high"])
    assert len(rows("scaling")) == (7 + 3) * len(CURVES)


def test_few_rounds_and_a_wrong_build(tmp_path: Path) -> None:
    whole = studied(with_cases(small(1, rounds=2), scaling()), tmp_path / "a")
    write_report(whole, tmp_path / "a")
    assert not list((tmp_path / "a" / "figures").glob("scaling*"))
    document = with_cases(small(1), scaling())
    for one_round in document["rounds"]:
        one_round["context"]["article.counts"] = "1,2,3"
    wrong = studied(document, tmp_path / "b")
    assert (wrong.scaling, speedup_figures(wrong, FAMILY)) == ((), [])
