"""rounds.py with peers: fake ones and the real ones."""

import json
import os
import select
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from importlib.util import find_spec

import pytest

from parzen_study.run.load import load_run
from rounds_scene import CASES, PEER_CASES, WATCHDOG, Scene, finish

# A program with real workers, which reports the process numbers that must end.
BLOCKING_PEERS = """
import os, signal, sys
from contextlib import contextmanager
from pathlib import Path
from runner.python_baselines import dispatch, pools, program
from runner.python_baselines.peer import Peer, PeerCase

@contextmanager
def blocked(open_pool):
    with open_pool(2) as pool:
        dispatch.await_workers(pool, 2)
        workers = set(pool.map(dispatch.worker_number, range(100)))
        numbers = " ".join(map(str, [os.getpid(), *workers]))
        Path(os.environ["FAKE_FOLDER"], "reached").write_text(f"{numbers}\\n")
        signal.alarm(30)
        while True:
            signal.pause()
        yield

def opened():
    return blocked(pools.OPEN_POOL)

case = PeerCase("dispatch/blocked/workers:2", "dispatch", lambda: None, opened)
sys.exit(program.main(peers=[Peer("blocked", ("os",), (case,))]))
"""


def test_peers_are_merged_into_the_document_of_their_round(scene: Scene) -> None:
    status, out, err = scene.run("--rounds=2", "--seed=7", "--peers=fake_peers")
    assert status == 0, err
    assert "next: make report" in out
    scene.assert_nothing_left()
    said = [line for line in err.splitlines() if not line.startswith("round ")]
    assert said == ["python -m fake_peers: gone is skipped: no such module"]
    assert err.count(": 5 cases, ") == 2

    run = scene.merged()
    assert run["version"] == 1
    assert run["cases"] == sorted([*CASES, *PEER_CASES])
    for number, document in enumerate(run["rounds"], start=1):
        names = [case["run_name"] for case in document["benchmarks"]]
        assert (sorted(names[:3]), sorted(names[3:])) == (CASES, PEER_CASES)
        assert document["context"]["machine.cores"] == "2"
        assert document["context"]["peers.versions"] == "fake: 1.0"
        file = scene.output / "rounds" / f"round-00{number}.json"
        assert json.loads(file.read_text()) == document
    seeds = [document["context"]["order_seed"] for document in run["rounds"]]
    for program in ("parzen_bench", "fake_peers"):
        assert (scene.folder / f"{program}.rounds").read_text().split() == seeds
    assert not [text for text in scene.contents().values() if b"secret" in text]


def test_without_peers_the_run_has_none(scene: Scene) -> None:
    assert scene.run("--rounds=1")[0] == 0
    assert not (scene.folder / "fake_peers.rounds").exists()
    assert not [text for text in scene.contents().values() if b"peers" in text]


@pytest.mark.parametrize(
    ("case_filter", "kept", "idle"),
    [("n:100/", [CASES[1]], "fake_peers"), ("workers:2/", [PEER_CASES[1]], "parzen_bench")],
)
def test_a_program_without_a_matching_case_is_not_run(
    scene: Scene, case_filter: str, kept: list[str], idle: str
) -> None:
    status, _, err = scene.run("--rounds=1", f"--filter={case_filter}", "--peers=fake_peers")
    assert status == 0, err
    assert scene.merged()["cases"] == kept
    context = scene.merged()["rounds"][0]["context"]
    assert context["machine.cores"] == "2"
    assert "state.load_1m" in context
    assert not (scene.folder / f"{idle}.rounds").exists()


def test_a_filter_that_matches_no_case_of_any_program_is_an_error(scene: Scene) -> None:
    status, _, err = scene.run("--filter=no such case", "--peers=fake_peers")
    assert status == 2
    for program in (str(scene.binary), "python -m fake_peers"):
        assert f"{program}: Failed to match" in err
    assert list(scene.results.iterdir()) == []


def test_peers_that_crash_are_reported_and_only_their_round_is_lost(scene: Scene) -> None:
    status, out, err = scene.run(
        "--rounds=2", "--peers=fake_peers", fault="crash", program="fake_peers"
    )
    assert (status, out) == (1, "")
    assert "python -m fake_peers failed in round 2 of 2" in err
    assert "SIGSEGV" in err
    assert "kept 1 of 2" in err
    assert len(scene.merged()["rounds"]) == 1
    scene.assert_nothing_left()


@pytest.mark.parametrize(
    ("fault", "found"), [("truncated", "not valid JSON"), ("repeated case", "1 not planned")]
)
def test_an_unusable_document_of_peers_is_rejected(scene: Scene, fault: str, found: str) -> None:
    status, _, err = scene.run(
        "--rounds=2", "--peers=fake_peers", fault=fault, program="fake_peers"
    )
    assert status == 1
    assert "round 2 of 2" in err
    assert found in err
    assert "kept 1 of 2 rounds" in err
    assert len(scene.merged()["rounds"]) == 1


def test_a_missing_module_is_an_error_with_advice(scene: Scene) -> None:
    status, _, err = scene.run("--peers=no_peers")
    assert status == 1
    assert "No module named no_peers" in err
    assert "PYTHONPATH" in err
    assert list(scene.results.iterdir()) == []


def test_interrupted_peers_keep_finished_rounds(scene: Scene) -> None:
    process = scene.start(
        "--rounds=2", "--peers=fake_peers", fault="wait alone", program="fake_peers"
    )
    scene.wait_for("waiting")
    process.send_signal(signal.SIGINT)
    status, _, err = finish(process)
    assert status == 130
    assert "kept 1 of 2" in err
    assert "`make peers` starts again" in err
    assert len(scene.merged()["rounds"]) == 1
    scene.assert_nothing_left()


def test_the_real_peers_are_merged_and_read_by_the_study(scene: Scene) -> None:
    status, _, err = scene.run(
        *("--profile=quick", "--rounds=1"),
        *("--peers=runner.python_baselines", "--filter=ProcessPoolExecutor.*(apply|map)"),
    )
    assert status == 0, err
    run = load_run(scene.output / "run.json")
    assert run.rounds == 1
    assert set(run.frame["backend"]) == {"ProcessPoolExecutor"}
    assert set(run.frame["workers"]) == {1, 2}
    assert run.frame["real_time"].between(1e-6, 10.0).all()
    assert "ProcessPoolExecutor" in run.peers


@pytest.mark.parametrize(
    ("pool", "number"),
    [
        ("process_pool_executor", signal.SIGINT),
        ("multiprocessing_pool", signal.SIGKILL),
        ("process_pool_executor", signal.SIGKILL),
        ("loky_executor", signal.SIGKILL),
    ],
)
def test_no_worker_of_a_real_pool_survives(scene: Scene, pool: str, number: signal.Signals) -> None:
    if pool == "loky_executor" and not find_spec("loky"):
        pytest.skip("loky comes with `make peers`")
    text = BLOCKING_PEERS.replace("OPEN_POOL", pool)
    (scene.modules / "blocking_peers.py").write_text(text, "utf-8")
    process = scene.start("--peers=blocking_peers", "--filter=blocked")
    assert select.select([scene.reached], [], [], WATCHDOG)[0], "no worker began"
    with open(os.dup(scene.reached), encoding="utf-8") as pipe:
        numbers = [int(word) for word in pipe.readline().split()]
    assert len(numbers) == 3
    with ExitStack() as ended_at_last:
        alive = [ended_at_last.enter_context(_held(each)) for each in numbers]
        process.send_signal(number)
        process.communicate(timeout=WATCHDOG)
        assert process.returncode == (130 if number == signal.SIGINT else -signal.SIGKILL)
        for each in alive:
            assert select.select([each], [], [], WATCHDOG)[0], "a worker lives on"


@contextmanager
def _held(process: int) -> Iterator[int]:
    """A descriptor that becomes readable when the process ends; it has ended afterwards."""
    descriptor = os.pidfd_open(process)
    try:
        yield descriptor
    finally:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(descriptor, signal.SIGKILL)
        os.close(descriptor)
