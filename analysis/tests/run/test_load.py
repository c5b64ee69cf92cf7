"""Runs that hold what the format promises are read; every other is rejected with the reason."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parzen_study.cli import main
from parzen_study.common.errors import UnusableData
from parzen_study.gate.baseline import store_baseline
from parzen_study.page import style
from parzen_study.run import sysinfo
from parzen_study.run.load import load_run
from parzen_study.study import Study
from places import RECORDED, ROOT
from record import entry, small
from synthetic import Document, Synthetic, case_name, write
from synthetic_dispatch import with_dispatch

TBB = case_name("tbb", 10_000, 2, "cold")


def load(document: object, folder: Path) -> None:
    (folder / "run.json").write_text(json.dumps(document), encoding="utf-8")
    load_run(folder / "run.json")


def first(document: Document) -> Document:
    benchmark: Document = document["rounds"][0]["benchmarks"][0]
    return benchmark


def test_rounds_with_different_numbers_of_ranks_are_rejected(tmp_path: Path) -> None:
    document = small(1)
    two = TBB.replace("/tbb/", "/mpi/")
    document["cases"] = [name.replace(TBB, two) for name in document["cases"]]
    for number, one_round in enumerate(document["rounds"], start=1):
        planned = two if number != 2 else two.replace("/workers:2/", "/workers:1/")
        for case in one_round["benchmarks"]:
            case["run_name"] = case["run_name"].replace(TBB, planned)
    with pytest.raises(
        UnusableData, match="MPI's ranks differs from that of the other rounds"
    ) as e:
        load(document, tmp_path)
    assert "round 2" in str(e.value)
    assert "/workers:1/" in str(e.value)


def test_a_run_is_read_with_times_in_seconds(tmp_path: Path) -> None:
    built = Synthetic(rounds=6, noise=0.0, round_noise=0.0, left_out="x: a reason; y: another")
    run = load_run(built.write(tmp_path) / "run.json")
    assert (run.rounds, run.rounds_planned, run.interrupted) == (6, 6, False)
    assert run.machine["cpu_model"] == built.machine["cpu_model"]
    assert run.states[0]["governor"] == "performance"
    assert run.backends_left_out == {"x": "a reason", "y": "another"}
    assert len(run.frame) == 6 * len(built.cases())
    for case in built.cases():
        rows = run.frame[run.frame["case"] == case_name(*case)]
        assert rows["real_time"].to_list() == pytest.approx([built.truth(*case)] * 6)
    row = run.frame[run.frame["case"] == TBB].iloc[0]
    assert (row["n"], row["d"], row["m"], row["workers"]) == (10_000, 2, 100, 2)
    assert (row["kernel"], row["decomposition"], row["start"]) == ("literal", "by_width", "cold")


def test_an_unknown_family_and_parameter_are_read(tmp_path: Path) -> None:
    document = small(1)
    name = "grain/tbb/grain:64/unit:block"
    document["cases"].append(name)
    for one_round in document["rounds"]:
        one_round["benchmarks"].append(first(document) | {"run_name": name})
    run = load_run(write(document, tmp_path) / "run.json")
    assert run.cases[-1].get("grain") == "64"


def test_peers_are_read_and_need_not_be_there(tmp_path: Path) -> None:
    run = load_run(write(with_dispatch(small(1)), tmp_path / "with") / "run.json")
    assert run.peers == {"multiprocessing_Pool": "CPython 3.11.2", "loky": "loky 3.4.1"}
    assert run.peers_left_out == {"ProcessPoolExecutor": "Python 3.11.2 has no module concurrent"}
    run = load_run(write(small(1), tmp_path / "without") / "run.json")
    assert (run.peers, run.peers_left_out) == ({}, {})


def test_how_busy_the_cpus_were_is_read_and_need_not_be_there(tmp_path: Path) -> None:
    for share in (0, 0.25, 1):
        document = small(1) | {"busy_before": share}
        assert load_run(write(document, tmp_path) / "run.json").busy_before == share
    assert load_run(write(small(1), tmp_path) / "run.json").busy_before is None


def test_the_bound_of_n_is_read_and_need_not_be_there(tmp_path: Path) -> None:
    document = small(1)
    assert load_run(write(document, tmp_path) / "run.json").largest_n == 0
    for bound in (10_000_000, 1e7):  # in JSON the same number
        document["largest_n"] = bound
        assert load_run(write(document, tmp_path) / "run.json").largest_n == 10_000_000


def test_the_share_of_huge_pages_is_read_and_need_not_be_there(tmp_path: Path) -> None:
    document = small(1)
    first(document)["huge_page_share"] = 0.25
    shares = load_run(write(document, tmp_path) / "run.json").frame["huge_page_share"]
    assert shares.dropna().to_list() == [0.25]
    assert len(shares) > 1


def test_the_committed_runs_are_read(committed: Study) -> None:
    assert committed.run.rounds >= 5
    stored = list((ROOT / "results").glob("baselines/*-*/*.json.xz"))
    assert stored
    assert all(load_run(path).rounds >= 5 for path in stored)


def test_aggregates_of_google_benchmark_are_no_times(tmp_path: Path) -> None:
    document = small(1)
    mean = first(document) | {"run_type": "aggregate", "aggregate_name": "mean"}
    document["rounds"][0]["benchmarks"].append(mean)
    assert len(load_run(write(document, tmp_path) / "run.json").frame) == 6 * 5


def test_an_error_is_kept_and_never_a_time(recorded: Path) -> None:
    run = load_run(recorded / "errored" / "run.json")
    assert [(error.case, error.round) for error in run.errors] == [(TBB, 4)]
    assert "7 is, 8 should" in run.errors[0].message
    assert TBB not in set(run.frame["case"])  # nor do its other rounds count


def test_counts_that_change_between_rounds_are_an_error(tmp_path: Path) -> None:
    document = small(1)
    entry(document["rounds"][2], TBB)["counts_digest"] += 1
    run = load_run(write(document, tmp_path) / "run.json")
    assert [(error.case, error.round) for error in run.errors] == [(TBB, 3)]
    assert TBB not in set(run.frame["case"])


def test_a_run_of_nothing_but_errors_is_read(tmp_path: Path) -> None:
    document = small(1)
    for one_round in document["rounds"]:
        for benchmark in one_round["benchmarks"]:
            benchmark |= {"error_occurred": True, "error_message": "no fork"}
    assert load_run(write(document, tmp_path) / "run.json").frame.empty


def double_case(document: Document) -> None:
    document["rounds"][2]["benchmarks"].append(document["rounds"][2]["benchmarks"][1])


def set_first(**values: object) -> Callable[[Document], object]:
    return lambda document: first(document).update(values)


def set_top(**values: object) -> Callable[[Document], object]:
    return lambda document: document.update(values)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (set_top(format="other"), ["not a run of this suite", '"other" found']),
        (lambda d: d.pop("format"), ["not a run of this suite", "null found"]),
        (set_top(version=2), ["another version", "1 expected, 2 found"]),
        (set_top(rounds=[]), ["no round"]),
        (set_top(rounds={}), ["'rounds' must be a list"]),
        (set_top(rounds=[7]), ["round 1", "must be an object"]),
        (set_top(cases=[]), ["'cases' must be a list that is not empty", "$.cases", "[]"]),
        (set_top(profile=None), ["'profile' must be a string"]),
        (set_top(rounds_planned=True), ["'rounds_planned' must be a whole number"]),
        (set_top(rounds_planned=5), ["more rounds than planned", "5 planned, 6 found"]),
        (set_top(largest_n=-1), ["'largest_n' must be", "-1"]),
        (set_top(largest_n=1.5), ["'largest_n' must be a whole number", "1.5"]),
        (set_top(largest_n=True), ["'largest_n'", "true"]),
        (set_top(largest_n=10**18), ["'largest_n'", "999999999999999999"]),
        (set_first(huge_page_share=1.01), ["'huge_page_share' must be a number from 0 to 1"]),
        (set_first(huge_page_share=-0.5), ["'huge_page_share'", "-0.5"]),
        (set_first(huge_page_share="1"), ["'huge_page_share'", '"1"']),
        (set_first(huge_page_share=float("nan")), ["'huge_page_share'", "NaN"]),
        (set_top(filter=None), ["'filter' must be a string"]),
        *(
            (set_top(busy_before=value), ["'busy_before' must be a number from 0 to 1", shown])
            for value, shown in [
                *((1.01, "1.01"), (-0.01, "-0.01"), (float("nan"), "NaN"), (10**400, "1000")),
                *((True, "true"), ("0.5", '"0.5"'), (None, "null")),
            ]
        ),
        (set_top(profile="\ud800"), ["not valid Unicode", "half a surrogate pair"]),
        (set_first(involuntary_switches=-1), ["'involuntary_switches'"]),
        (
            lambda d: d["rounds"][0]["context"].update({"backends.mechanisms": "tbb: fibres"}),
            ["a mechanism must be one of", "fibres"],
        ),
        (lambda d: d.pop("interrupted"), ["no 'interrupted'"]),
        (lambda d: d["cases"].append(d["cases"][0]), ["listed twice"]),
        (lambda d: d["cases"].append("nonsense"), ["invalid name", "nonsense"]),
        (double_case, ["twice in one round", "round 3"]),
        (lambda d: d["cases"].remove(TBB), ["not planned", TBB]),
        (
            set_first(real_time=0),
            ["'real_time' must be a finite number of at least 1e-12", "round 1"],
        ),
        (set_first(real_time=-1.5), ["at least", "-1.5"]),
        (set_first(real_time=float("nan")), ["finite", "NaN"]),
        (set_first(cpu_time=float("inf")), ["'cpu_time'", "Infinity"]),
        (set_first(real_time=10**400), ["finite", "1000"]),
        (set_first(real_time="1"), ["finite", '"1"']),
        (set_first(real_time=True), ["finite", "true"]),
        (set_first(real_time=1e300), ["finite", "1e+300"]),
        (set_first(time_unit=[]), ["'time_unit' must be one of", "[]"]),
        (set_first(time_unit="h"), ['"ns", "us", "ms", "s"', '"h"']),
        (set_first(counts_digest=-1), ["'counts_digest'", "from 0 to 4294967295", "-1"]),
        (set_first(counts_digest=0.5), ["'counts_digest'"]),
        (
            set_first(run_name=7),
            ["'run_name' must be a string", "round 1", "benchmarks[0].run_name"],
        ),
        (
            lambda d: d["rounds"][0]["context"].update({"article.counts": "1,x"}),
            ["'article.counts'"],
        ),
        (
            lambda d: d["rounds"][1]["context"].update({"state.load_1m": 1}),
            ["'state.load_1m' must be a string", "round 2, $.rounds[1].context['state.load_1m']"],
        ),
    ],
)
def test_a_spoilt_run_is_rejected_with_the_place(
    spoil: Callable[[Document], object], said: list[str], tmp_path: Path
) -> None:
    document = small(1)
    spoil(document)
    with pytest.raises(UnusableData) as rejection:
        load(document, tmp_path)
    for part in [*said, str(tmp_path), "do:"]:
        assert part in str(rejection.value)


Place = tuple[str | int, ...]


def places(value: object, path: Place = ()) -> list[Place]:
    """Every place below a value; of a list, those of its first item stand for all."""
    inner: list[tuple[Place, object]] = []
    if isinstance(value, dict):
        inner = [((*path, key), each) for key, each in value.items()]
    elif isinstance(value, list) and value:
        inner = [((*path, 0), value[0])]
    return [place for own, each in inner for place in [own, *places(each, own)]]


WHOLE = with_dispatch(
    small(1, rounds=3) | {"busy_before": 0.1},
    {"pool_shared/operation:apply/workers:1/wait:block": 12e-6},
    {"loky/operation:apply/workers:1": 300e-6},
)
STORED = load_run(RECORDED / "same" / "run.json")
anything = st.one_of(
    st.none(), st.booleans(), st.integers(), st.just(10**400), st.floats(), st.text(max_size=5),
    st.sampled_from([
        "unknown", "-1", "1e400", "inf", "-inf", "nan", "/", "a/b/n:", "a/b/n:0", "\ud800",
        "\x1b[2J", "(", "tbb: threads: x; ;", "a/b/workers:999999999999999999",
    ]),
    st.just([]), st.just({}),
)  # fmt: skip


def not_drawn(name: str, _draw: object, _folder: Path) -> str:
    return f"<svg>{name}</svg>"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(places(WHOLE)), anything)
def test_no_change_of_a_document_is_a_traceback(
    monkeypatch: pytest.MonkeyPatch, path: Place, value: object
) -> None:
    """Whatever stands at one place: the run is rejected, or all that follows can work with it."""
    monkeypatch.setattr(style, "write", not_drawn)  # the one slow step
    document = deepcopy(WHOLE)
    inner: Any = document
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    with tempfile.TemporaryDirectory() as folder:
        run, baselines = write(document, Path(folder) / "run"), Path(folder) / "baselines"
        store_baseline(STORED, baselines)
        compared = [str(run), "--baselines", str(baselines)]
        for command, statuses in (
            (["report", str(run)], {0, 3}),
            (["fingerprint", str(run)], {0, 3}),
            (["compare", *compared], {0, 10, 11, 12}),
            (["baseline", *compared], {0, 12}),
        ):
            assert main(command) in statuses


def test_two_machines_in_one_run_are_named_with_both_values(recorded: Path) -> None:
    run = load_run(recorded / "mixed" / "run.json")
    (rejection,) = run.rejected_rounds
    assert rejection.what.startswith("round 5 is rejected")
    for part in ("machine.cpu_model", "'Another CPU'", "'Example(R) CPU @ 2.00GHz'"):
        assert part in rejection.cause
    assert 5 not in set(run.frame["round"])
    assert len(run.states) == run.frame["round"].nunique()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "truncated or not JSON"),
        (b"[1, 2]", "not a run"),
        (b'{"format": "parzen-study run", "rou', "truncated or not JSON"),
        (b"\xff\xfe{}", "truncated or not JSON"),
        (b"[" * 100_000, "truncated or not JSON"),
    ],
)
def test_a_file_that_is_no_run_is_rejected(content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_bytes(content)
    with pytest.raises(UnusableData, match=said):
        load_run(tmp_path / "run.json")


def test_items_that_are_no_finite_number_count_as_unknown(tmp_path: Path) -> None:
    document = small(1)
    for one_round in document["rounds"]:
        one_round["context"]["machine.usable_cpus"] = "inf"
        one_round["context"]["machine.logical_cpus"] = "nan"
    assert sysinfo.usable_cpus(load_run(write(document, tmp_path) / "run.json")) is None


def test_a_missing_file_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(UnusableData, match="no run found"):
        load_run(tmp_path / "run.json")
