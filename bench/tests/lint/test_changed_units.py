"""changed_units.py: the units that it prints after a change, in a small clone."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from changed_units import changed_files, changed_units
from small_tree import write_tree

SOURCES = {
    "kernels/CMakeLists.txt": "",
    "kernels/text/shown.hpp": "",
    "kernels/host/files.hpp": '#include "text/shown.hpp"\n',
    "kernels/host/files.cpp": '#include "host/files.hpp"\n',
    "kernels/loops/loop.cpp": "#include <vector>\n",
    "bench/main.cpp": '#include "host/files.hpp"\n',
}
UNITS = {
    "host": "build/lint/host.dir/Unity/unity_0_cxx.cxx",
    "loops": "kernels/loops/loop.cpp",
    "main": "bench/main.cpp",
}


def git(root: Path, *arguments: str) -> None:
    who = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.org")
    subprocess.run(["git", "-C", root, *who, *arguments], check=True, capture_output=True)


@pytest.fixture(name="root")
def _root(tmp_path: Path) -> Path:
    """A clone with one commit and a build; one of its units includes a source by its full path."""
    root = tmp_path.resolve()
    write_tree(root, {**SOURCES, ".gitignore": "/build/\n"})
    git(root, "init", "--quiet")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "Begin")
    commands = [{"file": str(root / unit)} for unit in UNITS.values()]
    whole = f'#include "{root}/kernels/host/files.cpp"\n'
    write_tree(
        root, {UNITS["host"]: whole, "build/lint/compile_commands.json": json.dumps(commands)}
    )
    return root


def units_after_change(root: Path) -> set[str]:
    found = changed_units(root, root / "build/lint", changed_files(root, "HEAD"))
    return {name for name, unit in UNITS.items() if root / unit in found}


def test_without_a_change_it_prints_none(root: Path) -> None:
    assert units_after_change(root) == set()


@pytest.mark.parametrize(
    ("changed", "units"),
    [
        ("kernels/loops/loop.cpp", {"loops"}),
        ("kernels/host/files.cpp", {"host"}),
        ("kernels/text/shown.hpp", {"host", "main"}),
        ("README.md", set()),
        ("kernels/CMakeLists.txt", set(UNITS)),
        (".clang-tidy", set(UNITS)),
    ],
)
def test_units_that_include_a_changed_file_are_printed(
    root: Path, changed: str, units: set[str]
) -> None:
    write_tree(root, {changed: "// changed\n"})
    assert units_after_change(root) == units


def test_committed_changes_count_too(root: Path) -> None:
    write_tree(root, {"kernels/loops/loop.cpp": "// changed\n"})
    git(root, "commit", "--quiet", "--all", "--message", "Change")
    assert units_after_change(root) == set()
    assert changed_files(root, "HEAD~1") == {Path("kernels/loops/loop.cpp")}


def test_an_unknown_commit_is_an_error(root: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        changed_files(root, "nosuch")
