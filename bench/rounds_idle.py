"""Waits for other programs to end before the first round, and tells how busy the CPUs were.

The load average would not do: it remembers minutes, so a run behind its own build would
always be told of a busy machine.
"""

import os
import sys
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final

from rounds_process import SignalWatch
from rounds_progress import say

# So many CPUs may be busy. Above it the report warns (BUSY_LOAD of parzen_study/checks.py).
IDLE_CPUS: Final = 0.5
WINDOW_SECONDS: Final = 1.0
WAIT_SECONDS: Final = 20

# Fields of a line `cpuN` of /proc/stat (proc(5)); those of guests behind them are within user time.
_FIELDS: Final = 8
_IDLE: Final = (3, 4)  # idle, iowait


def wait_until_idle(
    watch: SignalWatch,
    windows: int = WAIT_SECONDS,
    window_seconds: float = WINDOW_SECONDS,
    read: Callable[[], str] = Path("/proc/stat").read_text,
) -> float | None:
    """Looks at the usable CPUs for one window after another until they are idle.

    Returns the share of their time (0 to 1) that was busy in the last window, idle or not;
    None without a window, or where it cannot be read. Raises InterruptionError on a stop signal.
    """
    usable = os.sched_getaffinity(0)
    busy: float | None = None
    before = _ticks(read, usable)
    for window in range(windows):
        if before is None:
            return None
        watch.pause(window_seconds)
        after = _ticks(read, usable)
        busy = _busy_share(before, after)
        if busy is None or busy * len(usable) <= IDLE_CPUS:
            break
        if window == 0 and windows > 1:
            say(
                sys.stderr,
                f"{busy * len(usable):.1f} of {len(usable)} CPUs are busy: waiting for other "
                f"programs to end, at most {windows * window_seconds:.0f} s",
            )
        before = after
    return busy


def _ticks(read: Callable[[], str], cpus: Collection[int]) -> tuple[int, int] | None:
    """Busy ticks of these CPUs since the start of the system, and all of them."""
    busy = total = 0
    try:
        lines = dict(line.partition(" ")[::2] for line in read().splitlines())
        for cpu in cpus:
            ticks = [int(field) for field in lines[f"cpu{cpu}"].split()[:_FIELDS]]
            total += sum(ticks)
            busy += sum(ticks) - sum(ticks[field] for field in _IDLE)
    except (OSError, ValueError, LookupError):
        return None
    return busy, total


def _busy_share(before: tuple[int, int], after: tuple[int, int] | None) -> float | None:
    if after is None or after[1] <= before[1]:  # a system that counts nothing
        return None
    share = (after[0] - before[0]) / (after[1] - before[1])
    return min(1.0, max(0.0, share))  # idle and iowait may go back a little: proc(5)
