"""The twelve rules are filled in from the run: kept where it keeps them, not kept where not."""

from __future__ import annotations

from pathlib import Path

from parzen_study.quality.rules import KEPT, NOT_KEPT, Rule, precise_share
from parzen_study.run.load import load_run
from parzen_study.study import Study, study
from record import small
from synthetic import Document, Synthetic, write
from synthetic_kernels import with_kernels


def worked_out(document: Document, folder: Path) -> Study:
    return study(load_run(write(document, folder) / "run.json"))


def rule(found: Study, number: int) -> Rule:
    return found.rules[number - 1]


def test_a_sound_run_keeps_all_twelve(tmp_path: Path) -> None:
    found = worked_out(with_kernels(small(1)), tmp_path)
    assert [each.text.partition(".")[0] for each in found.rules] == [str(n) for n in range(1, 13)]
    assert {each.verdict for each in found.rules} == {KEPT}


def test_the_base_of_speedups_is_named_with_its_time(typical_study: Study) -> None:
    assert "1.30 ms" in rule(typical_study, 1).evidence
    assert "at n = 1,000,000" in rule(typical_study, 1).evidence


def test_without_serial_there_is_no_base(tmp_path: Path) -> None:
    document = small(1)
    document["cases"] = [name for name in document["cases"] if "/serial/" not in name]
    for each in document["rounds"]:
        each["benchmarks"] = [b for b in each["benchmarks"] if "/serial/" not in b["run_name"]]
    assert rule(worked_out(document, tmp_path), 1).verdict == NOT_KEPT


def test_what_was_left_out_is_named(tmp_path: Path) -> None:
    document = small(1) | {"filter": "article", "largest_n": 10_000, "profile": "quick"}
    for each in document["rounds"]:
        each["context"]["backends.left_out"] = "cuda: no compiler found"
    evidence = rule(worked_out(document, tmp_path), 2).evidence
    for part in (
        "at most 10,000 samples (profile quick)",
        "filter 'article'",
        "cuda",
        "4 of 4 CPUs",
    ):
        assert part in evidence


def test_too_few_rounds_have_no_intervals(tmp_path: Path) -> None:
    assert rule(worked_out(small(1, rounds=2), tmp_path), 5).verdict == NOT_KEPT


def test_precise_cases_are_counted(tmp_path: Path) -> None:
    quiet = worked_out(Synthetic(rounds=8, noise=0.001, round_noise=0.0).document(), tmp_path / "q")
    noisy = worked_out(Synthetic(rounds=8, noise=0.5, round_noise=0.0).document(), tmp_path / "n")
    assert precise_share(quiet.estimates) == (72, 72)
    assert precise_share(noisy.estimates) == (0, 72)
    assert "for 72 of 72 cases." in rule(quiet, 5).evidence


def test_normality_is_tested(tmp_path: Path) -> None:
    document = Synthetic(rounds=10, noise=0.01, round_noise=0.0).document()
    for each in document["rounds"][:1]:
        for benchmark in each["benchmarks"]:
            for time in ("real_time", "cpu_time", "children_cpu_time"):
                benchmark[time] *= 10.0
    found = worked_out(document, tmp_path)
    assert "of 72 of 72 cases at the 5% level" in rule(found, 6).evidence
    assert "In 72 of 72 cases the slowest round" in rule(found, 8).evidence


def test_a_build_that_nobody_can_make_again_is_no_documented_setup(tmp_path: Path) -> None:
    built = Synthetic(rounds=3, sizes=(10_000,), workers=(1, 2))
    built.machine |= {"revision_dirty": "yes", "libc": "unknown"}
    found = rule(worked_out(built.document(), tmp_path), 9)
    assert found.verdict == NOT_KEPT
    assert "libc" in found.evidence


def test_without_a_limit_upper_bounds_are_not_shown(typical_study: Study) -> None:
    assert rule(typical_study, 11).verdict == NOT_KEPT
