"""Layout: what is estimated from data of known truth, and which files are none."""

from __future__ import annotations

import contextlib
import json
import lzma
import math
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parzen_study.common.errors import UnusableData
from parzen_study.gate.layout.effects import (
    FILE,
    effects,
    layout_effects,
    packed,
    read,
    toolchain_name,
)
from self_comparisons import NAMES, START, UNITS

CONTEXT = {
    "date": START.isoformat(),
    "machine.compiler": "GNU 12.2.0",
    "machine.libc": "glibc 2.36",
    "machine.cpu_model": "A CPU",
    "machine.compiler_flags": "-O3 -I/home/me/include",
    "machine.secret": "/home/me",
}


def rounds(
    moved: dict[str, float],
    noise: float,
    seed: int,
    links: int = 12,
    number: int = 20,
    burst: float = 0.0,
) -> list[list[dict[str, float]]]:
    """Log times whose standard deviation over links is `moved`, by unit; a share of all processes
    takes three times as long."""
    draw = random.Random(seed)
    unit_of = {case: unit for unit, own in UNITS.items() for case in own}
    off = {unit: [draw.gauss(0.0, moved.get(unit, 0.0)) for _ in range(links)] for unit in UNITS}
    found = []
    for _ in range(number):
        shared = draw.gauss(0.0, 0.05)
        one = []
        for link in range(links):
            factor = 3.0 if draw.random() < burst else 1.0
            one.append(
                {
                    case: 1e-4
                    * factor
                    * math.exp(shared + off[unit_of[case]][link] + draw.gauss(0.0, noise))
                    for case in NAMES
                }
            )
        found.append(one)
    return found


def stored(folder: Path, found: list[list[dict[str, float]]]) -> Path:
    place = folder / FILE
    place.write_bytes(packed(found, CONTEXT))
    return place


def test_what_is_stored_is_read_again_without_names_of_the_machine(tmp_path: Path) -> None:
    measured = rounds({}, 0.02, 1, links=3, number=4)
    place = stored(tmp_path, measured)
    found = read(place)
    assert (found.links, found.rounds, found.machine["cpu_model"]) == (3, 4, "A CPU")
    case = NAMES[0]
    assert found.seconds[case][2][1] == pytest.approx(measured[2][1][case], rel=1e-3)
    text = lzma.decompress(place.read_bytes()).decode()
    assert "home" not in text
    assert "secret" not in text


def test_a_folder_is_named_by_compiler_and_library() -> None:
    named = toolchain_name({"compiler": "GNU 12.2.0", "libc": "glibc 2.36", "kernel": "Linux"})
    assert named == "gnu-12.2.0-glibc-2.36"
    assert toolchain_name({}) == "unknown-unknown"


@pytest.mark.parametrize("burst", [0.0, 0.1])
def test_the_effect_is_that_of_the_links_and_not_of_noise(tmp_path: Path, burst: float) -> None:
    found: dict[str, list[float]] = {"tbb warm": [], "openmp warm": []}
    for seed in range(12):
        layout = read(stored(tmp_path, rounds({"tbb warm": 0.02}, 0.03, seed, burst=burst)))
        for unit, all_found in found.items():
            all_found.append(effects(layout)[unit].share)
    true = 1.96 * math.sqrt(2) * 0.02
    assert sum(found["tbb warm"]) / 12 == pytest.approx(true, rel=0.2)
    assert sum(found["openmp warm"]) / 12 < 0.012
    assert min(found["tbb warm"]) > 0.02


def test_where_nothing_varies_there_is_no_effect(tmp_path: Path) -> None:
    layout = read(stored(tmp_path, rounds({}, 0.0, 1)))
    for effect in effects(layout).values():
        assert effect.share == pytest.approx(0.0, abs=1e-3)
        assert effect.error == pytest.approx(0.0, abs=1e-3)


def test_effects_are_those_of_the_toolchain_and_none_without_a_file(tmp_path: Path) -> None:
    assert layout_effects("gnu", tmp_path) == {}
    (tmp_path / "gnu").mkdir()
    stored(tmp_path / "gnu", rounds({"tbb warm": 0.05}, 0.01, 1))
    found = layout_effects("gnu", tmp_path)
    assert found.keys() == UNITS.keys()
    assert found["tbb warm"] > 0.08
    (tmp_path / "gnu" / FILE).write_bytes(b"no such")
    with pytest.raises(UnusableData, match="make gate-layout"):
        layout_effects("gnu", tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"format": "another"}, {"version": 2}, {"links": 1}, {"rounds": 10**9}, {"links": 4},
        {"cases": []}, {"exponents": [400]}, {"times": [[0]]}, {"toolchain": []},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_no_measured_layout_says_what_to_do(tmp_path: Path, change: dict[str, Any]) -> None:
    place = stored(tmp_path, rounds({}, 0.01, 1, links=3, number=2))
    document = json.loads(lzma.decompress(place.read_bytes()))
    place.write_bytes(lzma.compress(json.dumps(document | change).encode()))
    with pytest.raises(UnusableData, match="make gate-layout"):
        read(place)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_damaged_file_is_an_error_or_a_layout(tmp_path: Path, data: st.DataObject) -> None:
    place = stored(tmp_path, rounds({}, 0.01, 1, links=3, number=2))
    content = bytearray(place.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        content = content[:at]
    else:
        content[at] ^= data.draw(st.integers(1, 255))
    place.write_bytes(bytes(content))
    with contextlib.suppress(UnusableData):
        effects(read(place))
