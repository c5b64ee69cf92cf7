"""Speedups and efficiencies against runs of known truth."""

from __future__ import annotations

from pathlib import Path
from statistics import mean
from typing import Any

import pytest

import record
from parzen_study.page.blocks import Paragraph, flat
from parzen_study.quality.rejections import rejected_cases
from parzen_study.run.case import parse_case
from parzen_study.run.load import load_run
from parzen_study.stats import bootstrap
from parzen_study.stats.estimates import Estimates
from parzen_study.study import Study, study
from parzen_study.topics.answer.section import section as answer_section
from parzen_study.topics.every_case.section import case_tables
from record import small
from synthetic import SUFFIX, Synthetic, case_name, typical, write
from synthetic_kernels import drop, fused, kernel, peer, with_fused, with_kernels


def test_figures_enclose_the_truth(typical_study: Study) -> None:
    estimates = typical_study.estimates
    for case in Synthetic().cases():
        backend, n, workers, start = case
        each = estimates.measured[case_name(*case)]
        truth = typical(*case)
        serial, own = typical("serial", n, 1, "cold"), typical(backend, n, 1, start)
        assert each.time.value == pytest.approx(truth, rel=0.05)
        assert each.speedup
        assert each.speedup.value == pytest.approx(serial / truth, rel=0.02)
        assert each.speedup_own
        assert each.speedup_own.value == pytest.approx(own / truth, rel=0.02)
        assert each.efficiency
        assert each.efficiency.low == pytest.approx(each.speedup.low / workers)
        assert each.speedup.high / each.speedup.low < 1.05  # rounds' own noise cancels


@pytest.mark.simulation
@pytest.mark.parametrize("picked_from", [4, 12])
def test_the_fastest_of_equals_looks_as_much_too_fast_as_is_said(
    picked_from: int, tmp_path: Path
) -> None:
    """In 5 rounds of 6% noise, and with one that is ahead not more than that."""
    runs, groups = 12, [10_000 * (1 + group) for group in range(8)]
    looks, said, ahead = [], [], []
    workers = tuple(range(1, picked_from + 1))
    for seed in range(runs):
        document = Synthetic(
            lambda _b, _n, workers, _s: 0.5 if workers == picked_from else 1.0,
            rounds=5, noise=0.06, round_noise=0.0, seed=seed, sizes=tuple(groups), workers=workers,
            processes={}, threads={"tbb": ("cold",)},
        ).document()  # fmt: skip
        estimates = Estimates(load_run(write(document, tmp_path / str(seed)) / "run.json"))
        for n in groups:
            cases = [parse_case(case_name("tbb", n, each, "cold")) for each in workers]
            times = [estimates.measured[case.name].time.value for case in cases]
            times[-1] *= 2.0
            looks.append(1.0 - min(times))
            ahead.append(1.0 - times[-1])
            said.append(estimates.picking_bias(cases))
    assert 0.02 < mean(looks) < mean(said) < 1.5 * mean(looks)
    assert abs(mean(ahead)) < 0.01


def test_the_report_says_how_much_picking_the_fastest_adds(typical_study: Study) -> None:
    """The largest over all answers, next to what their intervals are."""
    run = Synthetic()
    starts = run.processes | run.threads
    most = max(
        typical_study.estimates.picking_bias(
            [
                parse_case(case_name(backend, n, workers, start))
                for backend in starts
                for workers in run.workers
                if workers > 1 and start in starts[backend]
            ]
        )
        for n in run.sizes
        for start in ("cold", "warm")
    )
    assert typical_study.answers.picked == pytest.approx(most)
    section = answer_section(typical_study)
    assert section
    notes = [block.text for block in flat(section.blocks) if isinstance(block, Paragraph)]
    assert any(f"the fastest looks up to {most:.1%} faster than it is" in note for note in notes)


def test_mechanisms_are_those_that_the_backends_say(tmp_path: Path) -> None:
    built = Synthetic(rounds=3, processes={"vfork": ("cold",)}, threads={"fibres": ("cold",)})
    estimates = Estimates(load_run(built.write(tmp_path) / "run.json"))
    assert estimates.mechanism("vfork") == "processes"
    assert estimates.mechanism("fibres") == "threads"
    assert estimates.mechanism("serial") == "neither"
    assert estimates.mechanism("stranger") == "unknown"


def test_the_reference_is_serial_of_the_same_kernel_and_the_best_is_given_too(
    tmp_path: Path,
) -> None:
    document = small(1)
    literal = case_name("serial", 10_000, 1, "cold")
    fast = literal.replace("literal", "branchless")
    document["cases"].append(fast)
    for one_round in document["rounds"]:
        entry = next(e for e in one_round["benchmarks"] if e["run_name"] == literal + SUFFIX)
        twice = entry | {"run_name": fast + SUFFIX, "real_time": entry["real_time"] / 2}
        one_round["benchmarks"].append(twice)
    estimates = Estimates(load_run(write(document, tmp_path) / "run.json"))
    slow, quick = (estimates.measured[name] for name in (literal, fast))
    for own in (slow.speedup, quick.speedup, quick.speedup_best):
        assert own
        assert (own.low, own.high) == (1.0, 1.0)
    assert slow.speedup_best
    assert slow.speedup_best.value == pytest.approx(0.5)
    parallel = estimates.measured[case_name("tbb", 10_000, 2, "cold")]
    assert parallel.speedup
    assert parallel.speedup_best
    assert parallel.speedup.value == pytest.approx(2 * parallel.speedup_best.value)
    assert parallel.efficiency == parallel.speedup.scaled(0.5)
    assert estimates.serial_of(parse_case(literal)) == parse_case(literal)
    assert estimates.best_serial_of(parse_case(literal)) == parse_case(fast)


def test_a_kernel_without_a_serial_case_is_compared_with_the_best_serial_alone(
    tmp_path: Path,
) -> None:
    document = with_fused(small(1))
    serial = fused(case_name("serial", 10_000, 1, "cold"))
    drop(document, lambda name: name == serial)
    estimates = Estimates(load_run(write(document, tmp_path) / "run.json"))
    alone = estimates.measured[fused(case_name("tbb", 10_000, 2, "cold"))]
    assert (alone.speedup, alone.efficiency) == (None, None)
    assert alone.speedup_best
    assert alone.speedup_best.value > 500


def test_serial_that_sorts_first_is_not_compared_with_serial_that_has_sorted(
    tmp_path: Path,
) -> None:
    estimates = Estimates(load_run(write(with_kernels(small(1)), tmp_path) / "run.json"))
    for start in ("cold", "warm"):
        own = estimates.measured[kernel("indexed", 10_000, start=start)].speedup
        assert own
        assert (own.low, own.high) == (1.0, 1.0)


def test_with_one_kernel_there_is_no_second_figure(typical_study: Study) -> None:
    measured = typical_study.estimates.measured.values()
    assert {each.speedup_best for each in measured} == {None}
    heads = {table.head for table in case_tables(typical_study)}
    assert not any("best serial" in column for head in heads for column in head)


def test_with_several_kernels_the_table_has_a_column_for_each_figure(tmp_path: Path) -> None:
    whole = study(load_run(write(with_fused(small(1)), tmp_path) / "run.json"))
    (table,) = case_tables(whole)
    figures = ("time", "speedup, serial", "speedup, best serial", "speedup, own 1")
    assert table.head == ("backend", "kernel", "workers", *figures, "efficiency", "CPU time")
    assert table.shared.endswith("start cold; kernel literal by_width, kernel fused by_sample")
    assert [row[:2] for row in table.rows[:2]] == [("serial", "literal"), ("serial", "fused")]
    best = table.head.index("speedup, best serial")
    # tbb with 2 workers by the slow kernel: twice its own serial, far below that of the other.
    row = next(row for row in table.rows if row[:2] == ("tbb", "literal") and "2" in row)
    assert row[best - 1].startswith("1.9")
    assert row[best].startswith("0.0039")


def test_a_kernel_that_counts_otherwise_is_rejected_and_not_the_oracle(tmp_path: Path) -> None:
    document = with_fused(small(1))
    for one_round in document["rounds"]:
        for each in one_round["benchmarks"]:
            each["counts_digest"] += "kernel:fused" in each["run_name"]
    whole = study(load_run(write(document, tmp_path) / "run.json"))
    assert set(whole.rejected) == {name for name in document["cases"] if "kernel:fused" in name}


def test_a_peer_that_counts_otherwise_is_rejected(tmp_path: Path) -> None:
    document = with_kernels(small(1))
    for one_round in document["rounds"]:
        record.entry(one_round, peer("cKDTree"))["counts_digest"] += 1
    whole = study(load_run(write(document, tmp_path) / "run.json"))
    assert list(whole.rejected) == [peer("cKDTree")]


def test_without_serial_there_is_no_speedup(tmp_path: Path) -> None:
    document = small(1)
    serial = case_name("serial", 10_000, 1, "cold")
    document["cases"].remove(serial)
    for one_round in document["rounds"]:
        one_round["benchmarks"] = [
            each for each in one_round["benchmarks"] if each["run_name"] != serial + SUFFIX
        ]
    estimates = Estimates(load_run(write(document, tmp_path) / "run.json"))
    assert all(each.speedup is None for each in estimates.measured.values())
    assert all(each.efficiency is None for each in estimates.measured.values())


def test_nothing_is_resampled_before_an_interval_is_asked_for(
    typical_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is most of the work, and a comparison needs few intervals."""
    drawn: list[object] = []
    draws = bootstrap._draws

    def counted(*of: Any) -> Any:
        drawn.append(of)
        return draws(*of)

    monkeypatch.setattr(bootstrap, "_draws", counted)
    run = load_run(typical_run / "run.json")
    estimates = Estimates(run)
    assert rejected_cases(run, estimates) == {}
    assert drawn == []
    (one, *_) = estimates.measured.values()
    assert one.time.has_interval
    assert len(drawn) == 1  # all cases ran in the same rounds
