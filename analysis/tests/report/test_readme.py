"""The README quotes the committed run, and what a README links to or names is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from parzen_study.page import style
from parzen_study.report.report import write_report
from parzen_study.run.load import load_run
from parzen_study.study import study
from places import ROOT

STUDY = ROOT / "results/study"
READMES = sorted(
    {ROOT / "README.md"}
    | {
        readme
        for room in ("kernels", "bench", "results", "analysis")
        for readme in (ROOT / room).rglob("README.md")
    }
)


def quotations(text: str) -> list[str]:
    """Its quoted paragraphs, each as one line."""
    blocks = re.findall(r"^(?:> .+\n)+", text, re.MULTILINE)
    return [" ".join(block.replace("\n> ", "\n")[2:].split()) for block in blocks]


def test_a_quotation_goes_on_until_a_line_without_its_mark() -> None:
    assert quotations("a\n> b\n> c  d\n\ne > f\n> g\nh\n") == ["b c d", "g"]


def test_what_the_readme_quotes_stands_in_the_committed_report() -> None:
    report = [" ".join(line.split()) for line in (STUDY / "report.md").read_text().splitlines()]
    quoted = quotations((ROOT / "README.md").read_text())
    assert quoted
    assert [each for each in quoted if not any(each in line for line in report)] == []


@pytest.mark.parametrize("readme", READMES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_readme_links_to_is_there(readme: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", readme.read_text(), flags=re.MULTILINE | re.DOTALL)
    targets = re.findall(r"\]\((?!https?:|#)([^)\s#]+)", text) + re.findall(r'src="(.*?)"', text)
    assert [each for each in targets if not (readme.parent / each).exists()] == []


def named_in_tables(text: str) -> Iterator[str]:
    """Folders (`a/`) and source files, each with the folder that was named last before it."""
    folder = ""
    for row in re.findall(r"^\|.*", text, re.MULTILINE):
        for name in re.findall(r"`([\w./*]+(?:/|\.(?:\*|[ch]pp|py|sh)))`", row):
            yield name if "/" in name else f"{folder}{name}"
            folder = name[: name.rfind("/") + 1] or folder


def test_files_in_a_table_are_of_the_folder_before_them() -> None:
    text = (
        "`x.py`\n| `a.hpp` `b/`: `c.py` | `make d` |\n| | `e.*`, `f/g/h.sh`, `i.cpp`, `run.json` |"
    )
    assert [*named_in_tables(text)] == ["a.hpp", "b/", "b/c.py", "b/e.*", "f/g/h.sh", "f/g/i.cpp"]


@pytest.mark.parametrize("folder", ["kernels", "kernels/processes", "bench", "analysis"])
def test_what_a_readme_says_is_in_a_file_has_that_file(folder: str) -> None:
    names = [*named_in_tables((ROOT / folder / "README.md").read_text())]
    assert names
    assert [each for each in names if not any((ROOT / folder).rglob(each.rstrip("/")))] == []


def test_the_committed_report_is_what_its_run_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for the drawings themselves, whose bytes are those of one version of matplotlib."""
    drawn = []

    def not_drawn(name: str, _draw: object, _folder: Path) -> str:
        drawn.append(name)
        return "<svg></svg>"

    monkeypatch.setattr(style, "write", not_drawn)
    write_report(study(load_run(STUDY / "run.json")), tmp_path)
    for name in ("report.md", "report.html", "report.json", "advice.json", *tables_in(tmp_path)):
        assert without_drawings(tmp_path / name) == without_drawings(STUDY / name), name
    assert tables_in(tmp_path) == tables_in(STUDY)
    figures = {f"{name}.{form}" for name in drawn for form in ("png", "svg")}
    assert figures == {path.name for path in (STUDY / "figures").iterdir()}
    assert (STUDY / "report.html").stat().st_size < 5_000_000


def tables_in(folder: Path) -> set[str]:
    return {f"tables/{path.name}" for path in (folder / "tables").iterdir()}


def without_drawings(file: Path) -> str:
    return re.sub(r"<svg\b.*?</svg>\s*", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
