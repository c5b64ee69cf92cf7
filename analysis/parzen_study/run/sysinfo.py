"""The items that describe a machine: their labels, their order, and what they say as numbers.

`machine.*` items identify machine and build, `state.*` items vary; an item the suite could not read
is "unknown" and stays so. An item that this file does not know is shown under its own key.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from parzen_study.run import cpus
from parzen_study.run.cpus import number
from parzen_study.run.run import UNKNOWN, Run

# The article's print_sysinfo(), in its order.
ARTICLE_ROWS = (
    "Python version", "compiler", "system", "release",
    "machine", "processor", "CPU count", "interpreter",
)  # fmt: skip

MACHINE_LABELS = {
    "cpu_model": "CPU model",
    "sockets": "sockets",
    "physical_cores": "physical cores",
    "logical_cpus": "logical CPUs",
    "smt": "SMT",
    "numa_nodes": "NUMA nodes",
    "cache_l1d": "L1 data cache",
    "cache_l1i": "L1 instruction cache",
    "cache_l2": "L2 cache",
    "cache_l3": "L3 cache",
    "memory_bytes": "memory",
    "virtualisation": "virtualisation",
    "usable_cpus": "usable CPUs (affinity)",
    "usable_cpu_list": "usable CPUs, which",
    "cpu_quota": "CPU quota",
    "kernel": "kernel",
    "libc": "libc",
    "clock_source": "clock source",
    "compiler": "C++ compiler",
    "compiler_flags": "compiler flags",
    "build_type": "build type",
    "library_benchmark": "Google Benchmark",
    "library_eigen": "Eigen",
    "library_tbb": "oneTBB",
    "library_openmp": "OpenMP",
    "library_fmt": "fmt",
    "library_highway": "Highway",
    "revision": "git revision",
    "revision_dirty": "uncommitted changes",
    "mitigations": "mitigations",
    "cpu_flags": "CPU flags",
}

STATE_LABELS = {
    "governor": "governor",
    "frequency_driver": "frequency driver",
    "turbo": "turbo",
    "frequency_mhz": "frequency, MHz",
    "temperature_c": "temperature, \N{DEGREE SIGN}C",
    "load_1m": "load, 1 minute",
    "runnable_tasks": "runnable tasks",
    "steal_ticks": "steal, ticks since boot",
    "cpu_ticks": "CPU time, ticks since boot",
    "pressure_cpu_some_avg10": "CPU pressure, % of 10 s",
    "throttled_periods": "throttled periods since boot",
    "memory_available_bytes": "memory available",
    "address_space_randomisation": "address-space randomisation",
    "transparent_huge_pages": "transparent huge pages",
    "transparent_huge_pages_shared": "transparent huge pages, shared memory",
    "perf_event_paranoid": "perf_event_paranoid",
    "perf_counters": "performance counters",
    "environment": "environment",
    "power": "power",
}


@dataclass(frozen=True)
class MachineRow:
    label: str
    value: str


@dataclass(frozen=True)
class ArticleRow:
    label: str
    article: str
    here: str


@dataclass(frozen=True)
class StateRow:
    label: str
    before: str
    after: str


def article_rows(run: Run, published: Mapping[str, str]) -> list[ArticleRow]:
    """The article's eight rows next to its 2014 values."""
    return [
        ArticleRow(key, published.get(key, UNKNOWN), run.python.get(key) or UNKNOWN)
        for key in ARTICLE_ROWS
    ]


def machine_rows(run: Run) -> list[MachineRow]:
    """Every known item, "unknown" where missing, then the unknown items."""
    return [
        MachineRow(MACHINE_LABELS.get(key, key), _readable(key, run.machine.get(key)))
        for key in _ordered(MACHINE_LABELS, [run.machine])
    ]


def state_rows(run: Run) -> list[StateRow]:
    """Every state item when the first round began and after the last, then the steal between."""
    before, after = run.states[0], run.state_after
    rows = [
        StateRow(
            STATE_LABELS.get(key, key), _readable(key, before.get(key)),
            _readable(key, after.get(key)),
        )
        for key in _ordered(STATE_LABELS, [before, after])
    ]  # fmt: skip
    share = steal_share(run)
    during = UNKNOWN if share is None else f"{share:.2%}"
    return [*rows, StateRow("steal during the run", "", during)]


def usable_cpus(run: Run) -> int | None:
    """How many CPUs the run could use at once, by affinity and quota."""
    return cpus.usable(run.machine)


def cpus_at_once(run: Run) -> int | None:
    """The CPUs of the affinity, which a short call can use in spite of a quota."""
    return cpus.at_once(run.machine)


def quota_cpus(run: Run) -> float | None:
    """The CPUs of a quota, or None where there is none or it is unknown."""
    return cpus.of_quota(run.machine)


def grown(run: Run, key: str) -> float | None:
    """The growth of a cumulative state item during the run, or None where unknown."""
    return _grown_between(run.states[0], run.state_after, key)


def _grown_between(before: Mapping[str, str], after: Mapping[str, str], key: str) -> float | None:
    first, last = number(before, key), number(after, key)
    return None if first is None or last is None else last - first


def steal_share(run: Run) -> float | None:
    """The share of all CPU time that the host took for others during the run."""
    return steal_between(run.states[0], run.state_after)


def steal_between(before: Mapping[str, str], after: Mapping[str, str]) -> float | None:
    """The same between two states, or None where unknown."""
    steal, total = (_grown_between(before, after, key) for key in ("steal_ticks", "cpu_ticks"))
    return None if steal is None or not total or total < 0 else steal / total


def _ordered(labels: Mapping[str, str], found: Iterable[Mapping[str, str]]) -> list[str]:
    new = {key for items in found for key in items} - labels.keys()
    return [*labels, *sorted(new)]


def _readable(key: str, value: str | None) -> str:
    if not value:
        return UNKNOWN
    if key.endswith("_bytes") and re.fullmatch("[0-9]{1,18}", value):
        return f"{int(value) / 2**30:,.1f} GiB"
    return value
