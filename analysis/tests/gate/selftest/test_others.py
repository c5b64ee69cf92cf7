"""The rules of other tools, on times of known truth, and disturbances that are no regression."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from parzen_study.gate.selftest import disturbed, others
from parzen_study.gate.selftest.__main__ import main
from parzen_study.gate.selftest.live import live_lines
from parzen_study.gate.selftest.others import RULES, mann_whitney, times_of
from parzen_study.gate.selftest.page import write_page
from parzen_study.gate.selftest.power import EFFECTS, sizes_of
from parzen_study.gate.selftest.replay import replayed
from parzen_study.gate.selftest.resampled import pool_of
from parzen_study.gate.selftest.stored import file_name, packed
from self_comparisons import START, UNITS, draw_few_suites, paired, stored
from unrendered import rendering

RANDOM = np.random.default_rng(7)
OLD = np.exp(RANDOM.normal(0.0, 0.03, size=(40, 44)))
SAME = np.exp(RANDOM.normal(0.0, 0.03, size=(40, 44)))


def test_the_rank_test_is_scipys() -> None:
    expected = [
        mannwhitneyu(old, new, method="asymptotic", alternative="two-sided").pvalue
        for old, new in zip(OLD, SAME, strict=True)
    ]
    assert mann_whitney(OLD, SAME) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("rule", "factor", "least", "most"),
    [
        ("Google Benchmark compare.py", 1.0, 0.0, 0.1),
        ("Google Benchmark compare.py", 1.05, 0.95, 1.0),
        ("Google Benchmark compare.py", 0.9, 0.0, 0.0),
        ("pyperf compare_to", 1.0, 0.0, 0.1),
        ("pyperf compare_to", 1.05, 0.95, 1.0),
        ("pyperf compare_to", 0.9, 0.0, 0.0),
        ("asv continuous", 1.05, 0.0, 0.0),
        ("asv continuous", 1.2, 1.0, 1.0),
        ("threshold of 200%", 1.9, 0.0, 0.0),
        ("threshold of 200%", 2.1, 1.0, 1.0),
        ("threshold of 110%", 1.05, 0.0, 0.0),
        ("threshold of 110%", 1.15, 1.0, 1.0),
        ("interval above 1.10", 1.05, 0.0, 0.0),
        ("interval above 1.10", 1.2, 1.0, 1.0),
    ],
)
def test_a_rule_calls_slower_what_its_tool_would(
    rule: str, factor: float, least: float, most: float
) -> None:
    assert least <= RULES[rule](OLD, factor * SAME).mean() <= most


def test_times_are_those_of_each_build() -> None:
    measured = paired(6, factor={"tbb warm": 3.0}, noise=0.01)
    times = times_of(stored(measured))
    assert times.old.shape == times.new.shape == (10, 6, 2)
    ratios = times.new.mean(axis=(1, 2)) / times.old.mean(axis=(1, 2))
    for unit, ratio in zip(times.units, ratios, strict=True):
        assert ratio == pytest.approx(3.0 if unit == "tbb warm" else 1.0, abs=0.1)
    blocks = stored(measured).stages[0].blocks()
    case = UNITS[times.units[0]][0]
    old = [each["seconds"][case] for each in blocks[0]["letters"] if each["build"] == "A"]
    assert list(times.old[0, 0]) == old


def test_a_drawn_suite_has_equal_builds_but_for_what_is_planted() -> None:
    times = times_of(stored(paired(22, factor={"tbb warm": 3.0}, noise=0.01)))
    shift = np.where(np.array(times.units) == "openmp cold", np.log(2.0), 0.0)
    draws = [times.drawn(shift, np.random.default_rng(seed)) for seed in range(200)]
    ratios = np.mean(
        [np.log(new).mean(axis=1) - np.log(old).mean(axis=1) for old, new in draws], axis=0
    )
    for unit, ratio in zip(times.units, ratios, strict=True):
        assert ratio == pytest.approx(np.log(2.0) if unit == "openmp cold" else 0.0, abs=0.06)


def test_the_table_has_a_row_a_rule_in_both_forms() -> None:
    equal = [replayed(stored(paired(14, seed=seed))) for seed in (1, 2)]
    found = others.rows(equal, [pool_of(each.stored) for each in equal], 9)
    lines = others.table(found)
    assert max(map(len, lines)) <= 80
    assert [line[:28].strip() for line in lines[3:]] == ["make gate", *RULES]
    ours, google = found[0], found[1]
    assert (ours.live, google.live) == ("0 of 2", google.live)
    assert ours.found[20] > 0.8
    assert google.false >= ours.false


@pytest.mark.parametrize("name", disturbed.DISTURBANCES)
def test_what_disturbs_both_builds_is_no_regression(name: str) -> None:
    equal = stored(paired(22, noise=0.02))
    changed = disturbed.disturbed(equal, disturbed.DISTURBANCES[name])
    before, after = equal.stages[0].seconds, changed.stages[0].seconds
    case = next(iter(before))
    assert after[case] != pytest.approx(before[case])
    assert replayed(changed).alarms == []


def test_alarms_of_disturbed_suites_are_counted() -> None:
    lines = disturbed.lines([stored(paired(22, noise=0.02))], 200)
    assert len(lines) == 1 + len(disturbed.DISTURBANCES)
    assert max(map(len, lines)) <= 80
    for line in lines[1:]:
        assert float(line.split("(")[1].rstrip("%)")) <= 2.0


def test_twice_the_time_changes_no_verdict() -> None:
    for seed in range(5):
        one = stored(paired(20, noise=0.03, seed=seed))
        two = disturbed.disturbed(one, disturbed.DISTURBANCES["a machine twice as slow"])
        assert replayed(two).judgement == replayed(one).judgement


def test_the_page_shows_every_rule_and_every_size(tmp_path: Path) -> None:
    equal = [replayed(stored(paired(14, seed=seed))) for seed in (1, 2)]
    pools = [pool_of(each.stored) for each in equal]
    found, sizes = others.rows(equal, pools, 9), sizes_of(pools, 4)
    with rendering():
        place = write_page(live_lines(equal), sizes, found, tmp_path)
    text = place.read_text("utf-8")
    for name in ("make gate", *RULES):
        assert name in text
    for percent in EFFECTS:
        assert f">{percent}%<" in text
    assert "<svg" in text


def test_the_command_writes_the_page_and_says_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    draw_few_suites(monkeypatch)
    content = packed([paired(12)], "none", "pass", START)
    (tmp_path / file_name(content)).write_bytes(content)
    assert main([f"--store={tmp_path}", f"--output={tmp_path / 'out'}"]) == 0
    assert capsys.readouterr().out.endswith("selftest.html\n")
    assert (tmp_path / "out" / "selftest.html").is_file()
