"""The first screen: short sentences, the same table in the terminal, and figures of the run."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from parzen_study.page import style
from parzen_study.page.blocks import Gallery, Paragraph, Points, Table
from parzen_study.report.terminal import print_study
from parzen_study.run.case import COLD, PAUSED, WARM
from parzen_study.run.load import load_run
from parzen_study.stats.worthwhile import WORTHWHILE
from parzen_study.study import Study, study
from parzen_study.topics.zones import figure, sentences
from parzen_study.topics.zones.bands import PROCESSES_PAY
from parzen_study.topics.zones.rows import MOST_ROWS
from parzen_study.topics.zones.section import section, table
from parzen_study.topics.zones.words import TIMES, boundary_time, factor
from places import ROOT
from synthetic import write
from synthetic_own_loop import gains, own_loop
from synthetic_sweep import FUSED, TYPICAL, sweep, true_time, with_sweep
from unrendered import lay_out


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Study:
    truth = gains(lambda size: 1.9 if size > 10_000 else 0.5, lambda _size: 0.5)
    folder = write(own_loop(truth, sizes=(1_000, 100_000)), tmp_path_factory.mktemp("own"))
    return study(load_run(folder / "run.json"))


@pytest.fixture(scope="module")
def typical(tmp_path_factory: pytest.TempPathFactory) -> Study:
    document = with_sweep(sweep() | sweep(way=FUSED))
    return study(load_run(write(document, tmp_path_factory.mktemp("typical")) / "run.json"))


@pytest.fixture(params=["committed", "own", "typical"])
def found(request: pytest.FixtureRequest) -> Study:
    each: Study = request.getfixturevalue(request.param)
    return each


def texts(found: Study) -> list[str]:
    shown = section(found)
    assert shown
    said = [each.text for each in shown.blocks if isinstance(each, Paragraph)]
    points = [each.points for each in shown.blocks if isinstance(each, Points)]
    return [*said, *(point for each in points for point in each)]


def test_no_sentence_is_long_and_no_paragraph(found: Study) -> None:
    for text in texts(found):
        assert len(text.split()) <= 60, text
        for sentence in re.split(r"(?<=[.?:;]) ", text):
            assert len(sentence.split()) <= 20, sentence


def test_gaps_are_explained_only_where_they_were_measured(found: Study) -> None:
    assert found.zones
    measured = found.zones.band(PAUSED) is not None
    assert any("ith gaps" in text for text in texts(found)) == measured


def test_the_terminal_ends_with_the_same_table_and_the_path(found: Study, tmp_path: Path) -> None:
    out = StringIO()
    print_study(Console(file=out, width=80), found, tmp_path)
    text = out.getvalue()
    assert max(map(len, text.split(str(tmp_path))[0].splitlines())) <= 80
    assert found.zones
    shown = table(found.zones)
    end = text[text.index(shown.title) :]
    for row in shown.rows:
        assert row[0] in end
    every = " ".join(" ".join(row) for row in shown.rows).split()
    assert all(word in end for word in every)
    assert end.index(shown.title) < end.index("report.html")


def test_no_letter_of_the_chart_is_cut_off_or_over_another(found: Study) -> None:
    assert found.zones
    data = figure.ZonesFigure(found.zones.bands, found.zones.marks)
    for width in (style.WIDTH, style.WIDE):
        drawn = figure.draw(data, width)
        lay_out(drawn)
        (axes,) = drawn.axes
        low, high = axes.get_xlim()
        ticks = [
            each
            for each in axes.get_xticklabels(which="both")
            if each.get_text() and low <= each.get_position()[0] <= high
        ]
        boxes = [text.get_window_extent() for text in (*axes.texts, *ticks)]
        for box in boxes:
            assert drawn.bbox.x0 <= box.x0 <= box.x1 <= drawn.bbox.x1
            assert drawn.bbox.y0 <= box.y0 <= box.y1 <= drawn.bbox.y1
        for number, one in enumerate(boxes):
            assert not any(one.overlaps(other) for other in boxes[number + 1 :])


def test_the_alt_text_says_the_zones(found: Study) -> None:
    shown = section(found)
    assert shown
    gallery = next(each for each in shown.blocks if isinstance(each, Gallery))
    (drawing,) = gallery.drawings
    assert found.zones
    for band in found.zones.bands:
        assert all(zone.use in drawing.description for zone in band.zones)
    assert drawing.notes


@pytest.mark.parametrize(("gain", "shown"), [(3.7, True), (1.0, False)])
def test_ranks_of_mpi_have_a_row_where_they_beat_serial(
    gain: float, shown: bool, tmp_path: Path
) -> None:
    costs = {**TYPICAL, ("mpi", "warm"): (5e-6, gain)}
    document = with_sweep(sweep(costs) | sweep(costs, way=FUSED))
    for each in document["rounds"]:
        each["context"]["backends.mechanisms"] += "; mpi: processes"
    found = study(load_run(write(document, tmp_path) / "run.json")).zones
    assert found
    assert len(table(found).rows) == len(found.rows) + shown <= MOST_ROWS
    if not shown:
        return
    row = table(found).rows[-1]
    boundary, ranks = found.ranks["warm"].pays, found.ranks["warm"].gain
    assert ranks
    assert row[0] == "ranks of MPI"
    assert row[1] == "does not apply"
    first = f"beat serial\nfrom {boundary_time(boundary, found.bands[1])}:\n"
    assert row[2].startswith(f"{first}{factor(ranks.speedup.value)}{TIMES} (")
    # Of each kernel, the size in the middle of those above break-even.
    true = [time / (5e-6 + time / gain) for time in (100e-6, 1.3e-3)]
    assert ranks.seen == pytest.approx(true, rel=0.05)
    assert ranks.speedup.low < ranks.speedup.value < gain
    truth = true_time(costs, "mpi", "warm", factor=WORTHWHILE)
    assert boundary.time.low <= truth <= boundary.time.high
    # Ranks are cheaper than the pool here, and do not count as processes of one program.
    processes = found.bands[1].boundary(PROCESSES_PAY)
    pool = true_time(costs, "process_pool", "warm", factor=WORTHWHILE)
    assert processes
    assert processes.time.low <= pool <= processes.time.high


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.94, "0.94"), (0.9968, "0.997"), (0.99968, "0.9997"), (1.0, "1.0"), (1.04, "1.0"),
     (1_234.0, "1,200"), (math.nan, "unknown")],
)  # fmt: skip
def test_a_loss_is_not_rounded_to_no_change(value: float, shown: str) -> None:
    assert factor(value) == shown


def test_the_readme_has_the_table_of_the_committed_run(committed: Study) -> None:
    assert committed.zones
    shown: Table = table(committed.zones)
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    for row in shown.rows:
        assert f"| {' | '.join(' '.join(cell.split()) for cell in row)} |" in readme
    assert "results/study/figures/zones_wide.png" in readme


@pytest.mark.parametrize(
    ("serial", "start", "use"),
    [
        (3e-3, "with gaps", "threads"),  # a request of a server
        (40e-6, "warm", "threads"),  # 10,000 times a second
        (2.0, "cold", "threads"),  # once a day in a fresh program
    ],
)
def test_three_readers_find_their_row(
    committed: Study, serial: float, start: str, use: str
) -> None:
    assert committed.zones
    (row,) = (each for each in committed.zones.rows if each.low <= serial < each.high)
    choice = row.choices[start]
    assert choice
    assert choice.uses[-1].what == use
    assert choice.expected
    assert WORTHWHILE < choice.expected.speedup.value < 2.1


def test_loops_that_processes_never_speed_up_are_named_with_their_starts(found: Study) -> None:
    assert found.zones
    bands = tuple(
        replace(
            each,
            boundaries=tuple(
                replace(one, exceptions=("sends_much",) if one.what == PROCESSES_PAY else ())
                for one in each.boundaries
            ),
        )
        for each in found.zones.bands
    )
    said = [each.text for each in sentences.lines(replace(found.zones, bands=bands))]
    starts = {each.start for each in bands if each.boundary(PROCESSES_PAY)}
    named = ", ".join(
        name
        for start, name in ((COLD, "cold"), (WARM, "warm"), (PAUSED, "with gaps"))
        if start in starts
    )
    never = "never beat serial in these loops"
    assert f"Processes {never}: sends_much ({named})." in said
    none = [each.text for each in sentences.lines(replace(found.zones, bands=()))]
    assert not any(never in text for text in none)
