"""Measures the use of the usable CPUs by other programs during a round.

/proc/stat has the busy time of the CPUs. getrusage(2) has the part of this program and its
descendants. Time that the host took (steal) is neither: the state items of a round have it.
"""

import os
import resource
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

# Fields of a line `cpuN` of /proc/stat (proc(5)). The guest fields after them are part of user
# time.
_FIELDS: Final = 8
IDLE: Final = (3, 4)  # idle, iowait
_STEAL: Final = 7

Stat = Callable[[], str]
STAT: Final[Stat] = Path("/proc/stat").read_text


@dataclass(frozen=True)
class Ticks:
    """Ticks of some CPUs since boot: busy ones, and all."""

    busy: int
    total: int

    @classmethod
    def of(cls, cpus: Collection[int], read: Stat, not_busy: Collection[int]) -> Self | None:
        """None if they cannot be read. `not_busy` are the fields that do not count as busy."""
        busy = total = 0
        try:
            lines = dict(line.partition(" ")[::2] for line in read().splitlines())
            for cpu in cpus:
                ticks = [int(field) for field in lines[f"cpu{cpu}"].split()[:_FIELDS]]
                total += sum(ticks)
                busy += sum(ticks) - sum(ticks[field] for field in not_busy)
        except (OSError, ValueError, LookupError):
            return None
        return cls(busy, total)


@dataclass(frozen=True)
class Usage:
    """CPU time of the usable CPUs and of this program so far, in seconds. `busy` is None if it
    cannot be read."""

    busy: float | None
    own: float
    moment: float

    @classmethod
    def now(cls, read: Stat = STAT) -> Self:
        ticks = Ticks.of(os.sched_getaffinity(0), read, (*IDLE, _STEAL))
        busy = ticks.busy / os.sysconf("SC_CLK_TCK") if ticks else None
        used = [resource.getrusage(of) for of in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        own = sum(each.ru_utime + each.ru_stime for each in used)
        return cls(busy, own, time.monotonic())

    def foreign_since(self, before: Self) -> dict[str, float] | None:
        """The item of run.json for the time since `before`: its `seconds`, and the `cpu_seconds` of
        other programs. None if that is unknown, or no time has passed."""
        seconds = self.moment - before.moment
        if self.busy is None or before.busy is None or seconds <= 0.0:
            return None
        # A tick counts for the process that runs at that moment. In a short round, fewer ticks than
        # this program's own time are possible.
        foreign = max(0.0, self.busy - before.busy - (self.own - before.own))
        return {"seconds": round(seconds, 3), "cpu_seconds": round(foreign, 3)}
