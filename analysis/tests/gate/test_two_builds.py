"""two_builds.py: what is judged of blocks whose truth is known, in one stage and in two."""

from __future__ import annotations

import math
import random
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from parzen_study.gate.two_builds import (
    Outcome,
    Unit,
    failed_controls,
    flagged,
    judged,
    units_of,
    verdict_of,
    worst_cases,
)
from parzen_study.gate.two_builds_text import junit, markdown, table
from parzen_study.gate.verdict import Verdict

SUFFIX = "/process_time/real_time"
UNITS = {
    **{
        f"{backend} {start}": [
            f"sweep/{backend}/kernel:{kernel}/n:{n}/workers:2/start:{start}{SUFFIX}"
            for kernel in ("fused", "literal")
            for n in (200, 5000)
        ]
        for backend in ("tbb", "process_pool", "serial")
        for start in ("cold", "warm")
    },
    "kernels": [
        f"kernels/serial/kernel:{kernel}/n:10/workers:1/start:warm{SUFFIX}"
        for kernel in ("fused", "literal", "simd")
    ],
}
CASES = [case for own in UNITS.values() for case in own]
Noise = Callable[[random.Random], float]
KINDS: Mapping[str, Noise] = {
    "normal": lambda draw: draw.gauss(0.0, 0.04),
    "heavy tails": lambda draw: 0.03 * draw.gauss(0.0, 1.0) / math.sqrt(draw.expovariate(1.0)),
    "two modes": lambda draw: draw.choice((-0.05, 0.05)) + draw.gauss(0.0, 0.01),
    "bursts": lambda draw: draw.gauss(0.0, 0.03) + (0.5 if draw.random() < 0.05 else 0.0),
}


def measured(
    blocks: int, factor: Mapping[str, float], kind: str, seed: int
) -> list[dict[str, Any]]:
    """Blocks in which build B takes `factor` times as long in a unit. The noise of a process is
    shared by the cases of a unit, as neighbours in time share what disturbs them; all drift."""
    draw, noise = random.Random(seed), KINDS[kind]
    found = []
    for block in range(blocks):
        order = draw.choice(("ABBA", "BAAB"))
        letters = []
        for position, build in enumerate(order):
            seconds = {}
            for unit, cases in UNITS.items():
                shared = noise(draw) / 2 + 0.01 * (4 * block + position)
                slower = math.log(factor.get(unit, 1.0)) if build == "B" else 0.0
                for case in cases:
                    seconds[case] = 1e-3 * math.exp(shared + slower + noise(draw))
            letters.append({"build": build, "seconds": seconds, "errors": {}})
        found.append({"order": order, "letters": letters})
    return found


def in_two_stages(factor: Mapping[str, float], kind: str, seed: int) -> dict[str, Unit]:
    first = judged(measured(30, factor, kind, seed), UNITS, 1)
    again = flagged(first)
    decided = {unit.name: unit for unit in first} | {unit.name: unit for unit in again}
    if again:
        cases = {unit.name: UNITS[unit.name] for unit in again}
        second = judged(measured(100, factor, kind, -seed - 1), cases, 2)
        decided |= {unit.name: unit for unit in second}
    return decided


def test_units_are_backends_by_start_and_kernels() -> None:
    assert units_of(CASES) == {name: UNITS[name] for name in sorted(UNITS)}


def test_equal_builds_are_shown_to_be_equivalent() -> None:
    units = in_two_stages({}, "normal", seed=1)
    assert {unit.outcome for unit in units.values()} == {Outcome.EQUIVALENT}
    judgement = verdict_of(list(units.values()), [], [], [])
    assert judgement.verdict == Verdict.PASS
    assert judgement.reason == "no unit is slower by 5% or more (7 units, 7 equivalent)"


def test_a_backend_that_is_five_percent_slower_is_named() -> None:
    units = in_two_stages({"tbb warm": 1.05}, "normal", seed=2)
    assert units["tbb warm"].outcome == Outcome.REGRESSED
    assert units["tbb warm"].stage == 2
    assert {each.outcome for name, each in units.items() if name != "tbb warm"} == {
        Outcome.EQUIVALENT
    }
    judgement = verdict_of(list(units.values()), [], [], [])
    assert (judgement.verdict, judgement.reason) == (Verdict.REGRESSED, "slower: tbb warm")


def test_a_faster_backend_passes_and_is_called_so() -> None:
    units = in_two_stages({"tbb cold": 0.9, "tbb warm": 0.9}, "normal", seed=3)
    assert units["tbb cold"].outcome == units["tbb warm"].outcome == Outcome.IMPROVED
    judgement = verdict_of(list(units.values()), [], [], [])
    assert judgement.verdict == Verdict.PASS
    assert judgement.reason.endswith(", 2 faster)")


def test_the_first_stage_alone_finds_no_regression() -> None:
    """What chance picked must be seen again."""
    first = judged(measured(30, {"tbb warm": 1.2}, "normal", 4), UNITS, 1)
    assert [unit.outcome for unit in first if unit.name == "tbb warm"] == [Outcome.REGRESSED]
    again = flagged(first)
    assert [(unit.name, unit.outcome) for unit in again] == [("tbb warm", Outcome.INCONCLUSIVE)]


def test_without_a_difference_what_may_be_too_slow_is_measured_again() -> None:
    units = judged(measured(7, {}, "normal", 4), UNITS, 1)
    units = [replace(unit, ratio=1.0, interval=(0.98, 1.03)) for unit in units]
    assert flagged(units) == []
    wide = replace(units[2], interval=(0.95, 1.05))
    assert [unit.name for unit in flagged([*units, wide])] == [wide.name]
    faster = replace(units[3], name="faster", ratio=0.97)
    assert [unit.name for unit in flagged([*units, wide, faster])] == [wide.name, "faster"]
    # A slower one is measured alone, for as long as there is.
    slower = replace(units[4], name="slower", ratio=1.03)
    assert [unit.name for unit in flagged([*units, wide, faster, slower])] == ["slower"]


def test_a_slowdown_at_the_minimum_effect_is_no_regression() -> None:
    units = in_two_stages({"tbb warm": 1.02}, "normal", seed=5)
    assert units["tbb warm"].outcome == Outcome.INCONCLUSIVE
    judgement = verdict_of(list(units.values()), [], [], [])
    assert judgement.verdict == Verdict.PASS
    assert judgement.reason.startswith("no unit is slower by 5% or more (7 units, ")


def test_a_unit_that_may_be_too_slow_is_no_pass() -> None:
    units = list(in_two_stages({}, "normal", seed=5).values())
    units[0] = replace(units[0], outcome=Outcome.INCONCLUSIVE, interval=(0.99, 1.06))
    judgement = verdict_of(units, [], [], [])
    assert judgement.verdict == Verdict.INCONCLUSIVE
    assert judgement.reason == "1 of 7 units may be slower by 5% or more"


@pytest.mark.parametrize("blocks", [1, 5])
def test_too_few_blocks_decide_nothing(blocks: int) -> None:
    units = judged(measured(blocks, {"tbb warm": 2.0}, "normal", 6), UNITS, 2)
    assert {unit.outcome for unit in units} == {Outcome.INCONCLUSIVE}
    assert "none" in table(units, {})
    judgement = verdict_of(units, [], [], [])
    assert judgement.reason == "no verdict: 7 of 7 units inconclusive"


@pytest.mark.parametrize(
    ("broken", "missing", "failed", "verdict", "reason"),
    [
        (["a"], ["tbb cold"], [], Verdict.REGRESSED, "errors in NEW only: 1 case"),
        (
            [],
            ["tbb cold", "tbb warm"],
            ["x"],
            Verdict.INVALID,
            "no times in both builds: tbb cold and 1",
        ),
        ([], [], ["tbb cold"], Verdict.INVALID, "a build differs from itself: tbb cold; measure"),
    ],
)
def test_what_cannot_be_compared_comes_first(
    broken: Sequence[str], missing: Sequence[str], failed: Sequence[str], verdict: Verdict,
    reason: str,
) -> None:  # fmt: skip
    units = judged(measured(10, {"tbb warm": 2.0}, "normal", 6), UNITS, 2)
    judgement = verdict_of(units, broken, missing, failed)
    assert judgement.verdict == verdict
    assert judgement.reason.startswith(reason)


def test_nothing_to_compare_is_invalid() -> None:
    assert verdict_of([], [], [], []).verdict == Verdict.INVALID


def test_a_build_that_differs_from_itself_by_the_drawn_order_is_found() -> None:
    """As where the order is not drawn, or the program sees its place."""
    blocks = measured(20, {}, "normal", 7)
    assert failed_controls(blocks, UNITS) == []
    for block in blocks:
        later = 3 if block["order"] == "ABBA" else 2
        for case in UNITS["tbb cold"]:
            block["letters"][later]["seconds"][case] *= 1.5 if block["order"] == "ABBA" else 0.6
    assert failed_controls(blocks, UNITS) == ["tbb cold"]


def test_the_cases_that_moved_most_are_listed() -> None:
    blocks = measured(10, {}, "normal", 8)
    slow = UNITS["tbb cold"][2]
    for block in blocks:
        for letter in block["letters"]:
            letter["seconds"][slow] *= 1.5 if letter["build"] == "B" else 1.0
    (name, ratio), *others = worst_cases(blocks, UNITS["tbb cold"], 3)
    assert name == slow
    assert ratio == pytest.approx(1.5, rel=0.05)
    assert len(others) == 2


def test_all_forms_say_the_same_and_a_terminal_has_room() -> None:
    blocks = measured(12, {"tbb warm": 1.2}, "normal", 9)
    units = judged(blocks, UNITS, 2)
    units.append(replace(units[0], name="a backend with a long name warm"))
    judgement = verdict_of(units, [], [], [])
    text = table(units, {"tbb warm": worst_cases(blocks, UNITS["tbb warm"], 2)})
    assert max(map(len, text.splitlines())) <= 80
    assert text.splitlines()[1].startswith("tbb warm")
    summary = markdown("Title", units, judgement)
    assert "| tbb warm | 4 | 2 | 12 | 1." in summary
    assert f"**{judgement.line}**" in summary
    suite = ET.fromstring(junit(units, judgement))
    assert suite.get("tests") == "8"
    failures = [each.get("name") for each in suite if each.find("failure") is not None]
    assert failures == ["tbb warm"]
    assert int(suite.get("failures", "")) == 1
    invalid = ET.fromstring(junit([], verdict_of([], [], [], [])))
    assert (invalid.get("errors"), invalid.get("tests")) == ("1", "1")


@pytest.mark.simulation
@pytest.mark.parametrize("kind", KINDS)
def test_of_many_suites_none_cries_wolf_and_all_bark(kind: str) -> None:
    """Of 40 suites of equal builds none has a unit called slower or faster; of 40 in which one
    backend is 5% slower at least 36 name it, and nothing else. By 2,000 suites of each kind, see
    bench/README.md."""
    alarms = named = bystanders = 0
    for seed in range(40):
        equal = in_two_stages({}, kind, seed)
        wrong = {Outcome.REGRESSED, Outcome.IMPROVED}
        alarms += any(unit.outcome in wrong for unit in equal.values())
        slower = in_two_stages({"tbb warm": 1.05}, kind, 1000 + seed)
        found = {name for name, unit in slower.items() if unit.outcome == Outcome.REGRESSED}
        named += "tbb warm" in found
        bystanders += bool(found - {"tbb warm"})
    assert (alarms, bystanders) == (0, 0)
    assert named >= 36
