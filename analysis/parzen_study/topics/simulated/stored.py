"""simulated.json: what `make simulate` found, next to the run.json whose rate it used."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from parzen_study.common.errors import UnusableData
from parzen_study.common.regular_file import read_regular
from parzen_study.stats.bootstrap import Estimate
from parzen_study.topics.simulated.rate import Rate

NAME: Final = "simulated.json"
FORMAT: Final = "parzen-study simulated"
VERSION: Final = 1
STRONG, WEAK = "strong", "weak"


@dataclass(frozen=True)
class Platform:
    """A file of bench/platforms/: `bandwidth` and `latency` are those of a link, as it has them."""

    name: str
    topology: str
    bandwidth: str
    latency: str
    hosts: int

    @property
    def label(self) -> str:
        """`10 Gbit/s, fat tree`."""
        return f"{self.bandwidth.removesuffix('Gbps')} Gbit/s, {self.topology}"


@dataclass(frozen=True)
class Call:
    """A call of the backend mpi with a rank per node, for `n` samples in all. `scaling` is STRONG
    (n is the same for any number of nodes) or WEAK (of each node). Simulated seconds; the ends of
    their interval are those of the rate."""

    platform: str
    scaling: str
    nodes: int
    n: int
    seconds: Estimate

    @classmethod
    def at_rates(
        cls,
        platform: Platform,
        scaling: str,
        nodes: int,
        n: int,
        seconds: Mapping[int, float],
        rate: Rate,
    ) -> Call:
        """`seconds` by rate: at the measured one, and at both ends of its interval."""
        of = rate.samples
        value, low, high = (seconds[int(end)] for end in (of.value, of.high, of.low))
        return cls(platform.name, scaling, nodes, n, Estimate(value, low, high))


@dataclass(frozen=True)
class Stored:
    """`settings` are options of the simulator."""

    simulator: str
    settings: tuple[str, ...]
    rate: Rate
    platforms: tuple[Platform, ...]
    calls: tuple[Call, ...]


def as_text(stored: Stored) -> str:
    """The same figures give the same text."""
    document = {
        "format": FORMAT,
        "version": VERSION,
        "simulator": stored.simulator,
        "settings": stored.settings,
        "rate": {
            "case": stored.rate.case,
            "n": stored.rate.n,
            "samples_a_second": _ends(stored.rate.samples),
        },
        "platforms": [vars(each) for each in stored.platforms],
        "calls": [{**vars(each), "seconds": _ends(each.seconds)} for each in stored.calls],
    }  # fmt: skip
    return json.dumps(document, indent=1, allow_nan=False) + "\n"


def load(folder: Path) -> Stored | None:
    """None where the folder has no such file. Raises UnusableData for what is none of ours."""
    place = folder / NAME
    try:
        text = read_regular(place)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        document = json.loads(text)
        if (document["format"], document["version"]) != (FORMAT, VERSION):
            raise ValueError(f"not of format {FORMAT!r}, version {VERSION}")
        return _stored(document)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise UnusableData(
            "the simulated clusters cannot be read",
            where=str(place),
            found=f"a missing or wrong item: {error}",
            next_step="simulate again (make simulate), or remove the file",
        ) from None


def _stored(document: Mapping[str, Any]) -> Stored:
    platforms = tuple(
        Platform(
            _text(each["name"]),
            _text(each["topology"]),
            _text(each["bandwidth"]),
            _text(each["latency"]),
            _whole(each["hosts"]),
        )
        for each in document["platforms"]
    )
    names = {each.name for each in platforms}
    calls = tuple(_call(each, names) for each in document["calls"])
    if not calls or len({(each.platform, each.scaling, each.nodes) for each in calls}) < len(calls):
        raise ValueError("no call, or one twice")
    rate = document["rate"]
    return Stored(
        simulator=_text(document["simulator"]),
        settings=tuple(map(_text, document["settings"])),
        rate=Rate(_text(rate["case"]), _whole(rate["n"]), _estimate(rate["samples_a_second"])),
        platforms=platforms,
        calls=calls,
    )


def _call(each: Mapping[str, Any], platforms: set[str]) -> Call:
    if each["platform"] not in platforms or each["scaling"] not in (STRONG, WEAK):
        raise ValueError(f"platform {each['platform']!r}, scaling {each['scaling']!r}")
    nodes, n = _whole(each["nodes"]), _whole(each["n"])
    return Call(each["platform"], each["scaling"], nodes, n, _estimate(each["seconds"]))


def _ends(estimate: Estimate) -> list[float]:
    return [estimate.low, estimate.value, estimate.high]


def _estimate(ends: Any) -> Estimate:
    low, value, high = map(float, ends)
    if not (0.0 < low <= value <= high and math.isfinite(high)):
        raise ValueError(f"{ends!r} is not an interval that contains its value")
    return Estimate(value, low, high)


def _text(found: Any) -> str:
    if not isinstance(found, str):
        raise TypeError(f"{found!r} is no text")
    return found


def _whole(found: Any) -> int:
    if not isinstance(found, int) or found < 1:
        raise ValueError(f"{found!r} is no positive whole number")
    return found
