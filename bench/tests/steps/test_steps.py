"""bench/steps/step.sh: one bar over the steps of make on a terminal, else one line per step."""

import fcntl
import os
import pty
import re
import select
import shlex
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rounds_scene import WATCHDOG
from runner.plan import PROFILES

ROOT = Path(__file__).resolve().parents[3]
STEP = str(ROOT / "bench/steps/step.sh")
STEPS = "install:60 build:100 measure:285"


def environment(**more: str) -> dict[str, str]:
    named = ("PARZEN_STEPS", "PARZEN_BEGUN", "STEP_AFTER", "COLUMNS", "LC_ALL", "LC_CTYPE")
    return {name: value for name, value in os.environ.items() if name not in named} | more


class Fifos:
    """Two named pipes: a command reports by the first that it runs, and continues after
    the second."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.begun, self.go_on = folder / "begun", folder / "go_on"
        os.mkfifo(self.begun)
        os.mkfifo(self.go_on)

    def command(self, *lines: str) -> tuple[str, ...]:
        """Runs these lines of bash, with the second pipe kept open."""
        wait = 'echo > "$0/begun"; read -r _ < "$0/go_on"'
        return ("bash", "-c", "\n".join([*lines, wait]), str(self.folder))

    def follower(self) -> tuple[str, ...]:
        """A command that runs another one, which never ends."""
        script = 'touch "$0/log"; echo > "$0/begun"; tail -f "$0/log"; true'
        return ("bash", "-c", script, str(self.folder))

    def wait_until_begun(self) -> None:
        with self.begun.open("rb", buffering=0) as begun:
            assert select.select([begun], [], [], WATCHDOG)[0]

    def release(self) -> None:
        """Does not wait: without a reader, the bytes stay in the pipe while it is open."""
        self._held = os.open(self.go_on, os.O_RDWR)
        os.write(self._held, b"\n")

    def close(self) -> None:
        if hasattr(self, "_held"):
            os.close(self._held)

    def processes(self) -> list[int]:
        """The processes that have the folder in their arguments."""
        found = []
        for each in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                if str(self.folder) in each.read_text(encoding="utf-8", errors="replace"):
                    found.append(int(each.parent.name))
            except OSError:
                continue
        return found

    def wait_until_gone(self) -> None:
        until = time.monotonic() + WATCHDOG
        while self.processes():
            assert time.monotonic() < until
            time.sleep(0.02)


@pytest.fixture
def fifos(tmp_path: Path) -> Iterator[Fifos]:
    found = Fifos(tmp_path)
    yield found
    found.close()


class Terminal:
    """A terminal of 80 columns, with the command as its first process."""

    def __init__(self, *command: str, **more: str) -> None:
        self.ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 25, 80, 0, 0))
        settings = {"TERM": "xterm", "LANG": "C.UTF-8", "PARZEN_STEPS": STEPS} | more
        self.process = subprocess.Popen(
            ["setsid", "--ctty", *command], env=environment(**settings),
            stdin=theirs, stdout=theirs, stderr=theirs,
        )  # fmt: skip
        os.close(theirs)
        self.drawn = ""

    def until(self, pattern: str) -> re.Match[str]:
        """Reads until the pattern was drawn."""
        end = time.monotonic() + WATCHDOG
        while not (found := re.search(pattern, self.drawn)):
            assert time.monotonic() < end, self.drawn
            assert self._read(), self.drawn
        return found

    def status(self) -> int:
        while self._read():
            pass
        os.close(self.ours)
        return self.process.wait(WATCHDOG)

    def press(self, key: bytes) -> None:
        os.write(self.ours, key)

    def _read(self) -> bool:
        assert select.select([self.ours], [], [], WATCHDOG)[0]
        try:
            self.drawn += os.read(self.ours, 65536).decode(errors="replace")
        except OSError:  # on Linux, the other end of the terminal was closed
            return False
        return True


def run(*command: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Without a terminal."""
    return subprocess.run(
        command, env=environment(**more), capture_output=True, text=True, check=False,
        timeout=WATCHDOG,
    )  # fmt: skip


def test_without_a_terminal_a_step_prints_one_line() -> None:
    command = 'echo "[1/2] Building a"; echo warning >&2; echo "-- Backend b is skipped: no c"'
    done = run(STEP, "build", "ninja", "a minute", "bash", "-c", command, PARZEN_STEPS=STEPS)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "build: a minute\nBackend b is skipped: no c\n"


def test_a_step_without_text_prints_no_line() -> None:
    assert run(STEP, "build", "none", "", "true").stdout == ""


def test_a_step_that_fails_shows_its_output_and_ends_with_its_status() -> None:
    command = 'echo "[1/2] Building a"; printf "a.cpp:1: error\\0\n"; echo why >&2; exit 7'
    done = run(STEP, "build", "ninja", "a minute", "bash", "-c", command)
    assert (done.returncode, done.stdout) == (7, "build: a minute\n")
    assert done.stderr == "a.cpp:1: error\0\nwhy\n"


def test_a_terminal_has_one_bar_over_all_steps(fifos: Fifos) -> None:
    begun = str(int(time.time()) - 200)
    step = (STEP, "build", "ninja", "a minute", *fifos.command('echo "[0/2] Building a"'))
    terminal = Terminal(*step, PARZEN_BEGUN=begun)
    fifos.wait_until_begun()
    bar = terminal.until(r"install done, build \d+ s left, measure about 4 min 45 s (━+)(─+)\r")
    # 200 s have passed, and about 385 are left.
    assert len(bar[1]) == pytest.approx(len(bar[1] + bar[2]) * 200 / 585, abs=2)
    fifos.release()
    assert terminal.status() == 0
    *drawn, last = terminal.drawn.split("\r\x1b[K")
    assert drawn[0] == last == ""
    assert all(60 < len(line) < 80 for line in drawn[1:])


def test_a_bar_is_whole_where_the_terminal_s_locale_is_not_installed(fifos: Fifos) -> None:
    """Bash counts bytes then. The last step has no time."""
    steps = "build:100 measure"
    step = (STEP, "build", "none", "", *fifos.command())
    terminal = Terminal(*step, PARZEN_STEPS=steps, PARZEN_BEGUN="1", LANG="xx_XX.UTF-8")
    fifos.wait_until_begun()
    assert len(terminal.until(r"build \d+ s left, measure ([^\r]+)\r")[0]) == 80
    fifos.release()
    assert terminal.status() == 0
    assert "\N{REPLACEMENT CHARACTER}" not in terminal.drawn


@pytest.mark.parametrize(
    ("name", "form", "printed", "left"),
    [
        ("build", "ninja", "[4/4] Linking", "0"),
        ("build", "ninja", "[1/4] Building", "([3-9]|[1-5][0-9])"),
        ("install", "apt", "pmstatus:cmake:100.0:Installed cmake", "0"),
        ("install", "apt", "dlstatus:1:50.0:Retrieving file 1 of 2", "([3-9]|[1-4][0-9])"),
        ("install", "pip:{lock}", "Collecting a==1\nCollecting b==2", "0"),
    ],
)
def test_the_time_left_is_estimated_from_the_progress(
    fifos: Fifos, name: str, form: str, printed: str, left: str
) -> None:
    """Otherwise it would be the expected time, a minute or more, for the whole test."""
    lock = fifos.folder / "lock.txt"
    lock.write_text("a==1 \\\n    --hash=sha256:0==\nb==2\n", encoding="utf-8")
    form = form.format(lock=lock)
    steps = "install:9000 build:9000"
    step = (STEP, name, form, "", *fifos.command(f"printf '%s\\n' '{printed}'"))
    terminal = Terminal(*step, PARZEN_STEPS=steps)
    fifos.wait_until_begun()
    terminal.until(rf"{name} {left} s left")
    fifos.release()
    assert terminal.status() == 0


def test_a_terminal_shows_the_output_of_a_step_that_fails() -> None:
    terminal = Terminal(STEP, "install", "none", "", "bash", "-c", "echo why; exit 9")
    assert terminal.status() == 9
    assert terminal.drawn.endswith("\r\x1b[Kwhy\r\n")


def test_ctrl_c_ends_the_step_and_its_processes(fifos: Fifos) -> None:
    terminal = Terminal(STEP, "build", "none", "", *fifos.follower())
    fifos.wait_until_begun()
    terminal.until("build")
    terminal.press(b"\x03")
    assert terminal.status() == -signal.SIGINT  # so that a shell that waits for it ends too
    assert terminal.drawn.endswith("\r\x1b[K")
    fifos.wait_until_gone()


@pytest.mark.parametrize("between", [(), ("bash", "-c", '"$@"; true', "bash")])
def test_a_termination_ends_the_processes_of_the_step(
    fifos: Fifos, between: tuple[str, ...]
) -> None:
    """Also if make starts a shell that starts the step: then the shell is terminated."""
    step = (STEP, "build", "none", "", *fifos.follower())
    process = subprocess.Popen([*between, *step], env=environment())
    fifos.wait_until_begun()
    process.terminate()
    assert process.wait(WATCHDOG) in {143, -signal.SIGTERM}
    fifos.wait_until_gone()


@pytest.mark.parametrize("before", ["command=$!", '"${launch[@]}" "$@"'])
def test_a_termination_while_the_command_begins_ends_it(fifos: Fifos, before: str) -> None:
    """Bash has no process of the command yet, or has not stored its id."""
    signals = fifos.folder / "signals.sh"
    signals.write_text(
        f"at={shlex.quote(before)}\n"
        'terminate_at() { [[ $BASH_COMMAND != "$at"* ]] || kill -TERM $$; }\n'
        "[[ $0 != */step.sh ]] || trap terminate_at DEBUG\n",
        encoding="utf-8",
    )
    step = (STEP, "build", "none", "", *fifos.command("sleep 600"))
    process = subprocess.Popen(step, env=environment(BASH_ENV=str(signals)))
    assert process.wait(WATCHDOG) == 143
    fifos.wait_until_gone()


def test_a_termination_finds_descendants_where_the_kernel_does_not_list_them(
    fifos: Fifos,
) -> None:
    unlisted = fifos.folder / "unlisted.sh"
    unlisted.write_text("cat() { return 1; }\n", encoding="utf-8")
    step = (STEP, "build", "none", "", *fifos.follower())
    process = subprocess.Popen(step, env=environment(BASH_ENV=str(unlisted)))
    fifos.wait_until_begun()
    process.terminate()
    assert process.wait(WATCHDOG) == 143
    fifos.wait_until_gone()


def test_a_termination_ends_processes_that_are_forked_meanwhile(fifos: Fifos) -> None:
    forks = 'touch "$0/log"; for i in {1..100}; do tail -f "$0/log" & done'
    step = (STEP, "build", "none", "", *fifos.command(f'echo > "$0/begun"; {forks}'))
    process = subprocess.Popen(step, env=environment())
    fifos.wait_until_begun()
    process.terminate()
    assert process.wait(WATCHDOG) == 143
    fifos.wait_until_gone()


@pytest.mark.parametrize("root", [False, True])
def test_an_installation_ends_before_the_step_that_is_terminated(fifos: Fifos, root: bool) -> None:
    """Also one by sudo, to which a user may send no signals."""
    denied = fifos.folder / "denied.sh"
    denied.write_text("kill() { return 1; }\n" if root else "", encoding="utf-8")
    *bash, lines, folder = fifos.command()
    command = (*bash, f'{lines}; echo > "$0/installed"', folder)
    process = subprocess.Popen(
        [STEP, "install", "apt", "", *command], env=environment(BASH_ENV=str(denied))
    )
    fifos.wait_until_begun()
    process.terminate()
    fifos.release()
    assert process.wait(WATCHDOG) == 143
    assert (fifos.folder / "installed").exists()


def test_a_step_whose_parent_has_ended_begins_nothing(tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    step = (STEP, "build", "none", "", "touch", str(begun))
    assert run(*step, STEP_ATTACHED="1").returncode == 143
    assert not begun.exists()
    assert run(*step, STEP_ATTACHED=str(os.getpid())).returncode == 0
    assert begun.exists()


def test_a_caller_that_ignores_ctrl_c_runs_steps_that_ignore_it() -> None:
    ignoring = ("bash", "-c", 'trap "" INT; exec "$@"', "bash")
    step = (STEP, "build", "none", "", "bash", "-c", "kill -INT $$; exit 4")
    assert run(*ignoring, *step).returncode == 4
    assert run(*step).returncode == 130


def test_a_terminated_step_leaves_no_file(tmp_path: Path) -> None:
    assert run(STEP, "build", "none", "", "true", TMPDIR=str(tmp_path)).returncode == 0
    assert [*tmp_path.iterdir()] == []


def test_make_expects_the_runner_s_time_for_a_profile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    expected = dict(re.findall(r"^measure_seconds_(\w+) := (\d+)$", makefile, re.MULTILINE))
    assert expected == {name: f"{each.length.budget:.0f}" for name, each in PROFILES.items()}
