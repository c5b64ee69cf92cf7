"""source_sizes.py: finds faults in small trees, and none in this repository."""

from pathlib import Path

import pytest

from small_tree import ROOT, write_tree
from source_sizes import faults


def test_this_repository_has_no_fault() -> None:
    assert faults(ROOT) == []


@pytest.mark.parametrize(
    ("file", "lines"),
    [
        ("kernels/host/long.cpp", 320),
        ("kernels/tests/host/long.cpp", 400),
        ("bench/cases/long.hpp", 320),
        ("bench/runner/long.py", 320),
        ("bench/tests/runner/long.py", 400),
        ("analysis/parzen_study/run/long.py", 320),
        ("analysis/tests/run/long.py", 400),
    ],
)
def test_a_file_that_is_too_long_is_a_fault(tmp_path: Path, file: str, lines: int) -> None:
    write_tree(tmp_path, {file: "\n" * lines})
    assert faults(tmp_path) == []
    write_tree(tmp_path, {file: "\n" * (lines + 1)})
    assert faults(tmp_path) == [
        f"{file}: {lines + 1} lines, the limit is {lines}: split it by topic"
    ]


@pytest.mark.parametrize("folder", ["kernels/host", "bench/tests/runner", "analysis/parzen_study"])
def test_a_folder_with_too_many_files_is_a_fault(tmp_path: Path, folder: str) -> None:
    write_tree(tmp_path, {f"{folder}/{number}.cpp": "" for number in range(10)})
    write_tree(tmp_path, {f"{folder}/{number}.py": "" for number in range(10)})
    write_tree(tmp_path, {f"{folder}/README.md": "", f"{folder}/below/a.cpp": ""})
    assert faults(tmp_path) == []
    write_tree(tmp_path, {f"{folder}/20.hpp": ""})
    assert faults(tmp_path) == [f"{folder}/: 21 source files, the limit is 20: split it by topic"]


def test_a_folder_without_sources_is_a_fault(tmp_path: Path) -> None:
    (found,) = faults(tmp_path)
    assert "no sources in kernels, bench, analysis" in found
