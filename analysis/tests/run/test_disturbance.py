"""Rounds that other programs disturbed are rejected or named; loads of a whole run are named."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from parzen_study.cli import main
from parzen_study.common.errors import UnusableData
from parzen_study.gate.baseline import store_baseline
from parzen_study.gate.compare import compare
from parzen_study.gate.judge import judge
from parzen_study.gate.verdict import Verdict
from parzen_study.quality.disturbance_findings import in_some_rounds, throughout
from parzen_study.run.case import parse_case
from parzen_study.run.disturbance import (
    FEWEST_CASES,
    Disturbance,
    ForeignLoad,
    Share,
    of_rounds,
    rejected,
)
from parzen_study.run.load import load_run
from parzen_study.run.run import Run
from parzen_study.study import Study, study
from synthetic import Document, Synthetic, write

# What is left of a share in a round, by the number of the round and the case.
Left = Callable[[int, int], float]


def shares(
    cases: int,
    rounds: int,
    left: Left,
    *,
    family: str = "sweep",
    workers: int = 2,
    usual: float = 1.8,
    noise: float = 0.03,
    seed: int = 1,
) -> list[Share]:
    draw = random.Random(seed)
    return [
        Share(
            parse_case(f"{family}/tbb/n:{100 + case}/workers:{workers}"),
            number,
            usual * left(number, case) * draw.lognormvariate(0.0, noise),
        )
        for case in range(cases)
        for number in range(1, rounds + 1)
    ]


def in_round(disturbed: int, left: float) -> Left:
    return lambda number, _case: left if number == disturbed else 1.0


def test_quiet_rounds_are_not_disturbed() -> None:
    found = of_rounds(shares(60, 9, in_round(0, 1.0)), 2)
    assert len(found) == 9
    assert not rejected(found, {})
    assert in_some_rounds(found, {}) is None
    assert throughout(found, {}) is None


@pytest.mark.parametrize(
    ("workers", "usual", "usable", "left"),
    [
        (2, 1.8, 2, 0.67),  # a loop of another program on two CPUs
        (2, 0.97, 1, 0.5),  # on the only CPU
        (64, 60.0, 64, 0.5),  # on one of many, for which all workers of a static schedule wait
        (128, 60.0, 64, 0.5),  # more workers than CPUs
        (2, 1.1, None, 0.67),  # where nobody knows how many CPUs there are
    ],
)
def test_a_round_in_which_another_program_used_the_cpus_is_rejected(
    workers: int, usual: float, usable: int | None, left: float
) -> None:
    given = shares(40, 7, in_round(4, left), workers=workers, usual=usual)
    found = of_rounds(given, usable)
    assert list(rejected(found, {})) == [4]
    assert found[4] == Disturbance(40, 40)


@pytest.mark.parametrize(
    ("disturbed", "is_notable", "is_rejected"),
    [(9, False, False), (10, True, False), (39, True, False), (40, True, True)],
)
def test_a_round_is_judged_by_the_fraction_of_its_cases(
    disturbed: int, is_notable: bool, is_rejected: bool
) -> None:
    def left(number: int, case: int) -> float:
        return 0.8 if number == 2 and case < disturbed else 1.0

    found = of_rounds(shares(100, 5, left, noise=0.0), 2)
    assert found[2].fraction == disturbed / 100
    assert list(rejected(found, {})) == ([2] if is_rejected else [])
    kept = {number: each for number, each in found.items() if number not in rejected(found, {})}
    finding = in_some_rounds(kept, {})
    assert (finding is not None) == (is_notable and not is_rejected)
    if finding:
        assert finding.what == "other programs disturbed 1 of the 5 rounds with parallel cases"
        assert finding.cause.startswith("these are: 2; in the worst, ")
        assert f"{disturbed}% of the parallel cases" in finding.cause


def test_one_notable_round_of_very_many_is_chance() -> None:
    quiet = {number: Disturbance(0, 100) for number in range(1, 101)}
    assert in_some_rounds(quiet | {7: Disturbance(11, 100)}, {}) is None
    finding = in_some_rounds(quiet | dict.fromkeys((7, 8), Disturbance(11, 100)), {})
    assert finding
    assert finding.what == "other programs disturbed 2 of the 100 rounds with parallel cases"
    assert finding.cause.startswith("these are: 7, 8; in the worst, ")


def test_what_no_other_program_caused_is_not_put_on_one() -> None:
    """Short repetitions vary by themselves: a quiet CPU is known from /proc/stat."""
    found = {1: Disturbance(12, 100), 2: Disturbance(0, 100)}
    quiet, busy = ForeignLoad(10.0, 0.2), ForeignLoad(10.0, 2.0)
    assert in_some_rounds(found, {1: quiet, 2: quiet}) is None
    assert in_some_rounds(found, {1: busy, 2: quiet})
    assert in_some_rounds(found, {2: quiet})


@pytest.mark.parametrize(
    "changes",
    [
        {"cases": FEWEST_CASES - 1},  # a round of one small group
        {"workers": 1},  # which another program drives to the other CPU
        {"family": "io_bound", "usual": 0.3},  # which waits
        {"usual": 0.02},  # whose noise is all that a share of 2% can show
    ],
)
def test_cases_that_say_nothing_of_other_programs_judge_no_round(
    changes: dict[str, object],
) -> None:
    given = {"cases": 40, "rounds": 7, "left": in_round(4, 0.5)} | changes
    assert of_rounds(shares(**given), 2) == {}  # type: ignore[arg-type]


def test_calls_after_a_pause_judge_no_round() -> None:
    """Their CPU time is that of the pause as well, so that they seem to use more than there is."""
    paused = [
        replace(share, case=parse_case(f"{share.case.name}/start:warm/pause:5ms"))
        for share in shares(40, 7, lambda number, _: 0.5 if number == 4 else 1.0, usual=9.0)
    ]
    assert of_rounds(paused, 2) == {}


def test_cases_of_little_use_do_not_blur_those_that_count() -> None:
    """Those of io_bound vary by half, and a load that is part of the case changes nothing."""
    waiting = shares(80, 7, in_round(0, 1.0), family="io_bound", usual=0.4, noise=0.5)
    loaded = shares(10, 7, in_round(0, 1.0), family="load", usual=1.2)
    found = of_rounds([*waiting, *loaded, *shares(30, 7, in_round(4, 0.67))], 2)
    assert {each.cases for each in found.values()} == {40}
    assert list(rejected(found, {})) == [4]


def test_where_half_of_the_rounds_are_disturbed_none_is_the_odd_one() -> None:
    def left(number: int, case: int) -> float:
        return 0.7 if (number + case) % 2 else 1.0  # in every round, half of the cases

    found = of_rounds(shares(40, 8, left, noise=0.0), 2)
    assert all(each.fraction >= 0.4 for each in found.values())
    assert rejected(found, {}) == {}
    finding = throughout(found, {})
    assert finding
    assert finding.what == "8 of 8 rounds were strongly disturbed"
    quiet = Disturbance(0, 30)
    assert not rejected({1: Disturbance(30, 30), 2: quiet}, {})
    assert list(rejected({1: Disturbance(30, 30), 2: quiet, 3: quiet}, {})) == [1]


def test_other_programs_that_did_nothing_disturbed_no_round(tmp_path: Path) -> None:
    """Shares of two modes: the host or a quota took CPUs, or the case takes them by itself."""
    found = of_rounds(shares(40, 7, in_round(4, 0.67)), 2)
    idle, busy = ForeignLoad(20.0, 0.2), ForeignLoad(20.0, 14.0)
    assert rejected(found, {4: idle}) == {}
    assert throughout(found, {4: idle}) is None
    assert in_some_rounds(found, {4: idle}) is None
    assert list(rejected(found, {4: busy})) == [4]
    document = built(disturbed=4)
    assert worked_out(foreign(document, 0.01), tmp_path / "idle").run.rejected_rounds == ()
    assert len(worked_out(foreign(document, 0.7), tmp_path / "busy").run.rejected_rounds) == 1


def test_a_load_of_the_whole_run_is_on_average_over_its_time() -> None:
    loads = {1: ForeignLoad(10.0, 1.0), 2: ForeignLoad(30.0, 5.0)}
    assert throughout({}, loads) is None
    finding = throughout({}, loads | {3: ForeignLoad(40.0, 20.0)})
    assert finding
    assert finding.what == "other programs used 0.3 CPUs on average during the run"


def test_hardly_any_round_of_the_committed_study_is_rejected(committed: Study) -> None:
    """It was measured on a quiet machine: at most one in a hundred may be, falsely."""
    run = committed.run
    assert len(run.disturbances) >= 20
    assert len(run.rejected_rounds) <= 0.01 * len(run.disturbances)


def built(rounds: int = 7, disturbed: int = 0, share: float = 0.95) -> Document:
    """A run on four CPUs, of which cases use such a share per worker, and less in one round."""
    run = Synthetic(rounds=rounds, sizes=(10_000, 1_000_000), workers=(2, 4))
    document = run.document()
    for number, each in enumerate(document["rounds"], start=1):
        for entry in each["benchmarks"]:
            workers = parse_case(entry["run_name"]).number("workers")
            cpus = share * workers * (0.6 if number == disturbed else 1.0)
            entry |= {"cpu_time": cpus * entry["real_time"], "children_cpu_time": 0.0}
    return document


def worked_out(document: Document, folder: Path) -> Study:
    return study(load_run(write(document, folder) / "run.json"))


def test_a_disturbed_round_is_left_out_and_named_at_the_top(tmp_path: Path) -> None:
    folder = write(built(disturbed=4), tmp_path)
    whole = study(load_run(folder / "run.json"))
    (finding,) = whole.run.rejected_rounds
    assert whole.findings[0] == finding
    assert finding.what == (
        "round 4 is rejected: 28 of its 28 parallel cases got less than 90% of their usual share "
        "of the CPUs"
    )
    assert set(whole.run.frame["round"]) == {1, 2, 3, 5, 6, 7}
    assert set(whole.run.disturbances) == {1, 2, 3, 5, 6, 7}
    assert set(whole.run.ran.values()) == {6}
    assert whole.run.order_seeds == ("0", "1", "2", "4", "5", "6")
    # It says nothing of the build, so no build fails by it.
    assert whole.sound
    assert main(["report", str(tmp_path)]) == 0
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert text.index("round 4 is rejected") < text.index('id="answer"')


def test_a_quiet_run_has_nothing_to_say(tmp_path: Path) -> None:
    assert worked_out(built(), tmp_path).findings == []


@pytest.mark.parametrize(
    "machine",
    [{"usable_cpus": "1", "logical_cpus": "1"}, {"cpu_quota": "1.00 CPUs"}],
)
def test_few_rounds_of_one_cpu_are_judged(machine: dict[str, str], tmp_path: Path) -> None:
    """Two workers, or four, share it."""
    document = built(rounds=3, disturbed=2, share=0.26)
    assert worked_out(document, tmp_path / "of four").run.rejected_rounds == ()
    for each in document["rounds"]:
        each["context"] |= {f"machine.{item}": value for item, value in machine.items()}
    run = worked_out(document, tmp_path).run
    assert [each.what.split(":")[0] for each in run.rejected_rounds] == ["round 2 is rejected"]


def test_cases_with_errors_or_without_cpu_times_judge_no_round(tmp_path: Path) -> None:
    document = built(disturbed=4)
    for each in document["rounds"]:
        for entry in each["benchmarks"][:20]:
            del entry["children_cpu_time"]
    assert worked_out(document, tmp_path).run.disturbances == {}


def foreign(document: Document, cpus: float) -> Document:
    for each in document["rounds"]:
        each["foreign_load"] = {"seconds": 20.0, "cpu_seconds": 20.0 * cpus}
    return document


def test_a_load_of_the_whole_run_is_a_warning_and_no_baseline(tmp_path: Path) -> None:
    whole = worked_out(foreign(built(), 0.85), tmp_path)
    (finding,) = whole.findings
    assert (finding.kind, whole.sound) == ("warning", True)
    assert finding.what == "other programs used 0.8 CPUs on average during the run"
    with pytest.raises(UnusableData, match=r"other programs used 0.8 CPUs"):
        store_baseline(whole.run, tmp_path / "baselines")
    quiet = worked_out(foreign(built(), 0.02), tmp_path / "quiet")
    assert quiet.findings == []
    store_baseline(quiet.run, tmp_path / "baselines")


def test_a_run_with_a_disturbed_round_is_no_baseline(tmp_path: Path) -> None:
    run = worked_out(built(disturbed=4), tmp_path).run
    with pytest.raises(UnusableData, match="round 4 is rejected"):
        store_baseline(run, tmp_path / "baselines")


@pytest.mark.parametrize(
    "load",
    [
        None,
        3.0,
        {},
        {"seconds": 1.0},
        {"seconds": 0.0, "cpu_seconds": 0.0},
        {"seconds": 1.0, "cpu_seconds": -0.1},
        {"seconds": "1.0", "cpu_seconds": 0.1},
        {"seconds": True, "cpu_seconds": 0.1},
        {"seconds": 1e400, "cpu_seconds": 0.1},
    ],
)
def test_a_load_that_nothing_measures_is_rejected(load: object, tmp_path: Path) -> None:
    document = built()
    document["rounds"][2]["foreign_load"] = load
    with pytest.raises(UnusableData, match=r"(?s)round 3.*"):
        worked_out(document, tmp_path)


def test_a_comparison_is_invalid_by_a_disturbed_round_where_times_count(tmp_path: Path) -> None:
    disturbed = worked_out(built(disturbed=4), tmp_path / "disturbed").run
    quiet = worked_out(built(), tmp_path / "quiet").run

    def verdict(latest: Run, stored: Run, times: str) -> Verdict:
        return judge(compare(latest, (stored,), times)).verdict  # type: ignore[arg-type]

    assert verdict(disturbed, quiet, "strict") == Verdict.INVALID
    assert verdict(quiet, disturbed, "strict") == Verdict.INCONCLUSIVE  # too few stored runs
    # The times are shown alone: no live run of CI fails by what else the machine does.
    assert verdict(disturbed, quiet, "advisory") == Verdict.INCONCLUSIVE
    assert verdict(quiet, disturbed, "advisory") == Verdict.INCONCLUSIVE
    wrong = replace(disturbed, article_counts=(1,) * 12)
    assert verdict(wrong, quiet, "advisory") == Verdict.REGRESSED
