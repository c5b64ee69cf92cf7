"""Whatever has the name of a run or a baseline and is not a regular file is rejected by name.

Nothing here may be opened: a FIFO would be waited for, until the watchdog ends the test.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from parzen_study.cli import main

WATCHDOG = 60

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _watchdog() -> Iterator[None]:
    def bite(_number: int, _frame: object) -> None:
        raise TimeoutError("something was opened and waited for")

    before = signal.signal(signal.SIGALRM, bite)
    signal.alarm(WATCHDOG)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def a_socket(place: Path) -> None:
    here = os.getcwd()
    os.chdir(place.parent)  # the name of a socket is at most 107 bytes
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(place.name)
    finally:
        os.chdir(here)


def a_link_to_a_fifo(place: Path) -> None:
    os.mkfifo(place.with_name(".fifo"))
    place.symlink_to(".fifo")


# By what a message calls it.
KINDS: dict[str, tuple[str, Callable[[Path], None]]] = {
    "fifo": ("a FIFO", os.mkfifo),
    "link": ("a FIFO", a_link_to_a_fifo),
    "socket": ("a socket", a_socket),
    "device": ("a character device", lambda place: place.symlink_to("/dev/null")),
    "folder": ("a folder", Path.mkdir),
}


def is_rejected(capture: Capture, place: Path, what: str, *arguments: str | Path) -> None:
    capture.readouterr()
    of_baseline = "--baselines" in arguments
    assert main(list(map(str, arguments))) == (12 if of_baseline else 1)
    printed = capture.readouterr()
    compared = of_baseline and arguments[0] == "compare"
    assert printed.out.startswith("verdict: invalid - unusable baseline: " if compared else "")
    assert bool(printed.out) == compared
    assert str(place) in printed.err
    assert f"{what} instead of a regular file" in printed.err
    if of_baseline:
        assert "unusable baseline" in printed.err


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> tuple[str, Callable[[Path], None]]:
    return KINDS[request.param]


@pytest.mark.parametrize("command", ["report", "compare", "baseline", "fingerprint"])
def test_what_is_not_a_file_is_not_a_run(
    command: str, kind: tuple[str, Callable[[Path], None]], tmp_path: Path, capsys: Capture
) -> None:
    what, make = kind
    make(tmp_path / "run.json")
    is_rejected(capsys, tmp_path / "run.json", what, command, tmp_path)


def test_neither_is_the_second_run_of_a_report_nor_one_named_by_its_file(
    recorded: Path, tmp_path: Path, capsys: Capture
) -> None:
    place = tmp_path / "run.json"
    os.mkfifo(place)
    is_rejected(capsys, place, "a FIFO", "report", recorded / "same", tmp_path)
    is_rejected(capsys, place, "a FIFO", "report", recorded / "same", place)
    is_rejected(capsys, place, "a FIFO", "fingerprint", place)


@pytest.mark.parametrize(
    ("command", "own"), [("compare", True), ("compare", False), ("baseline", True)]
)
def test_what_is_not_a_file_is_not_a_baseline(
    command: str, own: bool, kind: tuple[str, Callable[[Path], None]],
    recorded: Path, baselines: Path, capsys: Capture,
) -> None:  # fmt: skip
    what, make = kind
    (stored,) = baselines.glob("*/*.xz")
    stored.unlink()
    if not own:
        stored = stored.parent.rename(baselines / "another-machine") / stored.name
    make(stored)
    before = os.lstat(stored)
    is_rejected(capsys, stored, what, command, recorded / "same", "--baselines", baselines)
    assert os.path.samestat(os.lstat(stored), before)


def test_what_lies_next_to_the_folders_of_stored_runs_is_passed_over(
    recorded: Path, baselines: Path, capsys: Capture
) -> None:
    (folder,) = baselines.iterdir()
    shutil.rmtree(folder)
    (baselines / "README.md").write_text("Ours.\n", encoding="utf-8")
    command = ["compare", str(recorded / "same"), "--baselines", str(baselines)]
    os.mkfifo(baselines / "X.json")
    assert main(command) == 11
    assert "There is none for any other machine either" in capsys.readouterr().out


def test_a_report_replaces_what_is_not_a_file_and_does_not_read_it(recorded: Path) -> None:
    run = recorded / "same"
    names = ("report.html", "report.md", "report.json", "figures", "tables")
    for name, (_, make) in zip(names, KINDS.values(), strict=True):
        make(run / name)
    assert main(["report", str(run)]) == 0
    for name in names:
        place = run / name
        assert not place.is_symlink()
        assert place.is_file() if name.startswith("report.") else place.is_dir()
    assert not list(run.glob(".staging-*"))
