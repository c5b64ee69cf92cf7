"""What dispatch costs, against runs of known truth; and that it is in nothing else."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from pathlib import Path

import pytest

from parzen_study.cli import main
from parzen_study.gate.compare import Outcome, compare
from parzen_study.gate.judge import judge
from parzen_study.gate.verdict import Verdict
from parzen_study.page import style
from parzen_study.run.fingerprint import fingerprint
from parzen_study.run.load import load_run
from parzen_study.run.run import Run
from parzen_study.study import Study, study
from parzen_study.topics.article.figure import article_charts
from parzen_study.topics.dispatch.model import Cost
from parzen_study.topics.speedup.figure import speedup_figures
from record import entry, small
from synthetic import Document, Synthetic, write
from synthetic_dispatch import PEERS, SCHEDULERS, SUITE, with_dispatch


@pytest.fixture(autouse=True)
def _without_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures are the one slow step of a report, and none of them shows dispatch."""
    monkeypatch.setattr(style, "write", lambda name, _draw, _folder: f"<svg>{name}</svg>")


def run_of(document: Document, folder: Path) -> Run:
    return load_run(write(document, folder) / "run.json")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return study(run_of(small(1), tmp_path_factory.mktemp("plain")))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return study(run_of(with_dispatch(small(1)), tmp_path_factory.mktemp("whole")))


def costs(whole: Study) -> dict[str, Cost]:
    return {
        cost.case.name.removeprefix("dispatch/"): cost
        for block in whole.dispatch
        for cost in block.costs
    }


def reported(document: Document, folder: Path) -> str:
    """The section of the report, or nothing; without what is there for lines to break well."""
    write(document, folder)
    assert main(["report", str(folder)]) == 0
    text = (folder / "report.html").read_text(encoding="utf-8")
    found = re.search(r'<section id="dispatch">.*?</section>', text, re.DOTALL)
    if not found:
        return ""
    plain = re.sub(r'<wbr>| data-label=".*?"', "", found[0])
    return plain.replace("\N{NO-BREAK SPACE}", " ")


def test_every_case_has_its_time_in_the_block_of_its_operation(whole: Study) -> None:
    operations = ["apply", "map", "payload", "lifetime", "fork"]
    assert [block.operation for block in whole.dispatch] == operations
    truth = SUITE | PEERS
    assert costs(whole).keys() == truth.keys()
    for name, cost in costs(whole).items():
        assert cost.time
        assert cost.time.low < truth[name] * 1.3
        assert cost.time.high > truth[name] / 1.3
        assert cost.reason == ""
    payload = [cost.case.get("bytes") for cost in whole.dispatch[2].costs]
    assert payload == ["8", "8", "268435456", "268435456"]


@pytest.mark.parametrize(
    ("name", "limit", "times"),
    [
        ("pool_shared/operation:apply/workers:1/wait:block", "eventfd_ping_pong", 12 / 8),
        ("pool_shared/operation:apply/workers:2/wait:block", "eventfd_ping_pong", 14 / 8),
        (
            "pool_shared/operation:apply/workers:1/wait:block/processors:1",
            "eventfd_ping_pong",
            5 / 4,
        ),
        ("pool_shared/operation:apply/workers:1/wait:spin", "spin_ping_pong", 1 / 0.4),
        ("pool_pipe/operation:apply/workers:1/wait:block", "pipe_ping_pong", 25 / 10),
        ("pool_shared/operation:payload/bytes:268435456/workers:1/wait:block", "memcpy", 8 / 5),
        ("pool_shared/operation:payload/bytes:8/workers:1/wait:block", "memcpy", 12e-6 / 2e-9),
    ],
)
def test_a_case_is_compared_with_its_own_limit(
    name: str, limit: str, times: float, whole: Study
) -> None:
    cost = costs(whole)[name]
    assert cost.limit
    assert cost.limit.backend == limit
    assert cost.times_limit
    assert cost.times_limit.value == pytest.approx(times, rel=0.01)
    # Rounds differ by 20%, the two cases of a round by a fraction of a percent: paired, only that
    # is left.
    assert cost.times_limit.high / cost.times_limit.low < 1.02


def test_nothing_else_has_a_limit(whole: Study) -> None:
    limited = {name for name, cost in costs(whole).items() if cost.limit}
    assert {name.split("/")[0] for name in limited} == {"pool_shared", "pool_pipe"}
    assert {cost.case.get("operation") for cost in costs(whole).values() if cost.limit} == {
        "apply", "payload",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "times"),
    [
        ("multiprocessing_Pool/operation:apply/workers:1", 60 / 1),  # spinning is the faster
        ("multiprocessing_Pool/operation:map/tasks:100/workers:2", 250 / 100),
        ("loky/operation:lifetime/workers:2", 0.08 / 800e-6),
    ],
)
def test_a_peer_is_compared_with_the_faster_pool(name: str, times: float, whole: Study) -> None:
    ratio = costs(whole)[name].times_pool
    assert ratio
    assert ratio.value == pytest.approx(times, rel=0.01)
    assert ratio.high / ratio.low < 1.02
    others = [cost.times_pool for other, cost in costs(whole).items() if other not in PEERS]
    assert set(others) == {None}


def test_a_limit_of_several_workers_is_that_of_as_many(tmp_path: Path) -> None:
    limit = "eventfd_ping_pong/operation:apply/workers:{}/wait:block"
    pool = "pool_shared/operation:apply/workers:{}/wait:block"
    suite = {limit.format(1): 8e-6, limit.format(2): 9e-6, pool.format(2): 18e-6}
    ratio = costs(study(run_of(with_dispatch(small(1), suite), tmp_path)))[pool.format(2)]
    assert ratio.times_limit
    assert ratio.times_limit.value == pytest.approx(2.0, rel=0.02)


def test_it_changes_nothing_else(plain: Study, whole: Study) -> None:
    assert whole.answers == plain.answers
    assert whole.answers.found
    assert (article_charts(whole), speedup_figures(whole)) == (
        article_charts(plain),
        speedup_figures(plain),
    )
    assert (whole.findings, whole.rejected) == ([], {})
    assert fingerprint(whole.run) == fingerprint(plain.run)
    for name, each in plain.estimates.measured.items():
        assert whole.estimates.measured[name].speedup == each.speedup
    for name, each in whole.estimates.measured.items():
        if name not in plain.estimates.measured:
            assert (each.speedup, each.speedup_own, each.efficiency) == (None, None, None)


def test_it_takes_no_colour_from_a_backend(tmp_path: Path) -> None:
    """Backends without a colour of their own get the spare ones in order of their names."""
    document = Synthetic(rounds=5, sizes=(10_000,), workers=(1, 2), threads={"zebra": ("cold",)})
    added = with_dispatch(document.document(), {"antelope/operation:apply/workers:1": 1e-6})
    without = study(run_of(document.document(), tmp_path / "without"))
    assert (
        speedup_figures(study(run_of(added, tmp_path / "with"))) == speedup_figures(without) != []
    )


def test_the_report_has_a_block_an_operation(tmp_path: Path) -> None:
    text = reported(with_dispatch(small(1), round_noise=0.0, noise=0.0), tmp_path)
    assert text.count("<h3>") == 5
    for part in (
        "multiprocessing_Pool (CPython 3.11.2), loky (loky 3.4.1). The lifetime of a peer",
        "ProcessPoolExecutor (Python 3.11.2 has no module concurrent).",
        "<td>eventfd_ping_pong</td><td>1.50</td>",
        "<td>268,435,456</td><td>1</td><td>block</td><td>80.0 ms</td><td>memcpy</td><td>62.5%</td>",
        "compared with pool_shared", "times pool_shared</th>", "<td>60.0</td>", "<td>100</td>",
        "All with tasks 100, workers 2.",
    ):  # fmt: skip
        assert part in text
    assert "make peers" not in text
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "dispatch, operation" not in page
    assert "and cases of peers in another" in page
    assert "--profile default --peers runner.python_baselines --rounds 6</code>" in page


def test_intervals_are_printed_and_are_in_the_table(tmp_path: Path) -> None:
    text = reported(with_dispatch(small(1)), tmp_path)
    interval = r"\([\d.]+ to [\d.]+\)</td>"
    pool = rf"pool_shared</th><td>1</td><td>block</td><td></td><td>[\d.]+ \S+ {interval}"
    assert re.search(rf"{pool}<td>eventfd_ping_pong</td><td>1\.[45]\d {interval}", text)
    with (tmp_path / "tables" / "dispatch.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(SUITE | PEERS)
    peer = next(
        row for row in rows
        if (row["mechanism"], row["operation"]) == ("multiprocessing_Pool", "map")
    )  # fmt: skip
    assert (peer["tasks"], peer["workers"], peer["status"], peer["limit"]) == (
        "100", "2", "ok", "",
    )  # fmt: skip
    low, value, high = (float(peer[f"times_pool_shared{end}"]) for end in ("_low", "", "_high"))
    assert low < value < high
    assert value == pytest.approx(2.5, rel=0.02)


def test_what_the_run_lacks_is_not_drawn(tmp_path: Path) -> None:
    peers_missing = reported(with_dispatch(small(1), peers={}), tmp_path / "a")
    assert "<code>make peers</code> measures them" in peers_missing
    assert "times pool_shared" not in peers_missing

    pools_missing = reported(with_dispatch(small(1), suite={}), tmp_path / "b")
    assert "The run has no pool_shared to compare them with." in pools_missing
    for absent in ("times pool_shared", "limit</th>", "bandwidth"):
        assert absent not in pools_missing

    alone = {name: SUITE[name] for name in SUITE if "ping_pong" not in name}
    limits_missing = reported(with_dispatch(small(1), alone, {}), tmp_path / "c")
    assert "times the limit" not in limits_missing
    assert "of its bandwidth" in limits_missing

    assert reported(small(1), tmp_path / "d") == ""
    assert not (tmp_path / "d" / "tables" / "dispatch.csv").exists()


def test_schedulers_to_compare_with_are_shown_where_the_run_has_them(tmp_path: Path) -> None:
    said = "std_thread creates its threads in every call"
    assert said not in reported(with_dispatch(small(1)), tmp_path / "stored")
    text = reported(with_dispatch(small(1), SUITE | SCHEDULERS), tmp_path / "new")
    assert said in text
    for scheduler in ("std_thread", "std_par", "thread_pool", "pthreadpool"):
        rows = sum(name.startswith(f"{scheduler}/") for name in SCHEDULERS)
        assert text.count(f'<th scope="row">{scheduler}</th>') == rows


def test_a_run_of_dispatch_alone_has_a_report(tmp_path: Path) -> None:
    document = small(1)
    document["cases"] = []
    for one_round in document["rounds"]:
        one_round["benchmarks"] = []
    text = reported(with_dispatch(document), tmp_path)
    assert text.count("<h3>") == 5
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "No answer: the run has no serial case" in page


def test_few_rounds_have_times_without_intervals(tmp_path: Path) -> None:
    assert "µs</td>" in reported(with_dispatch(small(1, rounds=2)), tmp_path)


def test_an_error_is_shown_and_is_never_a_time(tmp_path: Path) -> None:
    document = with_dispatch(small(1))
    failed = entry(document["rounds"][2], "dispatch/loky/operation:lifetime/workers:2")
    del failed["real_time"], failed["cpu_time"]
    failed |= {"error_occurred": True, "error_message": "WrongResult: 8 instead of 7"}
    whole = study(run_of(document, tmp_path))
    cost = costs(whole)["loky/operation:lifetime/workers:2"]
    assert (cost.time, cost.reason) == (None, "WrongResult: 8 instead of 7")
    assert not whole.sound
    assert main(["report", str(tmp_path)]) == 3
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert text.count("WrongResult: 8 instead of 7") == 2  # in the box, and in its row
    assert main(["baseline", str(tmp_path), "--baselines", str(tmp_path / "baselines")]) == 12


def test_a_time_that_cannot_be_is_not_shown(tmp_path: Path) -> None:
    document = with_dispatch(small(1))
    name = next(each for each in document["cases"] if "/pool_shared/operation:apply/" in each)
    for one_round in document["rounds"]:
        each = entry(one_round, name)
        each |= {"cpu_time": 100.0 * each["real_time"], "children_cpu_time": 0.0}
    whole = study(run_of(document, tmp_path))
    assert name in whole.rejected
    cost = costs(whole)[name.removeprefix("dispatch/")]
    assert (cost.time, cost.times_limit, cost.times_pool) == (None, None, None)
    assert "CPU time" in cost.reason


@pytest.mark.parametrize("latest_has_it", [True, False])
def test_dispatch_is_not_compared_and_a_note_says_so(
    latest_has_it: bool, recorded: Path, tmp_path: Path
) -> None:
    stored = load_run(recorded / "baseline" / "run.json")
    added = run_of(with_dispatch(small(2)), tmp_path)
    latest, baseline = (added, stored) if latest_has_it else (stored, added)
    for comparison in (
        compare(latest, (baseline,), "strict"),
        compare(latest, (replace(baseline, machine={}),), "strict"),
    ):
        assert judge(comparison).verdict == Verdict.INCONCLUSIVE
        assert len(comparison.rows) == 5
        assert {row.case.family for row in comparison.rows} == {"article"}
        assert Outcome.NEW not in {row.outcome for row in comparison.rows}
        note = f"{len(SUITE | PEERS)} cases without counts (family dispatch): not compared."
        assert comparison.notes == (note,)


def test_slower_dispatch_is_no_regression(stored: tuple[Run, ...], tmp_path: Path) -> None:
    slower = {name: 3 * seconds for name, seconds in SUITE.items()}
    latest = run_of(with_dispatch(small(2), slower), tmp_path / "latest")
    baseline = run_of(with_dispatch(small(1)), tmp_path / "baseline")
    comparison = compare(latest, (baseline, *stored), "strict")
    assert (judge(comparison).verdict, len(comparison.rows)) == (Verdict.PASS, 5)


def test_a_run_with_peers_can_be_a_baseline(tmp_path: Path) -> None:
    folder = write(with_dispatch(small(1)), tmp_path / "run")
    baselines = ["--baselines", str(tmp_path / "baselines")]
    assert main(["baseline", str(folder), *baselines]) == 0
    assert main(["compare", str(folder), *baselines]) == 11  # one of ten
