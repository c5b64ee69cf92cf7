"""Stored comparisons, judged again, and what is printed of them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from parzen_study.gate.selftest import live
from parzen_study.gate.selftest.__main__ import main
from parzen_study.gate.selftest.live import clopper_pearson, live_lines, noise_table
from parzen_study.gate.selftest.power import slowed_lines
from parzen_study.gate.selftest.replay import replayed
from parzen_study.gate.selftest.resampled import pool_of
from parzen_study.gate.selftest.stored import file_name, packed
from parzen_study.gate.verdict import Verdict
from self_comparisons import NAMES, START, UNITS, draw_few_suites, paired, stored

SLOW = {"tbb warm": 1.1}


def two_stages() -> list[dict[str, object]]:
    return [paired(12, factor=SLOW), paired(30, factor=SLOW, seed=2, cases=UNITS["tbb warm"])]


def test_equal_builds_are_judged_as_by_the_gate() -> None:
    found = replayed(stored(paired(40, noise=0.01)))
    assert found.judgement.verdict == Verdict.PASS
    assert (found.alarms, found.unmeasured) == ([], [])
    assert [unit.stage for unit in found.units] == [1] * len(UNITS)


def test_stage_2_decides_of_what_stage_1_flags() -> None:
    found = replayed(stored(*two_stages()))
    assert found.judgement.verdict == Verdict.REGRESSED
    assert found.alarms == ["tbb warm"]
    assert {unit.name: unit.stage for unit in found.units}["tbb warm"] == 2


def test_what_stage_2_did_not_measure_stays_inconclusive() -> None:
    first = paired(12, factor={"tbb warm": 1.1, "openmp cold": 1.1})
    found = replayed(stored(first, paired(30, factor=SLOW, seed=2, cases=UNITS["tbb warm"])))
    assert found.unmeasured == ["openmp cold"]
    assert found.alarms == ["tbb warm"]
    assert replayed(stored(first)).unmeasured == ["openmp cold", "tbb warm"]


def test_an_error_in_new_alone_is_an_alarm_of_the_gate() -> None:
    measured = paired(12)
    wrong = next(each for each in measured["blocks"][0]["letters"] if each["build"] == "B")
    del wrong["seconds"][NAMES[0]]
    wrong["errors"][NAMES[0]] = "counts differ"
    assert replayed(stored(measured)).judgement.verdict == Verdict.REGRESSED


@pytest.mark.parametrize(
    ("found", "of", "low", "high"),
    [(0, 20, 0, 0.168), (0, 40, 0, 0.088), (0, 120, 0, 0.030), (1, 20, 0.0013, 0.249),
     (20, 20, 0.832, 1)],
)  # fmt: skip
def test_the_bound_is_that_of_the_binomial(found: int, of: int, low: float, high: float) -> None:
    assert clopper_pearson(found, of) == pytest.approx((low, high), abs=6e-4)


def test_false_alarms_are_counted_and_named() -> None:
    later = START + timedelta(hours=3)
    equal = [stored(paired(20, noise=0.01, seed=seed)) for seed in (1, 2)]
    alarm = [paired(12, factor=SLOW, start=later), *two_stages()[1:]]
    text = "\n".join(live_lines([replayed(each) for each in (*equal, stored(*alarm))]))
    assert text.startswith("3 stored comparisons, begun in 2 hours, on 1 machine\n")
    assert "of equal builds: 2 pass, 1 regressed" in text
    assert "false alarms: 1 of 3 (33%, 95% CI 0.8% to 90.6%)" in text
    assert "  2026-11-29 09:17: tbb warm" in text
    assert "judged otherwise when measured: 1" in text


def test_planted_effects_are_no_false_alarms() -> None:
    slowed = replayed(stored(*two_stages(), planted="tbb:10", verdict="regressed"))
    assert not [line for line in live_lines([slowed]) if "false" in line]
    pools = [pool_of(stored(paired(22, noise=0.02)))]
    live, named, scaled = slowed_lines([slowed], pools)
    assert live == "NEW slowed by tbb:10%, live: regressed 1 of 1 (100%, 95% CI 2.5% to 100.0%)"
    assert named == "  slowed backend named in 1, another one in 0"
    assert float(scaled.split()[-1].rstrip("%")) > 95
    assert max(map(len, (live, named, scaled))) <= 80
    other = replayed(stored(*two_stages(), planted="openmp:20", verdict="regressed"))
    assert slowed_lines([other], [])[1] == "  slowed backend named in 0, another one in 1"
    everything = replayed(stored(*two_stages(), planted="all:5", verdict="regressed"))
    assert slowed_lines([everything], [])[1] == "  slowed backend named in 1, another one in 0"


def test_the_smallest_effect_is_what_a_regression_would_have_taken() -> None:
    found = replayed(stored(paired(40, noise=0.02)))
    unit = found.units[0]
    assert unit.interval
    assert unit.smallest_effect
    seen = {unit.name: 1.0 + unit.smallest_effect}
    slower = replayed(stored(paired(40, noise=0.02, factor=seen)))
    again = next(each for each in slower.units if each.name == unit.name)
    assert again.interval
    # The factor of a unit of ratio 1, at its lowest.
    assert again.interval[0] / unit.ratio == pytest.approx(1.02, abs=2e-3)


def test_bursts_widen_one_deviation_and_not_the_other() -> None:
    measured = paired(40, noise=0.02)
    for block in measured["blocks"][::5]:  # two modes of its cases, which are not limited
        for letter in block["letters"]:
            factor = 1.5 if letter["build"] == "B" else 1.0
            letter["seconds"] = {case: factor * time for case, time in letter["seconds"].items()}
    head, row, *_ = noise_table([replayed(stored(measured))])
    assert head.split() == ["unit", "block", "sd", "without", "bursts", "could", "have", "seen"]
    spread, robust = (float(cell.rstrip("%")) for cell in row.split()[2:4])
    assert spread > 1.2 * robust
    assert robust < 4


def test_the_command_prints_what_is_stored(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    draw_few_suites(monkeypatch)
    monkeypatch.chdir(tmp_path)  # where it writes a page
    content = packed([paired(12)], "none", "pass", START)
    (tmp_path / file_name(content)).write_bytes(content)
    assert main([f"--store={tmp_path}"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("1 stored comparison, begun in 1 hour")
    assert max(map(len, lines)) <= 80
    assert main([f"--store={tmp_path / 'none'}"]) == 1
    assert "there is no stored comparison" in capsys.readouterr().err


def test_a_comparison_of_one_block_has_no_deviation() -> None:
    assert len(noise_table([replayed(stored(paired(1)))])) == 1
    assert live.share(0, 20) == "0 of 20 (0%, 95% CI 0.0% to 16.8%)"
