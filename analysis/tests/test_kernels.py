"""What is told of family kernels, against runs of known truth; and that it changes nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from parzen_study.case import STREAM_READ
from parzen_study.compare import compare, compare_elsewhere
from parzen_study.load import load_run
from parzen_study.run import Run
from parzen_study.study import Study, study
from record import small
from synthetic import Document, Synthetic, write
from synthetic_dispatch import with_dispatch
from synthetic_kernels import PEERS, TRUTH, with_kernels


def run_of(document: Document, folder: Path) -> Run:
    return load_run(write(document, folder) / "run.json")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return study(run_of(small(1), tmp_path_factory.mktemp("plain")))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return study(run_of(with_kernels(small(1)), tmp_path_factory.mktemp("whole")))


def test_it_changes_nothing_that_is_said_of_the_article(plain: Study, whole: Study) -> None:
    assert whole.answers == plain.answers
    assert whole.answers.found
    assert (whole.charts, whole.speedups) == (plain.charts, plain.speedups)
    # No warning either that nobody knows whether a peer is threads or processes.
    assert (whole.findings, whole.refused) == ([], {})


def test_what_only_reads_has_a_time_and_no_other_figure(whole: Study) -> None:
    reading = [
        each for each in whole.estimates.measured.values() if each.case.get("kernel") == STREAM_READ
    ]
    assert len(reading) == 4
    for each in reading:
        assert each.time.has_interval
        assert (each.speedup, each.speedup_own, each.efficiency) == (None, None, None)


def test_it_takes_no_colour_from_a_backend(tmp_path: Path) -> None:
    document = Synthetic(rounds=5, sizes=(10_000,), workers=(1, 2), threads={"zebra": ("cold",)})
    without = study(run_of(document.document(), tmp_path / "without"))
    added = study(run_of(with_kernels(document.document()), tmp_path / "with"))
    assert added.speedups == without.speedups != []


@pytest.mark.parametrize("latest_has_it", [True, False])
def test_limits_and_peers_are_not_compared_and_notes_say_so(
    latest_has_it: bool, tmp_path: Path
) -> None:
    """A run of `make bench` beside a baseline of `make peers`, and the other way round."""
    more = run_of(with_dispatch(with_kernels(small(2)), peers={}), tmp_path / "more")
    less = run_of(with_kernels(small(1), peers={}), tmp_path / "less")
    latest, baseline = (more, less) if latest_has_it else (less, more)
    for comparison in (
        compare(latest, baseline, "advisory"),
        compare_elsewhere(latest, baseline, "advisory"),
    ):
        assert not comparison.failed
        compared = {row.case.name for row in comparison.rows if row.case.family == "kernels"}
        assert compared == {name for name in TRUTH if STREAM_READ not in name}
        assert "cases without counts (families dispatch, kernels)" in comparison.notes[0]
        assert comparison.notes[1] == f"{len(PEERS)} cases of peers: not compared."
