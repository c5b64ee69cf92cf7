"""Waits for idle CPUs before the first round, and measures how busy they were.

The load average is not suitable: it covers minutes, so a run after its own build would always
find a busy machine.
"""

import os
import sys
from typing import Final

from runner.load import IDLE, STAT, Stat, Ticks
from runner.process import SignalWatch
from runner.progress import say

# At most this many busy CPUs count as idle. Above it the report warns (BUSY_LOAD of
# quality/warnings.py).
IDLE_CPUS: Final = 0.5
WINDOW_SECONDS: Final = 1.0
WAIT_SECONDS: Final = 20


def wait_until_idle(
    watch: SignalWatch,
    windows: int = WAIT_SECONDS,
    window_seconds: float = WINDOW_SECONDS,
    read: Stat = STAT,
) -> float | None:
    """Measures the usable CPUs in one window after another until they are idle.

    Returns the busy share of their time (0 to 1) in the last window, idle or not. Returns None
    without a window, or if it cannot be read. Raises InterruptionError on a stop signal.
    """
    usable = os.sched_getaffinity(0)
    busy: float | None = None
    before = Ticks.of(usable, read, IDLE)
    for window in range(windows):
        if before is None:
            return None
        watch.pause(window_seconds)
        after = Ticks.of(usable, read, IDLE)
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


def _busy_share(before: Ticks, after: Ticks | None) -> float | None:
    if after is None or after.total <= before.total:  # no ticks were counted
        return None
    share = (after.busy - before.busy) / (after.total - before.total)
    return min(1.0, max(0.0, share))  # idle and iowait may decrease slightly: proc(5)
