"""base.py: which commit it builds, that it builds it once with the same options, and what it
leaves."""

from __future__ import annotations

from pathlib import Path

import pytest

from base_scene import assert_clean, built, calls, commit, fault, git
from runner.pairs.base import Base
from runner.run import RunError


def test_a_commit_is_built_once_with_this_build_s_options(root: Path) -> None:
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


def test_a_commit_that_does_not_build_is_an_error_with_the_end_of_its_log(root: Path) -> None:
    message, *lines = fault(root, "HEAD").splitlines()
    head = git(root, "rev-parse", "HEAD")[:12]
    assert message.startswith(f"base {head} does not build: cmake ended with status 3; choose")
    assert lines[-2:] == ["100", "error: no semicolon"]
    assert len(lines) == 15
    log = next(root.glob("build/gate/*/build.log"))
    assert "\n1\n2\n3\n" in log.read_text("utf-8")
    assert_clean(root)


def test_a_commit_without_the_program_is_an_error(root: Path) -> None:
    commit(root, "true")
    assert "has no bench/parzen_bench" in fault(root, "HEAD")
    assert_clean(root)


@pytest.mark.parametrize(
    "revision", ["nosuch", "0" * 40, "--help", "HEAD~7", "HEAD:program", "\x1b[2J", "a b"]
)
def test_an_unknown_commit_is_an_error(root: Path, revision: str) -> None:
    message = fault(root, revision)
    assert message.startswith("BASE='")
    assert "is not a commit of this repository" in message
    assert "\x1b" not in message


def test_the_default_is_where_the_branch_left_main(root: Path) -> None:
    left = git(root, "rev-parse", "HEAD")
    git(root, "checkout", "--quiet", "-b", "branch")
    commit(root, "one")
    commit(root, "two")
    assert Base(root, "").commit == left


def test_on_main_the_default_is_the_commit_before(root: Path) -> None:
    assert Base(root, "").commit == git(root, "rev-parse", "HEAD~1")


def test_without_a_parent_a_commit_must_be_named(root: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone"
    git(root, "clone", "--quiet", "--depth=1", f"file://{root}", str(alone))
    with pytest.raises(RunError, match="this commit has no parent to compare with"):
        Base(alone, "")


def test_a_build_that_is_not_configured_is_an_error(root: Path) -> None:
    (root / "build" / "CMakeCache.txt").unlink()
    assert fault(root, "HEAD~1") == "this build is not configured; run: make build"


def test_a_repository_in_the_environment_is_ignored(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """git sets it for hooks."""
    monkeypatch.setenv("GIT_DIR", "/nonexistent")
    assert built(root, "HEAD~1").is_file()
