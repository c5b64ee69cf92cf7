"""Comparisons of known truth, as a gate leaves them and as the self-test stores them."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from parzen_study.gate.selftest import disturbed, others
from parzen_study.gate.selftest.stored import Stored, packed, unpacked
from parzen_study.gate.two_builds import CASES

START = datetime(2026, 11, 29, 6, 17, 44, tzinfo=UTC)
SUFFIX = "/process_time/real_time"
UNITS = {
    f"{backend} {start}": [
        f"sweep/{backend}/kernel:fused/n:{n}/workers:2/start:{start}{SUFFIX}" for n in (200, 5000)
    ]
    for backend in ("serial", "tbb", "openmp")
    for start in ("cold", "warm")
    if (backend, start) != ("serial", "warm")
}
NAMES = sorted(case for own in UNITS.values() for case in own)


def paired(
    blocks: int,
    noise: float = 0.03,
    factor: Mapping[str, float] | None = None,
    seed: int = 1,
    cases: list[str] | None = None,
    start: datetime = START,
) -> dict[str, Any]:
    """paired.json of a stage, in which the cases of a unit take `factor` times as long in NEW."""
    draw = random.Random(seed)
    names = cases or NAMES
    slower = {case: (factor or {}).get(unit, 1.0) for unit, own in UNITS.items() for case in own}
    found = []
    for block in range(blocks):
        order = draw.choice(("ABBA", "BAAB"))
        letters = []
        for position, build in enumerate(order):
            seconds = {
                case: 1e-4
                * (1 + NAMES.index(case))
                * math.exp(draw.gauss(0.0, noise))
                * (slower[case] if build == "B" else 1.0)
                for case in names
            }
            began = start + timedelta(seconds=4 * block + position)
            context = {
                "date": began.isoformat(),
                "machine.revision": "0123456789ab",
                "machine.cpu_model": "A CPU",
                "machine.compiler_flags": "-O3 -I/home/me/include",
                "machine.kernel": "Linux 6.1",
                "state.load_1m": "0.25",
                "machine.secret": "/home/me",
            }
            letters.append({"build": build, "context": context, "seconds": seconds, "errors": {}})
        found.append({"order": order, "seed": 1, "letters": letters})
    return {
        "format": "parzen-study paired", "version": 1, "profile": "quick", "filter": CASES,
        "seed": seed, "only_old": [], "only_new": [], "interrupted": False, "blocks": found,
    }  # fmt: skip


def stored(*stages: dict[str, Any], planted: str = "none", verdict: str = "pass") -> Stored:
    return unpacked(packed(stages, planted, verdict, START), "a test's")


def draw_few_suites(patch: pytest.MonkeyPatch) -> None:
    """For tests of what the command of the self-test prints and writes, whatever the shares."""
    command = import_module("parzen_study.gate.selftest.__main__")
    for module, name in (
        (command, "equal_lines"), (command, "sizes_of"), (command, "target_lines"),
        (disturbed, "lines"), (others, "rows"),
    ):  # fmt: skip
        patch.setattr(module, name, partial(getattr(module, name), suites=9))


def left_by_a_gate(folder: Path, *stages: dict[str, Any], reason: str = "as it is") -> Path:
    """A folder as gate.py leaves it; a reason other than this one is of an invalid comparison."""
    for number, stage in enumerate(stages, start=1):
        (folder / f"stage{number}").mkdir(parents=True)
        (folder / f"stage{number}" / "paired.json").write_text(json.dumps(stage), "utf-8")
    verdict = {
        "format": "parzen-study verdict",
        "verdict": "pass" if reason == "as it is" else "invalid",
        "reason": reason,
        "units": [{"name": "tbb warm", "stage": len(stages)}],
    }
    (folder / "verdict.json").write_text(json.dumps(verdict), "utf-8")
    return folder
