"""What a verdict looks like to whoever runs a comparison: status, last line, file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from parzen_study.gate.verdict import Judgement, Verdict, remove_verdict, write_verdict


def test_no_verdict_has_the_status_of_a_failure() -> None:
    statuses = {verdict.word: int(verdict) for verdict in Verdict}
    assert statuses == {"pass": 0, "regressed": 10, "inconclusive": 11, "invalid": 12}


@pytest.mark.parametrize(
    ("reason", "line"),
    [
        ("1 of 5 cases", "verdict: invalid - 1 of 5 cases"),
        ("'\x1b[2J\n\N{SNOWMAN}' must be a string", "verdict: invalid - '?[2J??' must be a string"),
        ("x" * 100, "verdict: invalid - " + "x" * 58 + "..."),
    ],
)
def test_it_is_one_plain_line_of_80_columns_whatever_it_quotes(reason: str, line: str) -> None:
    assert Judgement(Verdict.INVALID, reason).line == line
    assert len(line) <= 80


def test_the_file_holds_the_verdict_and_its_details(tmp_path: Path) -> None:
    write_verdict(tmp_path, Judgement(Verdict.PASS, "\N{SNOWMAN}"), {"cases": {"same": 5}})
    assert json.loads((tmp_path / "verdict.json").read_text(encoding="ascii")) == {
        "format": "parzen-study verdict",
        "version": 1,
        "verdict": "pass",
        "status": 0,
        "reason": "?",
        "cases": {"same": 5},
    }
    assert [file.name for file in tmp_path.iterdir()] == ["verdict.json"]


def test_an_earlier_verdict_can_be_removed_and_need_not_be_there(tmp_path: Path) -> None:
    (tmp_path / "verdict.json").write_text("{}", encoding="utf-8")
    for _ in range(2):
        remove_verdict(tmp_path)
        assert list(tmp_path.iterdir()) == []
