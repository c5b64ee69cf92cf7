"""Scenes for the tests of paired.py and gate.py, and of the base of a gate."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from base_scene import BUILDS, CMAKE, commit, git
from paired_scene import Scene


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path)
    yield scene
    scene.close()


@pytest.fixture(name="root")
def _root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configured clone with two commits; the second does not build."""
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
