"""base.py: which commit is built, that it is built once and alike, and what it leaves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rounds_scene import BENCH, WATCHDOG, watched
from runner.pairs.base import Base
from runner.run import RunError

# In place of CMake: builds what the file `program` of the sources says.
CMAKE = """#!/bin/bash
echo "$*" >> "$FAKE_CALLS"
case $1 in
  -S) mkdir -p "$4"; cp "$2/program" "$4/program"; echo "configured $2" ;;
  --build) mkdir -p "$2/bench"; . "$2/program" ;;
esac
"""
INTERRUPTED = """
import sys
from pathlib import Path
from runner.pairs.base import Base
from runner.process import SignalWatch
with SignalWatch() as watch:
    Base(Path(sys.argv[1]), "HEAD").parzen_bench(watch)
"""
BUILDS = 'echo "a program" > "$2/bench/parzen_bench"'


def git(root: Path, *arguments: str) -> str:
    who = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.org")
    done = subprocess.run(
        ["git", "-C", root, *who, *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def commit(root: Path, program: str) -> str:
    (root / "program").write_text(program, "utf-8")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--allow-empty", "--message", "Change")
    return git(root, "rev-parse", "HEAD")


@pytest.fixture(name="root")
def _root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone that is configured, with two commits, the second of which does not build."""
    tools, root = tmp_path / "tools", tmp_path / "a clone"
    for folder in (tools, root / "build"):
        folder.mkdir(parents=True)
    (tools / "cmake").write_text(CMAKE, "utf-8")
    (tools / "cmake").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    monkeypatch.setenv("FAKE_CALLS", str(tmp_path / "calls"))
    git(root, "init", "--quiet", "--initial-branch=main")
    (root / ".gitignore").write_text("/build/\n", "utf-8")
    cache = "CMAKE_BUILD_TYPE:STRING=Release\nCMAKE_CXX_COMPILER:FILEPATH=/usr/bin/a c++\nX:Y=Z\n"
    (root / "build" / "CMakeCache.txt").write_text(cache, "utf-8")
    commit(root, BUILDS)
    commit(root, "seq 100; echo 'error: no semicolon' >&2; exit 3")
    return root


def built(root: Path, revision: str) -> Path:
    with watched() as watch:
        return Base(root, revision).parzen_bench(watch)


def fault(root: Path, revision: str) -> str:
    with pytest.raises(RunError) as error:
        built(root, revision)
    assert error.value.status == 12
    return str(error.value)


def calls(root: Path) -> list[str]:
    return (root.parent / "calls").read_text("utf-8").splitlines()


def assert_clean(root: Path) -> None:
    """No work tree of git's is left, nor sources."""
    assert len(git(root, "worktree", "list").splitlines()) == 1
    assert not list(root.glob("build/gate/*/source"))


def test_a_commit_is_built_once_and_as_this_build_is(root: Path) -> None:
    program = built(root, "HEAD~1")
    assert program.read_text("utf-8") == "a program\n"
    configured, _ = calls(root)
    assert configured.endswith("-DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_COMPILER=/usr/bin/a c++")
    assert built(root, "HEAD~1") == program
    assert len(calls(root)) == 2
    assert_clean(root)


def test_another_toolchain_is_another_build(root: Path) -> None:
    first = built(root, "HEAD~1")
    cache = root / "build" / "CMakeCache.txt"
    cache.write_text(cache.read_text("utf-8").replace("Release", "Debug"), "utf-8")
    assert built(root, "HEAD~1") != first


def test_a_commit_that_does_not_build_says_so_with_the_end_of_its_log(root: Path) -> None:
    message, *lines = fault(root, "HEAD").splitlines()
    head = git(root, "rev-parse", "HEAD")[:12]
    assert message.startswith(f"base {head} does not build: cmake ended with status 3; choose")
    assert lines[-2:] == ["100", "error: no semicolon"]
    assert len(lines) == 15
    log = next(root.glob("build/gate/*/build.log"))
    assert "\n1\n2\n3\n" in log.read_text("utf-8")
    assert_clean(root)


def test_a_commit_without_the_program_says_so(root: Path) -> None:
    commit(root, "true")
    assert "builds no bench/parzen_bench" in fault(root, "HEAD")
    assert_clean(root)


@pytest.mark.parametrize(
    "revision", ["nosuch", "0" * 40, "--help", "HEAD~7", "HEAD:program", "\x1b[2J", "a b"]
)
def test_what_is_no_commit_is_named(root: Path, revision: str) -> None:
    message = fault(root, revision)
    assert message.startswith("BASE='")
    assert "is no commit of this repository" in message
    assert "\x1b" not in message


def test_the_default_is_where_the_branch_left_main(root: Path) -> None:
    left = git(root, "rev-parse", "HEAD")
    git(root, "checkout", "--quiet", "-b", "branch")
    commit(root, "one")
    commit(root, "two")
    assert Base(root, "").commit == left


def test_on_main_the_default_is_the_commit_before(root: Path) -> None:
    assert Base(root, "").commit == git(root, "rev-parse", "HEAD~1")


def test_without_a_commit_before_one_must_be_named(root: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone"
    git(root, "clone", "--quiet", "--depth=1", f"file://{root}", str(alone))
    with pytest.raises(RunError, match="there is no commit before this one"):
        Base(alone, "")


def test_a_build_that_is_not_configured_says_so(root: Path) -> None:
    (root / "build" / "CMakeCache.txt").unlink()
    assert fault(root, "HEAD~1") == "this build is not configured; run: make build"


def test_a_repository_in_the_environment_is_not_taken_for_this_one(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As git sets it for a hook."""
    monkeypatch.setenv("GIT_DIR", "/nonexistent")
    assert built(root, "HEAD~1").is_file()


def test_an_interrupted_build_leaves_no_work_tree_and_is_made_again(root: Path) -> None:
    commit(root, f'[[ -e "$FAKE_CALLS.again" ]] || exec sleep 60\n{BUILDS}')
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, str(root)],
        env={**os.environ, "PYTHONPATH": f"{BENCH}:{BENCH.parent / 'analysis'}"},
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + WATCHDOG
    while not (root.parent / "calls").exists() or len(calls(root)) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=WATCHDOG)
    assert "interrupted by SIGTERM" in err
    assert_clean(root)
    # What a killed one leaves is no obstacle.
    (next(root.glob("build/gate/*")) / "source").mkdir()
    (root.parent / "calls.again").touch()
    assert built(root, "HEAD").is_file()
