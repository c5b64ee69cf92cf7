"""Where things are, for tests in whatever folder."""

from __future__ import annotations

from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
ANALYSIS = TESTS.parent
ROOT = ANALYSIS.parent
RECORDED = TESTS / "recorded"
