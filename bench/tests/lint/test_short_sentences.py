"""short_sentences.py: what counts as a sentence, and that no document here has a long one."""

from pathlib import Path

import pytest

from short_sentences import MOST_WORDS, faults, text_faults
from small_tree import ROOT, write_tree

SHORT = " ".join(["word"] * MOST_WORDS)
LONG = f"one {SHORT}"


def test_this_repository_has_no_fault() -> None:
    assert faults(ROOT) == []


@pytest.mark.parametrize("around", ["{}", "# {}", "- {}.", "| a | {} |", "A b. {}? C.", "> {}:"])
def test_a_long_sentence_is_found_in_any_place(around: str) -> None:
    text = "Short.\n\n" + around.format(LONG.replace(" word", "\nword", 1))
    ((line, fault),) = text_faults(text)
    assert line == 3
    assert f"'one word word word word word ...' has {MOST_WORDS + 1} words" in fault


@pytest.mark.parametrize("between", [". ", "? ", ": ", "; ", "\n\n", "\n- ", " | ", ".\n"])
def test_the_end_of_a_sentence_ends_its_count(between: str) -> None:
    assert list(text_faults(SHORT + between + SHORT)) == []


@pytest.mark.parametrize(
    "text",
    [
        f"```\n{LONG}\n```",
        f"    {LONG}",
        SHORT.replace("word", "[word](a/folder/with a name/README.md#part)", 1),
        f'<img src="a.png" alt="{LONG}">',
    ],
)
def test_code_and_the_targets_of_links_do_not_count(text: str) -> None:
    assert list(text_faults(text)) == []


def test_line_numbers_after_code_are_right() -> None:
    ((line, _),) = text_faults(f"```\na\n```\n\n    b\n\n{LONG}.\n")
    assert line == 7


def test_only_documents_are_checked(tmp_path: Path) -> None:
    files = (
        "README.md",
        "results/README.md",
        "bench/a/README.md",
        "bench/a.py",
        "results/study/report.md",
    )
    write_tree(tmp_path, dict.fromkeys(files, LONG))
    assert [each.split(":")[0] for each in faults(tmp_path)] == [
        *("README.md", "bench/a/README.md", "results/README.md"),
    ]
