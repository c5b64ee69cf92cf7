"""The use of the CPUs by other programs during a round, with a simulated /proc/stat."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.load import Usage

TICK = 1.0 / os.sysconf("SC_CLK_TCK")


@pytest.fixture(autouse=True)
def _two_cpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: {0, 2})


def stat(user: int = 0, system: int = 0, idle: int = 0, iowait: int = 0, irq: int = 0,
         steal: int = 0, guest: int = 0) -> str:  # fmt: skip
    """A /proc/stat with these ticks for CPU 0, none for CPU 2, and always busy CPU 1, which this
    process may not use."""
    own = f"{user} 0 {system} {idle} {iowait} {irq} 0 {steal} {guest} 0"
    return f"cpu  1 2 3 4 5\ncpu0 {own}\ncpu1 {user + 999} 0 0 0 0 0 0 0 0 0\ncpu2 {'0 ' * 10}\n"


def reading(text: str) -> Callable[[], str]:
    return lambda: text


def between(text: str, own: float = 0.0, seconds: float = 10.0) -> dict[str, float] | None:
    """The item of a round of this many seconds, whose processes used this much CPU time."""
    before = Usage.now(reading(stat()))
    after = Usage(Usage.now(reading(text)).busy, before.own + own, before.moment + seconds)
    return after.foreign_since(before)


def test_the_use_by_own_processes_is_not_foreign() -> None:
    busy = stat(user=700, system=200, irq=100, idle=500)
    assert between(busy) == {"seconds": 10.0, "cpu_seconds": pytest.approx(1000 * TICK)}
    assert between(busy, own=750 * TICK) == {
        "seconds": 10.0,
        "cpu_seconds": pytest.approx(250 * TICK),
    }


def test_iowait_and_steal_are_not_foreign_and_guest_time_counts_once() -> None:
    found = between(stat(user=100, idle=400, iowait=300, steal=200, guest=100))
    assert found == {"seconds": 10.0, "cpu_seconds": pytest.approx(100 * TICK)}


def test_missing_ticks_give_no_negative_load() -> None:
    assert between(stat(user=100), own=130 * TICK) == {"seconds": 10.0, "cpu_seconds": 0.0}


@pytest.mark.parametrize("text", ["", "cpu0 1 2 3", "cpu0 x\ncpu2 y", f"cpu0 {'1 ' * 10}"])
def test_unreadable_ticks_are_unknown(text: str) -> None:
    assert between(text) is None


def test_a_missing_file_is_unknown(tmp_path: Path) -> None:
    assert Usage.now((tmp_path / "stat").read_text).busy is None


def test_without_time_there_is_no_load() -> None:
    assert between(stat(user=1), seconds=0.0) is None


def test_the_use_by_children_is_the_program_s_own() -> None:
    before = Usage.now(reading(stat()))
    child = os.fork()
    if child == 0:
        while os.times().user < 0.05:
            pass
        os._exit(0)
    os.waitpid(child, 0)
    assert Usage.now(reading(stat())).own - before.own >= 0.04
