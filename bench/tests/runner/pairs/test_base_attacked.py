"""base.py with problems of the repository, the disk or the build."""

from __future__ import annotations

import errno
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from base_scene import BUILDS, INTERRUPTED, assert_clean, built, calls, commit, fault, git
from rounds_scene import BENCH, WATCHDOG
from runner.pairs.base import Base
from runner.run import RunError


def test_without_a_repository_the_error_has_git_s_message(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"is not a usable git repository: .*; without one, name a"):
        Base(tmp_path, "HEAD")


def test_a_folder_inside_another_repository_is_an_error(root: Path) -> None:
    (root / "copy").mkdir()
    with pytest.raises(RunError, match="it is inside another repository"):
        Base(root / "copy", "HEAD")


@pytest.mark.skipif(os.getuid() != 0, reason="gives a repository to another user")
def test_a_repository_of_another_user_is_an_error_with_advice(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a container that mounts one."""
    for name in ("SUDO_UID", "GIT_CONFIG_COUNT"):
        monkeypatch.delenv(name, raising=False)
    for folder in (root, root / ".git"):
        os.chown(folder, 65534, 65534)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    with pytest.raises(RunError, match=r"--add safe\.directory"):
        Base(root, "HEAD")
    # git's own advice may also come from variables.
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "safe.directory")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", str(root))
    assert Base(root, "HEAD").commit


def test_an_error_of_writing_the_log_is_not_reported_as_cmake_s(root: Path) -> None:
    fault(root, "HEAD")
    (log,) = root.glob("build/gate/*/build.log")
    log.unlink()
    log.symlink_to("/dev/full")
    message = fault(root, "HEAD")
    assert "cannot be built: [Errno 28] No space left on device" in message
    assert "free disk space for" in message
    assert "make setup" not in message
    assert_clean(root)


def test_a_build_folder_that_cannot_be_made_is_an_error(root: Path) -> None:
    (root / "build" / "gate").touch()
    message = fault(root, "HEAD~1")
    assert "cannot be built: [Errno 20] Not a directory" in message
    assert message.endswith("or make it writable")


def test_a_locked_work_tree_of_a_killed_git_is_removed(root: Path) -> None:
    fault(root, "HEAD")
    (folder,) = root.glob("build/gate/*")
    git(root, "worktree", "add", "--quiet", "--detach", "--lock", str(folder / "source"), "HEAD")
    assert "does not build" in fault(root, "HEAD")
    assert_clean(root)


def test_a_hook_of_the_user_does_not_run(root: Path) -> None:
    hook = root / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 3\n", "utf-8")
    hook.chmod(0o755)
    assert built(root, "HEAD~1").is_file()


def test_a_failing_checkout_is_an_error_and_leaves_nothing(root: Path) -> None:
    git(root, "config", "filter.bad.smudge", "false")
    git(root, "config", "filter.bad.clean", "cat")
    git(root, "config", "filter.bad.required", "true")
    (root / ".gitattributes").write_text("program filter=bad\n", "utf-8")
    commit(root, BUILDS)
    assert "git worktree failed: " in fault(root, "HEAD")
    assert_clean(root)


@pytest.mark.parametrize("during", ["checkout", "build"])
def test_an_interruption_leaves_no_work_tree_and_the_base_is_built_later(
    root: Path, during: str
) -> None:
    wait = '[[ -e "$FAKE_CALLS.again" ]] || { echo >> "$FAKE_CALLS.waits"; exec sleep 60; }'
    commit(root, f"{wait}\n{BUILDS}" if during == "build" else BUILDS)
    if during == "checkout":
        git(root, "config", "filter.slow.smudge", f"bash -c '{wait}'; cat")
        (root / ".git" / "info").mkdir(exist_ok=True)
        (root / ".git" / "info" / "attributes").write_text("program filter=slow\n", "utf-8")
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, str(root)],
        env={**os.environ, "PYTHONPATH": f"{BENCH}:{BENCH.parent / 'analysis'}"},
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + WATCHDOG
    while not (root.parent / "calls.waits").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    with pytest.raises(RunError, match="wait until it ends: it builds the same base"):
        built(root, "HEAD")
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=WATCHDOG)
    assert "interrupted by SIGTERM" in err
    assert_clean(root)
    # Leftovers of a killed build do not matter.
    (next(root.glob("build/gate/*")) / "source").mkdir()
    (root.parent / "calls.again").touch()
    assert built(root, "HEAD").is_file()
    assert len(calls(root)) == (2 if during == "checkout" else 4)


def test_without_enough_processes_nothing_is_configured(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CMake would kill all processes of the user."""
    fork = os.fork
    left = [0, 1, 2]

    def limited() -> int:
        if not left:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        left.pop()
        return fork()

    monkeypatch.setattr(os, "fork", limited)
    monkeypatch.setattr(resource, "getrlimit", lambda _which: (3, 3))
    message = fault(root, "HEAD~1")
    assert "after 3 processes, too few to build; raise the limit on processes" in message
    assert not (root.parent / "calls").exists()
    assert_clean(root)
