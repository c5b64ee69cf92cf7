"""A link that delays each frame: two TAP devices, and a thread that copies frames between them."""

from __future__ import annotations

import fcntl
import os
import select
import struct
import threading
import time
from collections import deque
from typing import Final

from isolated import Skip

# linux/if_tun.h
_TUNSETIFF: Final = 0x400454CA
_IFF_TAP: Final = 0x0002
_IFF_NO_PI: Final = 0x1000
_LONGEST_FRAME: Final = 65536


def _tap(name: str) -> int:
    """A new TAP device in this network namespace. Its descriptor reads and writes whole frames,
    also when the device is moved to another namespace. The device goes when it is closed."""
    try:
        device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(
            device, _TUNSETIFF, struct.pack("16sH22x", name.encode(), _IFF_TAP | _IFF_NO_PI)
        )
    except OSError as error:
        raise Skip(f"a TAP device is not possible here: /dev/net/tun: {error.strerror}") from None
    return device


class Relay:
    """Delays frames by `delay` seconds, in both directions and in order."""

    def __init__(self, near: str, far: str, delay: float) -> None:
        self._ends = (_tap(near), _tap(far))
        self._delay = delay

    def start(self) -> None:
        threading.Thread(target=self._copy, daemon=True).start()

    def _copy(self) -> None:
        # A late frame would be a longer delay. Only this thread: it sleeps between frames.
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
        other = {self._ends[0]: self._ends[1], self._ends[1]: self._ends[0]}
        waiting: deque[tuple[float, int, bytes]] = deque()
        while True:
            wait = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
            for end in select.select(self._ends, (), (), wait)[0]:
                while frame := self._read(end):
                    waiting.append((time.monotonic() + self._delay, other[end], frame))
            while waiting and waiting[0][0] <= time.monotonic():
                _, end, frame = waiting.popleft()
                self._write(end, frame)

    @staticmethod
    def _read(end: int) -> bytes:
        try:
            return os.read(end, _LONGEST_FRAME)
        except OSError:  # nothing waits, or the device is down
            return b""

    @staticmethod
    def _write(end: int, frame: bytes) -> None:
        try:
            os.write(end, frame)
        except OSError:  # the device is down: a frame is lost, as on a link
            return
