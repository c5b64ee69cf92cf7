"""The README's figures are the committed run's, and what a README links to or names is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from parzen_study.cli import main
from parzen_study.page import style
from parzen_study.report.report import write_report
from parzen_study.report.terminal import print_study
from parzen_study.run import published
from parzen_study.study import Study
from parzen_study.topics.zones import words
from places import ROOT

STUDY = ROOT / "results/study"
READMES = sorted(
    {ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"}
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


def test_what_a_readme_quotes_stands_in_the_committed_report() -> None:
    report = [" ".join(line.split()) for line in (STUDY / "report.md").read_text().splitlines()]
    quoted = [each for readme in READMES for each in quotations(readme.read_text())]
    assert quoted
    assert [each for each in quoted if not any(each in line for line in report)] == []


def shown_for(command: str, text: str) -> list[str]:
    """What a README shows below a command, in pieces: three dots stand for what it leaves out."""
    match = re.search(
        rf"^    \$ {re.escape(command)}\n((?:(?:    .*)?\n)*?)(?=\S)", text, re.MULTILINE
    )
    assert match, command
    return [each for each in re.split(r"\s*\.\.\.\s*", " ".join(match[1].split())) if each]


def test_dots_stand_for_what_is_left_out() -> None:
    text = "a\n\n    $ b --c\n    d e ...\n\n    f\n    ...\n    g.\n\nh\n    i\n"
    assert shown_for("b --c", text) == ["d e", "f", "g."]


def test_the_readme_shows_what_advise_prints(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = "--tasks 1000 --task-time 12us"
    command = f".venv/bin/parzen-study advise {arguments}"
    shown = shown_for(command, (ROOT / "README.md").read_text(encoding="utf-8"))
    assert main(["advise", str(STUDY), *arguments.split()]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert len(shown) == 2
    assert printed.startswith(shown[0])
    assert printed.endswith(shown[1])


@pytest.mark.parametrize("start", ["cold", "warm", "pause"])
def test_the_committed_run_advises_for_every_start(
    start: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["advise", str(STUDY), "--tasks", "9", "--task-time", "1s", "--start", start]) == 0
    assert "expected speedup" in capsys.readouterr().out


def test_the_readme_shows_what_make_report_prints(committed: Study) -> None:
    """Of the report the committed run's; of the steps before it the words that are in the sources:
    bench/tests/steps/test_steps.py has what they print."""
    out = StringIO()
    print_study(Console(file=out, width=80), committed, Path("results/latest"))
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    printed = out.getvalue()
    shown = shown_for("make report", (ROOT / "README.md").read_text(encoding="utf-8"))
    steps = re.findall(r"(?:install|build): (.+?)(?= build: |$)", "\n".join(shown), re.MULTILINE)
    assert len(steps) == 3
    for each in steps:
        assert each in makefile
    found = [each for each in shown if not each.startswith("install: ")]
    assert len(found) == 3
    for each in found:
        assert each in printed


def test_the_readme_says_how_much_faster_the_better_loop_is(committed: Study) -> None:
    (sentence,) = (text for label, text in committed.answers.loops if label == "n = 10,000")
    measured = [
        each
        for each in committed.estimates.measured.values()
        if each.case.family == published.FAMILY and each.case.number("n") == 10_000
    ]
    serial = min(
        each.time.value
        for each in measured
        if (each.case.backend, each.case.get("kernel")) == ("serial", "fused")
    )
    parallel = min(
        each.time.value
        for each in measured
        if each.workers > 1 and each.case.get("kernel") == published.KERNEL
    )
    gain = re.search(r"is (\S+) \((.*?)\) times as fast as the fastest parallel case", sentence)
    assert gain
    # As many digits as the times have: the ratio is one of pairs of times, and not that of medians.
    ratio, low, high = (
        words.factor(float(each.replace(",", ""))) for each in (gain[1], *gain[2].split(" to "))
    )
    assert (
        f"**The better loop takes {words.time(serial)} in one thread. The article's loop takes "
        f"{words.time(parallel)} in parallel: {ratio} times as long** (95% CI {low} to {high})."
    ) in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("readme", READMES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_readme_links_to_is_there(readme: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", readme.read_text(), flags=re.MULTILINE | re.DOTALL)
    targets = re.findall(r"\]\((?!https?:|#)([^)\s#]+)", text) + re.findall(r'src="(.*?)"', text)
    assert [each for each in targets if not (readme.parent / each).exists()] == []


def test_the_citation_file_has_what_its_format_requires() -> None:
    """And no person's name."""
    lines = (ROOT / "CITATION.cff").read_text(encoding="utf-8").splitlines()
    keys = {line.partition(":")[0] for line in lines if re.match(r"[a-z]", line)}
    assert lines[0] == "cff-version: 1.2.0"
    assert {"message", "title", "authors"} <= keys
    assert [line for line in lines if "  - name:" in line or "-names" in line] == [
        "  - name: The authors of the Parzen-window benchmark suite"
    ]


def anchors(text: str) -> set[str]:
    """Of its headings, as GitHub makes them."""
    heads = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("readme", READMES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_part_of_a_document_that_a_readme_links_to_is_there(readme: Path) -> None:
    for target, anchor in re.findall(r"\]\(([^):#\s]*\.md)#([^)]+)\)", readme.read_text()):
        assert anchor in anchors((readme.parent / target).read_text(encoding="utf-8"))


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
    committed: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for the drawings themselves, whose bytes are those of one version of matplotlib."""
    drawn = []

    def not_drawn(name: str, _draw: object, _folder: Path) -> str:
        drawn.append(name)
        return "<svg></svg>"

    monkeypatch.setattr(style, "write", not_drawn)
    write_report(committed, tmp_path)
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
