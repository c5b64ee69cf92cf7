"""Runs whose later rounds ran some groups of cases only: read strictly, drawn rightly."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest

from parzen_study.cli import main
from parzen_study.common.errors import UnusableData
from parzen_study.run.load import load_run
from parzen_study.stats.bootstrap import log_medians
from parzen_study.stats.estimates import Estimates
from parzen_study.study import study
from synthetic import SUFFIX, Document, Synthetic, case_name, write

SMALL, LARGE = "article/n:10000/d:2", "article/n:1000000/d:2"


def grouped(rounds: int = 12, whole: int = 5) -> Document:
    """All cases in the first rounds, those of the smaller n alone in the others."""
    document = Synthetic(rounds=rounds, workers=(1, 2)).document()
    small, large = (
        [name for name in document["cases"] if f"/n:{n}/" in name] for n in (10_000, 1_000_000)
    )
    document |= {"rounds_planned": whole, "groups": {SMALL: small, LARGE: large}}
    for number, each in enumerate(document["rounds"]):
        each["groups"] = [SMALL, LARGE] if number < whole else [SMALL]
        if number >= whole:
            each["benchmarks"] = [
                one for one in each["benchmarks"] if one["run_name"].removesuffix(SUFFIX) in small
            ]
    return document


def test_cases_have_the_rounds_of_their_group(tmp_path: Path) -> None:
    run = load_run(write(grouped(), tmp_path) / "run.json")
    counts = run.frame["case"].value_counts()
    assert counts[case_name("tbb", 10_000, 2, "warm")] == 12
    assert counts[case_name("tbb", 1_000_000, 2, "warm")] == 5
    assert (run.rounds, run.fewest_rounds, run.most_rounds) == (12, 5, 12)
    whole = study(run)
    assert whole.findings == []
    assert len(whole.answers.found) == 4


def test_more_rounds_narrow_the_interval_of_their_group_alone(tmp_path: Path) -> None:
    few = Estimates(load_run(write(grouped(5), tmp_path / "few") / "run.json")).measured
    many = Estimates(load_run(write(grouped(40), tmp_path / "many") / "run.json")).measured
    large = case_name("tbb", 1_000_000, 2, "warm")
    assert many[large].time.value == few[large].time.value
    small = case_name("tbb", 10_000, 2, "warm")
    width = {n: m[small].time.high / m[small].time.low - 1.0 for n, m in ((5, few), (40, many))}
    assert width[40] < 0.7 * width[5]


def test_cases_of_the_same_rounds_are_drawn_together_and_others_apart() -> None:
    generator = np.random.default_rng(1)
    shared = np.exp(0.1 * generator.standard_normal((12, 1)))
    times = np.repeat(shared, 4, axis=1)
    times[8:, 2:] = np.nan
    medians = log_medians(times, resamples=500)
    assert np.array_equal(medians.resampled[0], medians.resampled[1])
    assert np.array_equal(medians.resampled[2], medians.resampled[3])
    assert abs(np.corrcoef(medians.resampled[0], medians.resampled[2])[0, 1]) < 0.2


def test_cases_of_all_rounds_are_drawn_as_without_the_others() -> None:
    times = np.exp(0.1 * np.random.default_rng(2).standard_normal((9, 3)))
    partly = np.column_stack([times, np.where(np.arange(9) < 5, 1.0, np.nan)])
    assert np.array_equal(log_medians(partly).resampled[:3], log_medians(times).resampled)


def test_too_few_rounds_of_one_case_cost_it_alone_its_interval() -> None:
    times = np.exp(0.1 * np.random.default_rng(3).standard_normal((6, 2)))
    times[2:, 1] = np.nan
    medians = log_medians(times)
    assert medians.median(0).has_interval
    assert not medians.median(1).has_interval
    assert not medians.ratio(0, 1).has_interval


def edited(edit: Callable[[Document], object]) -> Document:
    document = deepcopy(grouped())
    edit(document)
    return document


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda d: d["groups"][SMALL].pop(), "a case is in no group"),
        (lambda d: d["groups"][SMALL].append(d["groups"][LARGE][0]), "a case is in two groups"),
        (lambda d: d["groups"][SMALL].append("article/x/n:1"), "a case was not planned"),
        (lambda d: d["groups"].update({SMALL: "all"}), "'article/n:10000/d:2' must be a list"),
        (lambda d: d["rounds"][6]["groups"].append("gone"), "a group that the run has not"),
        (lambda d: d["rounds"][6].update(groups=[]), "a round ran no case"),
    ],
)
def test_what_is_no_whole_round_of_its_groups_is_rejected(
    edit: Callable[[Document], object], message: str, tmp_path: Path
) -> None:
    with pytest.raises(UnusableData, match=message):
        load_run(write(edited(edit), tmp_path) / "run.json")


@pytest.mark.parametrize(
    "edit",
    [
        lambda d: d["rounds"][6]["groups"].append(LARGE),
        lambda d: d["rounds"][6]["benchmarks"].pop(),
        lambda d: d["rounds"][6].pop("groups"),
    ],
)
def test_a_round_without_a_case_of_its_groups_is_left_out(
    edit: Callable[[Document], object], tmp_path: Path
) -> None:
    run = load_run(write(edited(edit), tmp_path) / "run.json")
    assert [each.what.split(":")[0] for each in run.rejected_rounds] == ["round 7 is rejected"]


def test_a_case_that_no_round_ran_is_rejected(tmp_path: Path) -> None:
    document = grouped()
    for each in document["rounds"]:
        each["groups"] = [SMALL]
        each["benchmarks"] = [one for one in each["benchmarks"] if "/n:10000/" in one["run_name"]]
    with pytest.raises(UnusableData, match="cases are in no round"):
        load_run(write(document, tmp_path) / "run.json")


def test_an_error_is_counted_among_the_rounds_that_ran_the_case(tmp_path: Path) -> None:
    document = grouped()
    failing = case_name("tbb", 1_000_000, 2, "warm")
    for one_round in document["rounds"][:5]:
        for each in one_round["benchmarks"]:
            if each["run_name"] == failing + SUFFIX:
                del each["real_time"]
                each |= {"error_occurred": True, "error_message": "counts differ"}
    run = load_run(write(document, tmp_path) / "run.json")
    assert run.ran[failing] == 5
    assert run.ran[case_name("tbb", 10_000, 2, "warm")] == 12
    assert f"{failing} has no time: an error in 5 of 5 rounds" in [
        each.what for each in study(run).findings
    ]


def test_cases_that_a_round_left_out_makes_short_of_rounds_hold_up_no_others(
    tmp_path: Path,
) -> None:
    document = grouped()
    document["rounds"][2]["context"]["machine.revision"] = "another"
    whole = study(load_run(write(document, tmp_path) / "run.json"))
    short = set(document["groups"][LARGE])
    assert whole.run.short_of_rounds == dict.fromkeys(short, 4)
    assert (whole.run.fewest_rounds, whole.run.most_rounds) == (11, 11)
    assert whole.run.too_few == ""
    assert whole.rejected.keys() == short
    (finding,) = [each for each in whole.findings if "too few" in each.what]
    assert {each.what for each in whole.rejected.values()} == {
        f"{name}: too few rounds (4, and a verdict needs 5)" for name in short
    }
    assert finding.what == (
        f"{next(iter(whole.rejected))}: too few rounds (4, and a verdict needs 5); "
        f"{len(short) - 1} other cases rejected for the same reason"
    )
    assert {answer.label.split(",")[0] for answer in whole.answers.found} == {"n = 10"}
    assert whole.estimates.has_intervals
    assert finding.transient
    main(["report", str(tmp_path)])
    assert finding.what in (tmp_path / "report.json").read_text(encoding="utf-8")


def test_where_no_case_has_the_rounds_for_a_verdict_none_is_left_out(tmp_path: Path) -> None:
    whole = study(load_run(write(grouped(rounds=4, whole=3), tmp_path) / "run.json"))
    assert whole.run.short_of_rounds == {}
    assert whole.run.too_few == "it takes at least 5 rounds, and this run has 4"
    assert whole.rejected == {}


def test_an_interruption_beyond_the_planned_rounds_tells_those_there_are(tmp_path: Path) -> None:
    document = grouped() | {"interrupted": True}
    whole = study(load_run(write(document, tmp_path) / "run.json"))
    assert "the run is incomplete: 12 rounds" in [each.what for each in whole.findings]
    fewer = grouped() | {"interrupted": True, "rounds_planned": 13}
    run = load_run(write(fewer, tmp_path / "fewer") / "run.json")
    assert run.rounds_in_words == "12 of 13 rounds"


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["sweep/serial/n:100"], None),
        ([case_name("tbb", 10_000, 2, "warm")], "both planned and not planned"),
        ("sweep", "'not_planned' must be"),
        ([7], "7"),
    ],
)
def test_what_was_not_planned_is_named(names: object, message: str | None, tmp_path: Path) -> None:
    path = write(grouped() | {"not_planned": names}, tmp_path) / "run.json"
    if message is None:
        assert load_run(path).not_planned == {"sweep/serial/n:100"}
        return
    with pytest.raises(UnusableData, match=message):
        load_run(path)
