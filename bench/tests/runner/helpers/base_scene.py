"""A clone with two commits and a stand-in for CMake, for the tests of base.py."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from runner.pairs.base import Base
from runner.process import SignalWatch
from runner.run import RunError

# Replaces CMake: builds what the source file `program` says.
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


def built(root: Path, revision: str) -> Path:
    with SignalWatch() as watch:
        return Base(root, revision).parzen_bench(watch)


def fault(root: Path, revision: str) -> str:
    with pytest.raises(RunError) as error:
        built(root, revision)
    assert error.value.status == 12
    return str(error.value)


def calls(root: Path) -> list[str]:
    return (root.parent / "calls").read_text("utf-8").splitlines()


def assert_clean(root: Path) -> None:
    """No work tree, sources or build folder is left."""
    assert len(git(root, "worktree", "list").splitlines()) == 1
    for left in ("source", "build", ".lock"):
        assert not list(root.glob(f"build/gate/*/{left}"))
