"""What the page and the table say of family kernels, and that they say it only where it is so."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from parzen_study.cli import main
from parzen_study.page import style
from record import small
from synthetic import Document, write
from synthetic_dispatch import with_dispatch
from synthetic_kernels import LARGE, PEERS, TRUTH, drop, kernel, with_kernels


@pytest.fixture(autouse=True)
def _without_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures are the one slow step of a report; test_roofline.py looks at them."""
    monkeypatch.setattr(style, "write", lambda name, _draw, _folder: f"<svg>{name}</svg>")


def reported(document: Document, folder: Path) -> str:
    """The section of the report, or nothing; without what is there for lines to break well."""
    write(document, folder)
    assert main(["report", str(folder)]) == 0
    text = (folder / "report.html").read_text(encoding="utf-8")
    found = re.search(r'<section id="kernels">.*?</section>', text, re.DOTALL)
    if not found:
        return ""
    plain = re.sub(r'<wbr>| data-label=".*?"', "", found[0])
    return plain.replace("\N{NO-BREAK SPACE}", " ")


def exact(document: Document, **changes: dict[str, float]) -> Document:
    return with_kernels(document, round_noise=0.0, noise=0.0, **changes)  # type: ignore[arg-type]


def test_the_section_follows_the_rules_of_thumb_with_a_table_a_problem(tmp_path: Path) -> None:
    text = reported(exact(small(1)), tmp_path)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    sections = re.findall(r'<section id="(\w+)"', page)
    assert sections.index("kernels") == sections.index("rules_of_thumb") + 1
    for part in (
        "<h4>n = 10,000, d = 2, widths = 1.0-1.2</h4>", "All with m 100, workers 1.",
        "<td>stream_read</td><td>warm</td><td>4.00 µs</td><td>40.0</td><td></td>",
        "<td>fused</td><td>warm</td><td>10.0 µs</td><td></td><td>40.0%</td><td>200</td>",
        "<td>1.60</td><td>100%</td>", "<td>90.0</td>",
        "numpy (numpy 1.24.2), cKDTree (scipy 1.10.1), article_python (CPython 3.11.2).",
        "Sorting once pays from 50 queries on. A query takes 10.0 µs with fused, 2.00 µs once",
    ):  # fmt: skip
        assert part in text, part
    assert "kernels, n" not in page
    assert "huge pages" not in text
    assert "make peers" not in text


def test_without_the_family_there_is_no_section_and_no_table(tmp_path: Path) -> None:
    assert reported(with_dispatch(small(1)), tmp_path) == ""
    assert not (tmp_path / "tables" / "kernels.csv").exists()


def test_each_section_names_its_own_peers(tmp_path: Path) -> None:
    document = with_dispatch(with_kernels(small(1)))
    for one_round in document["rounds"]:
        one_round["context"]["peers.versions"] = "numpy: numpy 1; cKDTree: scipy 1; loky: loky 3"
    text = reported(document, tmp_path)
    assert "loky" not in text
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    dispatch = re.search(r'<section id="dispatch">.*?</section>', page, re.DOTALL)
    assert dispatch
    assert "loky (loky 3)." in dispatch[0]
    assert "numpy" not in dispatch[0]


def test_without_peers_it_says_how_to_measure_them(tmp_path: Path) -> None:
    text = reported(with_kernels(small(1), peers={}), tmp_path)
    assert "<code>make peers</code> measures them" in text
    assert "times fused" not in text


def with_huge_pages(shares: dict[str, float], mode: str | None = "never") -> Document:
    document = with_kernels(small(1), LARGE, {})
    for one_round in document["rounds"]:
        if mode:
            one_round["context"]["state.transparent_huge_pages_shared"] = mode
        for each in one_round["benchmarks"]:
            for name, share in shares.items():
                if each["run_name"].startswith(name):
                    each["huge_page_share"] = share
    return document


@pytest.mark.parametrize(
    ("shares", "mode", "said"),
    [
        (
            {"kernels/": 0.0},
            "never",
            "No huge pages were granted for the samples (shared memory: never).",
        ),
        (
            {"kernels/": 0.0},
            None,
            "No huge pages were granted for the samples (shared memory: unknown).",
        ),
        (
            {"kernels/": 0.97},
            "advise",
            "97% of the samples were in huge pages, of data sets that fill at least one.",
        ),
        (
            {"kernels/": 0.5, kernel("fused", 10**7, 8): 0.0},
            "advise",
            "0% to 50% of the samples were in huge pages, of data sets that fill at least one.",
        ),
        ({}, "never", ""),
    ],
)
def test_huge_pages_are_reported_as_they_were_had(
    shares: dict[str, float], mode: str | None, said: str, tmp_path: Path
) -> None:
    text = reported(with_huge_pages(shares, mode), tmp_path)
    found = re.findall(r"<p>(.* huge pages.*)</p>", text)
    assert found == ([said] if said else [])


def test_the_table_holds_every_row_with_its_intervals(tmp_path: Path) -> None:
    reported(with_kernels(small(1)), tmp_path)
    with (tmp_path / "tables" / "kernels.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    # The two limits of n = 10,000,000 and d = 2 stand in the blocks of both ranges of widths.
    assert len(rows) == len(TRUTH | PEERS) + 2
    fused = next(
        row for row in rows if (row["kernel"], row["n"], row["d"]) == ("fused", "10000", "2")
    )
    for figure, value in (("of_limit", 0.4), ("times_literal", 200.0)):
        low, middle, high = (float(fused[f"{figure}{end}"]) for end in ("_low", "", "_high"))
        assert low < middle < high
        assert middle == pytest.approx(value, rel=0.02)
    sorts = [row for row in rows if row["sorting_pays_from"]]
    assert {(row["kernel"], row["start"]) for row in sorts} == {("indexed", "cold")}
    assert float(sorts[0]["sorting_pays_from"]) == pytest.approx(50, rel=0.05)
    assert {row["sorting_never_pays"] for row in sorts} == {"no"}


def test_a_run_of_the_family_alone_has_a_report(tmp_path: Path) -> None:
    document = with_kernels(small(1))
    drop(document, lambda name: name.startswith("article/"))
    text = reported(document, tmp_path)
    assert text.count("<h3>") == 2  # of questions, and of all kernels
    assert text.count("<h4>") == 4  # one per problem
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "No answer: the run has no serial case" in page
    assert '<section id="cases">' not in page


@pytest.mark.parametrize("left_out", ["n", "d", "m", "widths", "workers", "start", "kernel"])
def test_names_of_another_form_are_shown_all_the_same(left_out: str, tmp_path: Path) -> None:
    """Nothing promises that another revision's cases have every parameter."""
    odd = {
        "/".join(part for part in name.split("/") if not part.startswith(f"{left_out}:")): 1e-3
        for name in TRUTH
    }
    text = reported(with_kernels(small(1), odd, {}), tmp_path)
    assert text.count("<tr>") > len(odd)
