"""The peers: timing, checks, and the program as rounds.py runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import pytest

from parzen_study.run.case import SUFFIX, parse_case
from runner.python_baselines import dispatch, pools, program, registry
from runner.python_baselines.peer import Once, Peer, PeerCase
from runner.python_baselines.timing import Timing, measure, timed

ROOT = Path(__file__).parents[4]

INSTALLED = {peer.name for peer in registry.PEERS if all(map(find_spec, peer.modules))}
WARM = "dispatch/peer/operation:apply/workers:1"
COLD = "article/peer/workers:1/start:cold"


class FakeClock:
    """A clock that only calls advance, each by its cost in seconds."""

    def __init__(self, cost: float) -> None:
        self.now = 0.0
        self.calls = 0
        self._cost = cost

    def call(self) -> int:
        self.calls += 1
        self.now += self._cost
        return self.calls

    def __call__(self) -> float:
        return self.now


def case(once: Once, expected: object = 7, name: str = WARM) -> PeerCase:
    @contextmanager
    def opened() -> Iterator[Once]:
        yield once

    return PeerCase(name, "group", lambda: expected, opened)


class Anything:
    """Equal to any value."""

    def __eq__(self, _other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("cost", "batches"),
    [
        (100.0, [1]),  # long enough at once
        (1.0, [1, 10, 100]),  # no batch is long enough to trust: ten times as many each time
        (30.0, [1, 5]),  # the first one is: 1.4 times the requested time, 4.67 iterations
        (99.0, [1, 2]),  # always more than before
    ],
)
def test_batches_grow_until_one_is_long_enough(cost: float, batches: list[int]) -> None:
    clock = FakeClock(cost)
    timing = timed(clock.call, Anything(), 100.0, clock)
    assert (timing.iterations, timing.real_seconds) == (batches[-1], cost * batches[-1])
    assert clock.calls == sum(batches)


def test_times_are_per_iteration_in_microseconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "runner.python_baselines.timing.timed", lambda *_: Timing(4, 2.0, cpu_seconds=1.0, result=7)
    )
    name = WARM + SUFFIX
    assert measure(case(lambda: 7), 0.0) == {
        "name": name, "run_name": name, "run_type": "iteration", "iterations": 4,
        "real_time": 500_000.0, "cpu_time": 250_000.0, "time_unit": "us",
    }  # fmt: skip


def test_a_case_takes_the_requested_time() -> None:
    entry = measure(case(lambda: 7), 0.01)
    assert entry["real_time"] * entry["iterations"] >= 0.01 * 1e6


@pytest.mark.parametrize(("name", "calls"), [(WARM, 2), (COLD, 1)])
def test_a_long_cold_call_is_timed_and_never_repeated(name: str, calls: int) -> None:
    made: list[int] = []

    def once() -> int:
        made.append(1)
        return 7

    entry = measure(case(once, name=name), min_time=0.0)
    assert (entry["iterations"], len(made)) == (1, calls)


def test_a_short_cold_call_is_repeated_like_any_other() -> None:
    entry = measure(case(lambda: 7, name=COLD), min_time=0.01)
    assert entry["iterations"] > 1
    assert entry["real_time"] * entry["iterations"] >= 0.01 * 1e6


@pytest.mark.parametrize("name", [WARM, COLD])
def test_a_digest_is_of_the_timed_result(name: str) -> None:
    counted = replace(case(lambda: 7, name=name), digest=lambda found: found * 100)
    assert measure(counted, 0.0)["counts_digest"] == 700


def fails() -> int:
    raise BrokenPipeError("the worker is gone")


@pytest.mark.parametrize(
    ("once", "said"),
    [
        (lambda: 8, "WrongResult: 8 instead of 7"),
        (lambda: [7] * 99, "..."),
        (fails, "BrokenPipeError: the worker is gone"),
    ],
)
def test_a_failure_is_an_error_and_never_a_time(once: Once, said: str) -> None:
    entry = measure(case(once), 0.0)
    assert entry["error_occurred"] is True
    assert said in entry["error_message"]
    assert len(entry["error_message"]) < 200
    assert not {"real_time", "cpu_time", "iterations"} & entry.keys()


def test_a_result_that_is_wrong_later_is_found() -> None:
    results = chain([7, 7], repeat(8))
    entry = measure(case(lambda: next(results)), 1.0)
    assert entry["error_message"] == "WrongResult: 8 instead of 7"


@pytest.mark.parametrize("name", [WARM, COLD])
def test_a_result_that_is_wrong_at_first_is_found(name: str) -> None:
    results = chain([8], repeat(7))
    entry = measure(case(lambda: next(results), name=name), 0.0)
    assert entry["error_message"] == "WrongResult: 8 instead of 7"


def test_a_worker_that_never_starts_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "WORKERS_SECONDS", 0.0)
    alone = pools.Pool(lambda task, value: task(value), lambda *_: [1] * 2, lambda *_: [])
    with pytest.raises(RuntimeError, match="1 of 2 workers started"):
        dispatch.await_workers(alone, 2)


def test_names_have_the_form_of_the_suite() -> None:
    cases = [each for peer in dispatch.PEERS for each in peer.cases]
    assert len({each.name for each in cases}) == len(cases) == 18
    for peer in dispatch.PEERS:
        operations = set()
        for each in peer.cases:
            parsed = parse_case(each.name + SUFFIX)
            assert (parsed.name, parsed.family, parsed.backend) == (
                each.name, "dispatch", peer.name,
            )  # fmt: skip
            operations.add((parsed.get("operation"), parsed.get("tasks"), parsed.get("workers")))
        assert operations == {
            (operation, tasks, workers)
            for operation, tasks in (("apply", ""), ("map", "100"), ("lifetime", ""))
            for workers in ("1", "2")
        }


def names(order_seed: int = 1, case_filter: str = "") -> list[str]:
    return [each.name for each in program.chosen(registry.PEERS, order_seed, case_filter)]


def test_the_seed_sets_the_order_and_a_filter_does_not_change_it() -> None:
    assert names(1) == names(1) != names(2)
    assert sorted(names(1)) == sorted(names(2))
    assert names(1, "workers:2/") == [name for name in names(1) if "workers:2" in name]


def test_the_list_describes_every_case_as_parzen_bench_does(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert program.main(["--list=json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [each["name"] for each in listed] == names(0)
    name = "dispatch/ProcessPoolExecutor/operation:map/tasks:100/workers:2"
    assert next(each for each in listed if each["name"] == name) == {
        "name": name,
        "full_name": name + SUFFIX,
        "group": "dispatch/map/tasks:100",
        "family": "dispatch",
        "backend": "ProcessPoolExecutor",
        "parameters": {"operation": "map", "tasks": "100", "workers": "2"},
        "kind": "cost",
    }
    assert {each["kind"] for each in listed if each["family"] != "dispatch"} == {"loop"}


GONE = Peer("gone", ("json", "no_such_module"), (case(lambda: 7),))
HERE = Peer("here", ("json",), (case(lambda: 7),))


def test_a_peer_without_its_module_is_skipped_and_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "out.json"
    arguments = ["--benchmark_min_time=0", f"--benchmark_out={file}", "--order-seed=5"]
    assert program.main(arguments, [GONE, HERE]) == 0
    printed = capsys.readouterr()
    assert "gone is skipped" in printed.err
    assert "no module no_such_module" in printed.err
    document = json.loads(file.read_text(encoding="utf-8"))
    assert len(document["benchmarks"]) == 1
    context = document["context"]
    assert context["order_seed"] == "5"
    assert context["peers.versions"].startswith("here: ")
    assert context["peers.left_out"].startswith("gone: ")


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--benchmark_filter=no such case"], 1, "No case matches"),
        (["--benchmark_filter=no such case", "--benchmark_list_tests=true"], 0, "No case matches"),
        (["--benchmark_filter=("], 2, "is not a regular expression"),
    ],
)
def test_a_filter_without_a_match_is_reported(
    arguments: list[str], status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert program.main(arguments, [HERE]) == status
    printed = capsys.readouterr()
    assert printed.out == ""
    assert said in printed.err


def test_an_invalid_source_date_is_an_error_before_any_case(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "x")
    assert program.main(["--benchmark_list_tests=true"]) == 1
    printed = capsys.readouterr()
    assert (printed.out, printed.err.count("\n")) == ("", 1)
    assert "SOURCE_DATE_EPOCH is 'x'" in printed.err
    assert "unset it" in printed.err


@pytest.mark.parametrize("date", ["", "0", "007", "253402300799"])
def test_a_valid_source_date_does_not_stop_scipy(
    date: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a separate Python process, which has not imported it yet."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", date)
    done = run("--benchmark_filter=cKDTree/n:10000/.*start:cold", "--benchmark_min_time=0")
    assert done.returncode == 0, done.stderr
    assert "cKDTree" in done.stdout
    assert "ERROR" not in done.stdout


def run(*options: str, module: str = "runner.python_baselines") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", module, *options],
        env={**os.environ, "PYTHONPATH": f"{ROOT}/analysis:{ROOT}/bench"},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_the_program_measures_every_peer_that_is_installed(tmp_path: Path) -> None:
    file = tmp_path / "out.json"
    quick = "-article_python"  # it takes seconds per call
    done = run(
        "--benchmark_min_time=0.001", "--order-seed=7", f"--benchmark_out={file}",
        f"--benchmark_filter={quick}",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    found = [each["run_name"] for each in document["benchmarks"]]
    assert found == [name + SUFFIX for name in names(7, quick)]
    assert [line.split()[0] for line in done.stdout.splitlines()] == found
    assert {parse_case(name).backend for name in found} == INSTALLED - {"article_python"}
    for each in document["benchmarks"]:
        assert "error_occurred" not in each, each
        assert each["iterations"] >= 1
        assert each["real_time"] * each["iterations"] >= 1000.0
        assert each["cpu_time"] >= 0.0
    versions = dict(pair.split(": ") for pair in document["context"]["peers.versions"].split("; "))
    assert versions.keys() == INSTALLED
    assert "host_name" not in document["context"]


@pytest.mark.parametrize(
    "open_pool",
    [pools.multiprocessing_pool, pools.process_pool_executor],
    ids=["multiprocessing_Pool", "ProcessPoolExecutor"],
)
def test_a_pool_has_the_requested_workers_and_leaves_none(
    open_pool: Callable[[int], Any],
) -> None:
    with open_pool(2) as pool:
        dispatch.await_workers(pool, 2)
        workers = set(pool.map(dispatch.worker_number, range(50)))
        assert pool.apply(dispatch.empty_task, 3) == 3
    assert len(workers) == 2
    for worker in workers:
        with pytest.raises(ProcessLookupError):
            os.kill(worker, 0)
