"""plain_words.py: finds the examples of its list, and nothing in this repository."""

from pathlib import Path

import pytest

from plain_words import WORDS, faults, text_faults
from small_tree import ROOT, write_tree

# Each example in the texts that its word is rejected in: all, documents, or those of some rooms.
BAD = [
    (word["write"], text, word.get("documents", False), word.get("rooms", ["bench"])[0])
    for word in WORDS
    for text in word["bad"]
]
GOOD = [
    (text, word.get("documents", False), word.get("rooms", ["bench"])[0])
    for word in WORDS
    for text in word["good"]
]
A_WORD = WORDS[0]["words"]


def test_this_repository_has_no_fault() -> None:
    assert faults(ROOT) == []


@pytest.mark.parametrize(("write", "text", "document", "room"), BAD)
@pytest.mark.parametrize("around", ["{}", "a {}, b", "({})", "a_{}", "'{}'"])
def test_a_word_is_found_in_any_surroundings(
    write: str, text: str, document: bool, room: str, around: str
) -> None:
    ((line, fault),) = text_faults("\n" + around.format(text), document=document, room=room)
    assert line == 2
    assert fault.endswith(f"write {write}")


@pytest.mark.parametrize(("text", "document", "room"), GOOD)
def test_a_good_use_is_not_found(text: str, document: bool, room: str) -> None:
    assert list(text_faults(text, document=document, room=room)) == []


def test_some_words_are_rejected_in_documents_only(tmp_path: Path) -> None:
    word = next(each["bad"][0] for each in WORDS if each.get("documents"))
    write_tree(tmp_path, {"README.md": word, "Makefile": word, "bench/a.py": word})
    (fault,) = faults(tmp_path)
    assert fault.startswith("README.md:1: ")


def test_some_words_are_for_some_rooms_only(tmp_path: Path) -> None:
    word = next(each["bad"][0] for each in WORDS if each.get("rooms") == ["kernels"])
    write_tree(tmp_path, {"README.md": word, "kernels/a.py": word, "bench/a.py": word})
    (fault,) = faults(tmp_path)
    assert fault.startswith("kernels/a.py:1: ")


@pytest.mark.parametrize(
    "file",
    [
        *("README.md", "Makefile", "CMakeLists.txt", ".github/workflows/ci.yml", ".ci/run"),
        *("kernels/host/a.hpp", "bench/main.cpp", "bench/runner/a.py", "bench/own_loop/make.sh"),
        *("analysis/parzen_study/a.html", "kernels/tests/mutants.toml", ".clang-tidy"),
        "results/README.md",
    ],
)
def test_text_for_people_is_checked(tmp_path: Path, file: str) -> None:
    write_tree(tmp_path, {file: f"one\ntwo {A_WORD.upper()}\n"})
    (fault,) = faults(tmp_path)
    assert fault.startswith(f"{file}:2: '{A_WORD.upper()}' is not a plain word here: write said")


@pytest.mark.parametrize(
    "file",
    [
        *("results/study/report.md", "build/a.cpp", "kernels/tests/lint/plain_words.toml"),
        *("analysis/tests/recorded/run.json", "kernels/tests/fuzz/corpus/pipe/one"),
    ],
)
def test_generated_files_and_data_are_not_checked(tmp_path: Path, file: str) -> None:
    write_tree(tmp_path, {file: f"{A_WORD}\n"})
    assert faults(tmp_path) == []
