"""The page of a finished gate: what it says and draws, and which files it cannot use."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parzen_study import cli
from parzen_study.common.errors import NoData, UnusableData
from parzen_study.gate.measured import read
from parzen_study.gate.page import page, write_page
from parzen_study.gate.two_builds import Outcome, units_of
from parzen_study.gate.two_builds_stages import Stages
from parzen_study.gate.verdict import write_verdict
from self_comparisons import NAMES, paired
from unrendered import rendering

SLOWER = {"tbb warm": 1.2}


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """As `make gate` leaves it: tbb warm is 20% slower, which stage 2 has decided."""
    folder = tmp_path / "gate"
    stages = Stages(cases=units_of(NAMES))
    for stage in (1, 2):
        cases = sorted(case for own in stages.cases.values() for case in own)
        document = paired(20, 0.01, SLOWER, seed=stage, cases=cases)
        stages.take(document["blocks"], {}, stage)
        place = folder / f"stage{stage}" / "paired.json"
        place.parent.mkdir(parents=True)
        place.write_text(json.dumps(document))
    units = [unit.as_json() for unit in stages.units.values()]
    write_verdict(folder, stages.judgement(), {"units": units})
    return folder


def test_units_are_read_worst_first_with_the_ratios_of_their_blocks(gate: Path) -> None:
    found = read(gate)
    assert (found.verdict, found.units[0].unit.name) == ("regressed", "tbb warm")
    first = found.units[0]
    assert first.unit.outcome == Outcome.REGRESSED
    assert {stage: len(ratios) for stage, ratios in first.ratios.items()} == {1: 20, 2: 20}
    assert math.isclose(sum(first.ratios[2]) / 20, 1.2, rel_tol=0.02)
    last = found.units[-1]
    assert set(last.ratios) == {1}
    assert math.isclose(sum(last.ratios[1]) / 20, 1.0, rel_tol=0.02)


def test_the_page_says_the_verdict_and_loads_nothing(gate: Path) -> None:
    with rendering():
        place = write_page(read(gate), gate)
    text = place.read_text("utf-8")
    assert place.name == "gate.html"
    assert "NEW is slower than OLD." in text
    assert "NEW (0123456789ab)" in text
    assert not re.search(r'(src|href)="(?!#)', text)
    assert "<svg" in text
    assert sorted(each.name for each in gate.iterdir()) == [
        "gate.html", "stage1", "stage2", "verdict.json",
    ]  # fmt: skip


def test_the_command_writes_the_page(gate: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["gate", str(gate)]) == 0
    assert capsys.readouterr().out == f"{gate / 'gate.html'}\n"


def test_a_comparison_that_was_not_finished_is_no_data(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["gate", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert "verdict.json" in said
    assert "compare again: make gate" in said


def test_a_gate_that_was_stopped_in_stage_2_shows_what_was_measured(gate: Path) -> None:
    document = json.loads((gate / "verdict.json").read_text())
    for unit in document["units"]:
        unit["stage"] = 1
    (gate / "verdict.json").write_text(json.dumps(document))
    (gate / "stage2" / "paired.json").unlink()
    assert set(read(gate).units[0].ratios) == {1}


FILES = ("verdict.json", "stage1/paired.json", "stage2/paired.json")


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"format": "parzen-study run"}', b"[" * 100_000, b"\xff"],
    ids=["empty", "truncated", "a list", "foreign", "nested", "not UTF-8"],
)
def test_a_damaged_file_is_named(gate: Path, name: str, content: bytes) -> None:
    (gate / name).write_bytes(content)
    with pytest.raises(UnusableData, match="make gate") as raised:
        read(gate)
    assert name in str(raised.value)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(gate: Path, name: str) -> None:
    (gate / name).unlink()
    with pytest.raises(NoData) as raised:
        read(gate)
    assert name in str(raised.value)


def _edit(document: Any, data: st.DataObject) -> None:
    """Replaces one item anywhere."""
    where = document
    while True:
        keys = list(where) if isinstance(where, dict) else list(range(len(where)))
        key = data.draw(st.sampled_from(keys))
        inner = where[key]
        if isinstance(inner, (dict, list)) and inner and data.draw(st.booleans()):
            where = inner
            continue
        where[key] = data.draw(st.sampled_from([None, -1, 0, "x", [], {}, 1e308, True]))
        return


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(FILES), data=st.data())
def test_an_edited_file_is_used_or_named(gate: Path, name: str, data: st.DataObject) -> None:
    place = gate / name
    content = place.read_bytes()
    document = json.loads(content)
    _edit(document, data)
    place.write_text(json.dumps(document))
    try:
        page(read(gate))
    except UnusableData:
        pass
    finally:
        place.write_bytes(content)
