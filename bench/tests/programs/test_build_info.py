"""build_info.cmake: the revision that a program reports."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
UNKNOWN = ("unknown", "unknown")
# Independent of whatever starts the tests: neither its repository nor its settings matter.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
ENVIRONMENT |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    return subprocess.run(
        ["git", *identity, *arguments],
        cwd=folder,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


def sources(folder: Path) -> Path:
    """The files of the project that are needed to find its revision."""
    (folder / "bench").mkdir(parents=True)
    shutil.copy(ROOT / "bench/build_info.hpp.in", folder / "bench")
    return folder


def repository(folder: Path) -> Path:
    git(sources(folder), "init", "--quiet")
    return commit(folder)


def commit(folder: Path) -> Path:
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--no-verify", "--allow-empty", "--message=One")
    return folder


def head(folder: Path) -> str:
    return git(folder, "rev-parse", "--short=12", "HEAD")


def recorded(source: Path, **variables: str) -> tuple[str, str]:
    """The revision of a build in this folder, and whether it has uncommitted changes."""
    output = source.parent / "build_info.hpp"
    done = subprocess.run(
        [
            *("cmake", f"-DSOURCE_DIR={source}", f"-DOUTPUT={output}"),
            *("-P", ROOT / "bench/build_info.cmake"),
        ],
        env=ENVIRONMENT | variables,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("", "")
    text = output.read_text("utf-8")
    found = [re.search(rf' {name} = "(.*)";', text) for name in ("revision", "revision_dirty")]
    assert found[0]
    assert found[1]
    return found[0][1], found[1][1]


def test_the_repository_of_the_sources_is_recorded(tmp_path: Path) -> None:
    source = repository(tmp_path / "with a space")
    assert recorded(source) == (head(source), "no")
    (source / "results").mkdir()
    (source / "results" / "run.json").write_text("{}")
    assert recorded(source) == (head(source), "no")
    (source / "samples.csv").write_text("")
    assert recorded(source) == (head(source), "no")
    (source / "bench" / "new.cpp").write_text("")
    assert recorded(source) == (head(source), "yes")


def test_a_link_to_the_sources_is_the_same_repository(tmp_path: Path) -> None:
    source = repository(tmp_path / "source")
    (tmp_path / "link").symlink_to(source)
    assert recorded(tmp_path / "link") == (head(source), "no")


def test_worktrees_submodules_and_shallow_clones_are_repositories(tmp_path: Path) -> None:
    source = commit(repository(tmp_path / "source"))
    git(source, "worktree", "add", "--quiet", "--detach", str(tmp_path / "worktree"), "HEAD~1")
    assert recorded(tmp_path / "worktree") == (head(tmp_path / "worktree"), "no")
    assert head(tmp_path / "worktree") != head(source)
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{source}", "shallow")
    assert recorded(tmp_path / "shallow") == (head(source), "no")
    above = repository(tmp_path / "above")
    allowed = ("-c", "protocol.file.allow=always")
    git(above, *allowed, "submodule", "--quiet", "add", str(source), "study")
    assert recorded(above / "study") == (head(source), "no")


def test_a_repository_around_the_sources_is_not_recorded(tmp_path: Path) -> None:
    above = repository(tmp_path / "above")
    assert recorded(sources(above / "study-1.0")) == UNKNOWN  # like an unpacked tarball
    commit(above)
    assert recorded(above / "study-1.0") == UNKNOWN  # even if it contains the sources
    git(tmp_path, "clone", "--quiet", "--bare", str(above), "bare")
    assert recorded(sources(tmp_path / "bare" / "study")) == UNKNOWN


def test_a_repository_from_variables_is_not_recorded(tmp_path: Path) -> None:
    """Hooks and `git rebase --exec` set such variables."""
    other = repository(tmp_path / "other")
    named = {
        "GIT_DIR": str(other / ".git"),
        "GIT_WORK_TREE": str(other),
        "GIT_INDEX_FILE": str(other / ".git" / "index"),
        "GIT_OBJECT_DIRECTORY": str(other / ".git" / "objects"),
        "GIT_COMMON_DIR": str(other / ".git"),
    }
    alone = sources(tmp_path / "alone")
    source = commit(repository(tmp_path / "source"))
    for variables in ({"GIT_DIR": named["GIT_DIR"]}, named):
        assert recorded(alone, **variables) == UNKNOWN
        assert recorded(source, **variables) == (head(source), "no")
    # A work tree with the path of the sources.
    assert recorded(alone, **named | {"GIT_WORK_TREE": str(alone)}) == UNKNOWN


def test_without_a_revision_in_git_it_is_unknown(tmp_path: Path) -> None:
    assert recorded(sources(tmp_path / "alone")) == UNKNOWN
    empty = sources(tmp_path / "empty")
    git(empty, "init", "--quiet")
    assert recorded(empty) == UNKNOWN
    broken = repository(tmp_path / "broken")
    (broken / ".git" / "HEAD").write_text("ref: refs/heads/none\n")
    assert recorded(broken) == UNKNOWN


def test_without_git_it_is_unknown(tmp_path: Path) -> None:
    source = repository(tmp_path / "source")
    cmake = shutil.which("cmake")
    assert cmake
    (tmp_path / "programs").mkdir()
    (tmp_path / "programs" / "cmake").symlink_to(os.path.realpath(cmake))
    assert recorded(source, PATH=str(tmp_path / "programs")) == UNKNOWN


def test_a_repository_of_another_user_is_unknown(tmp_path: Path) -> None:
    """git rejects them unless safe.directory allows it; a variable simulates another owner."""
    source = repository(tmp_path / "source")
    assert recorded(source, GIT_TEST_ASSUME_DIFFERENT_OWNER="1") == UNKNOWN


def test_if_git_cannot_compare_a_file_the_changes_are_unknown(tmp_path: Path) -> None:
    source = repository(tmp_path / "source")
    (source / ".git" / "index").write_bytes(b"no index")
    assert recorded(source) == (head(source), "unknown")


@pytest.mark.parametrize("setting", ["no", "all"])
def test_a_users_settings_do_not_hide_a_change(tmp_path: Path, setting: str) -> None:
    source = repository(tmp_path / "source")
    git(source, "config", "status.showUntrackedFiles", setting)
    (source / "bench" / "new.cpp").write_text("")
    assert recorded(source) == (head(source), "yes")
