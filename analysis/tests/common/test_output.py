"""Output is whole, old or new, whatever breaks it off."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from parzen_study.common import output
from parzen_study.common.output import staged
from places import ANALYSIS
from record import small
from synthetic import write


def build(staging: Path, text: str) -> None:
    (staging / "figures").mkdir()
    (staging / "figures" / f"{text}.svg").write_text(text, encoding="utf-8")
    (staging / "report.html").write_text(text, encoding="utf-8")
    (staging / "tables").mkdir()


def contents(folder: Path) -> dict[str, str]:
    files = [file for file in folder.rglob("*") if file.is_file()]
    return {str(file.relative_to(folder)): file.read_text(encoding="utf-8") for file in files}


OLD = {"figures/old.svg": "old", "report.html": "old"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    build(tmp_path, "old")
    return tmp_path


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
@pytest.mark.parametrize("after", range(3))
def test_a_swap_that_breaks_off_puts_the_old_entries_back(
    error: type[BaseException], after: int, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = os.replace
    done: list[Path] = []

    def fails(source: Path, place: Path) -> None:
        if len(done) == after:
            raise error
        done.append(place)
        replace(source, place)

    with monkeypatch.context() as patched, pytest.raises(error):  # noqa: PT012
        patched.setattr(os, "replace", fails)
        with staged(folder) as staging:
            build(staging, "new")
    assert contents(folder) == OLD
    assert [entry.name for entry in folder.iterdir() if entry.name.startswith(".")] == []


def test_what_a_dead_run_left_is_removed_and_its_old_entries_are_kept(folder: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    dead = folder / f".staging-{ended.pid}-abc"
    (dead / "old").mkdir(parents=True)
    (folder / "figures").rename(dead / "old" / "figures")  # killed in the middle of its swap
    alive = folder / f".staging-{os.getppid()}-abc"
    alive.mkdir()
    with pytest.raises(KeyError), staged(folder):
        raise KeyError
    assert not dead.exists()
    assert alive.exists()
    assert contents(folder) == OLD


def test_signals_wait_for_the_swap(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    swap = output._swap

    def interrupted(*places: Path) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        swap(*places)

    monkeypatch.setattr(output, "_swap", interrupted)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in the background
    try:
        with pytest.raises(KeyboardInterrupt), staged(folder) as staging:
            build(staging, "new")
    finally:
        signal.signal(signal.SIGINT, before)
    assert contents(folder) == {"figures/new.svg": "new", "report.html": "new"}


def test_sigterm_ends_a_report_cleanly(tmp_path: Path) -> None:
    """Sent by the report itself, in the middle of its drawing."""
    write(small(1, rounds=3), tmp_path)
    script = (
        "import os, signal, sys\n"
        "from parzen_study.cli import main\n"
        "from parzen_study.page import style\n"
        "style.write = lambda *_: os.kill(os.getpid(), signal.SIGTERM)\n"
        "sys.exit(main(['report', '.']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ANALYSIS)},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (143, "parzen-study: terminated\n")
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.json"]
