"""The CPUs that a program may use, by the items of a machine."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

# Clock rates that a CPU may have.
LEAST_MHZ, MOST_MHZ = 50.0, 20_000.0


def number(items: Mapping[str, Any], key: str) -> float | None:
    """An item as a number, or None."""
    try:
        found = float(items.get(key, ""))
    except (TypeError, ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def usable(machine: Mapping[str, str]) -> int | None:
    """How many were usable at once, by affinity and quota; None where unknown."""
    found, quota = at_once(machine), of_quota(machine)
    if found is None or quota is None:
        return found
    return max(1, round(min(found, quota)))


def at_once(machine: Mapping[str, str]) -> int | None:
    """Those of the affinity."""
    found = number(machine, "usable_cpus") or number(machine, "logical_cpus")
    return None if found is None else max(1, round(found))


def of_quota(machine: Mapping[str, str]) -> float | None:
    """Those of a quota, or None where there is none or it is unknown."""
    first_word = machine.get("cpu_quota", "").partition(" ")[0]
    return number({"quota": first_word}, "quota")


def clock_mhz(context: Mapping[str, Any]) -> list[float]:
    """The clock rates that a round states, in MHz: Google Benchmark's `mhz_per_cpu`, the nominal
    one where nothing else can be read, and `state.frequency_mhz`, that of a CPU before the round.
    Neither is the rate under load. What no CPU has is left out."""
    found = (number(context, key) for key in ("mhz_per_cpu", "state.frequency_mhz"))
    return [mhz for mhz in found if mhz is not None and LEAST_MHZ <= mhz <= MOST_MHZ]
