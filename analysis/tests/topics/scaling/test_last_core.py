"""What the last core gains, quiet and next to a busy program, against runs of known truth."""

from __future__ import annotations

from pathlib import Path

import pytest

from parzen_study.run.load import load_run
from parzen_study.study import study
from parzen_study.topics.scaling.last_core import LastCore, LastCores
from record import entry, small
from synthetic import Document, write
from synthetic_scaling import CURVES, article_case, load, on, scaling, with_cases
from unrendered import text_of


def cores_of(document: Document, folder: Path) -> LastCores:
    return study(load_run(write(document, folder) / "run.json")).last_core


def only(cores: LastCores) -> LastCore:
    (found,) = cores.found
    return found


def quiet_gain(cpus: int, backend: str) -> float:
    sigma, kappa = CURVES[backend, "cold"]

    def taken(p: int) -> float:
        return (1 + sigma * (p - 1) + kappa * p * (p - 1)) / p

    return taken(cpus - 1) / taken(cpus)


@pytest.mark.parametrize("cpus", [2, 4])
@pytest.mark.parametrize("kept", [0.6, 1.0])
def test_the_gain_is_that_of_the_last_core(cpus: int, kept: float, tmp_path: Path) -> None:
    truth = scaling(cpus=cpus) | load({"tbb": kept}, cpus)
    core = only(cores_of(on(cpus, with_cases(small(1), truth)), tmp_path))
    gain = quiet_gain(cpus, "tbb")
    assert (core.backend, core.start, core.workers) == ("tbb", "cold", cpus)
    assert core.quiet
    assert core.kept
    assert core.quiet.value == pytest.approx(gain, rel=0.01)
    assert core.loaded.value == pytest.approx(kept * gain, rel=0.01)
    assert core.kept.value == pytest.approx(kept, rel=0.01)
    for estimate in (core.quiet, core.loaded, core.kept):
        assert estimate.low < estimate.value < estimate.high


@pytest.mark.parametrize(
    ("kept", "words"),
    [
        (0.6, "yes"),
        (1.4, "no"),
        (1.0, "inconclusive"),
    ],
)
def test_the_verdict_tells_what_the_load_takes(kept: float, words: str, tmp_path: Path) -> None:
    truth = scaling(cpus=2) | load({"tbb": kept}, 2)
    core = only(cores_of(on(2, with_cases(small(1), truth, noise=0.01)), tmp_path))
    assert core.verdict == words
    shown = text_of(study(load_run(tmp_path / "run.json")), "scaling")
    assert "### Speedup of 2 workers over 1" in shown
    assert f"| {words} |" in shown


@pytest.mark.parametrize("quiet", [{}, scaling(cpus=16)])
def test_without_the_quiet_cases_only_the_load_is_reported(
    quiet: dict[str, float], tmp_path: Path
) -> None:
    """Of 16 CPUs, family scaling has no case of 15 workers."""
    core = only(cores_of(on(16, with_cases(small(1), quiet | load({"tbb": 0.6}, 16))), tmp_path))
    assert (core.quiet, core.kept) == (None, None)
    assert core.verdict == "unknown"
    assert "| not measured | 0.6" in text_of(study(load_run(tmp_path / "run.json")), "scaling")


def test_one_cpu_has_no_last_core(tmp_path: Path) -> None:
    document = on(1, with_cases(small(1), load({"tbb": 1.0}, 1)))
    nothing = cores_of(document, tmp_path)
    assert nothing.found == ()
    assert (
        nothing.nothing
        == "The gain of the last core needs at least 2 usable CPUs: 1 usable CPU here."
    )
    assert nothing.nothing in text_of(study(load_run(tmp_path / "run.json")), "scaling")


def test_an_error_leaves_its_backend_out(tmp_path: Path) -> None:
    document = with_cases(small(1), scaling() | load({"tbb": 0.6, "openmp": 0.5}))
    failed = entry(document["rounds"][1], article_case("load", "tbb", 3, "cold", load="/load:1"))
    del failed["real_time"], failed["cpu_time"]
    failed |= {"error_occurred": True, "error_message": "counts differ"}
    assert only(cores_of(document, tmp_path)).backend == "openmp"


def test_without_the_family_nothing_is_said(tmp_path: Path) -> None:
    assert cores_of(with_cases(small(1), scaling()), tmp_path) == LastCores()
