"""A model of a run is worked out when somebody asks for it, and once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from parzen_study.run.load import load_run
from parzen_study.study import study
from parzen_study.topics.advice import fit


def test_what_nobody_asks_for_is_not_worked_out(
    typical_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    original = fit.fit

    def counted(*of: Any) -> Any:
        asked.append(of)
        return original(*of)

    monkeypatch.setattr(fit, "fit", counted)
    whole = study(load_run(typical_run / "run.json"))
    assert whole.answers.found
    assert asked == []
    assert whole.advice is whole.advice
    assert len(asked) == 1
