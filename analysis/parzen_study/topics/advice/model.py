"""How long a call of a loop takes under a backend: the model that `parzen-study advise` evaluates.

Needs only the standard library: the libraries of the report take seconds to
import. With W workers on P usable CPUs, a call of n tasks of t seconds takes

    serial    s n t                        the share s that runs one after the other
    work      (1 - s) n t / speed          speed: measured with all CPUs, less with fewer workers
              x turns                      whole tasks, or chunks of them, on whole workers
    call      (c - m k) (W / W0)^g + n k   c is measured with m tasks and W0 workers, k a task;
                                           of n > 4,096, which are cut into so many blocks, 4,096
    bytes     of results and new input     to another process and back; threads send none

Every coefficient has an interval, and what a run does not show has a range: how cost grows with the
workers (g), what one more task costs (k), how far a second CPU helps where memory is the limit. A
`Draw` is one state of all that, so a prediction of every draw gives an interval; each holds the
model's own error too, from predicting every case of grain from the others (fit.py). Beyond what was
measured that error grows, see `outside`, but never to more speed than the CPUs have.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

SERIAL: Final = "serial"
THREADS, PROCESSES, NEITHER = "threads", "processes", "neither"
RESULT_BYTES: Final = 8.0  # of the results in family grain: a count
DRAWS: Final = 1000
MOST_BLOCKS: Final = 4096  # that a loop's tasks are cut into, as kernels/loops/loop.hpp
_SEED: Final = 20140620
_Z95: Final = 1.96

# What one run does not show: the value, and how far a draw of one standard deviation lies from it.
# Cost of workers that are created grows about with their number; waking ready ones grows slower.
_GROWTH_CREATED: Final = (1.0, 0.25)
_GROWTH_READY: Final = (0.5, 0.25)
_LOG_SHAPE: Final = math.log(3.0) / _Z95
# Error a decade beyond the measured range of work, and a doubling of the workers beyond it.
_ERROR_A_DECADE: Final = 0.03
_ERROR_A_DOUBLING: Final = 0.07
_CACHES: Final = 1.1  # the fastest speedups of results/study over the CPUs


@dataclass(frozen=True)
class Spread:
    """A positive coefficient with its 95% interval."""

    value: float
    low: float
    high: float

    def at(self, z: float) -> float:
        """So many standard deviations from the value, each side with its own, on a log scale."""
        end = self.high if z > 0.0 else self.low
        if not (self.value > 0.0 and end > 0.0):
            return self.value
        return self.value * math.exp(abs(z) / _Z95 * math.log(end / self.value))


@dataclass(frozen=True)
class Line:
    """A backend in one start, fitted from its cases of grain.

    `call`: seconds of a call of `tasks` tasks and `workers` workers beyond its work. `speed`: work
    done a second over that of serial. `task`: seconds that one more task adds, the least and the
    most. `error`: standard deviation of the logarithm of predicted over measured. `slow`: share of
    the rounds in which calls took more than twice the median. `chunks`: messages a worker where
    tasks go in chunks, else 0. `transfer`: (bytes, seconds) of a message beyond the smallest;
    `fork`: seconds per byte of the program and per worker, where workers inherit the input.
    """

    backend: str
    mechanism: str
    start: str
    workers: int
    tasks: int
    call: Spread
    speed: Spread
    task: tuple[float, float]
    error: float
    slow: float
    chunks: int
    transfer: tuple[tuple[float, float], ...]
    fork: float


@dataclass(frozen=True)
class Advice:
    """The model of one run. `task_times`: of the tasks in grain, seconds, the shortest and the
    longest. `copy_rate`: bytes per second that one CPU moves, read and written; 0 where unknown.
    `missing` is why there are no lines."""

    cpus: int
    cpu_model: str
    measured_on: str
    rounds: int
    has_intervals: bool
    task_times: tuple[float, float]
    copy_rate: float
    lines: tuple[Line, ...]
    missing: str = ""


@dataclass(frozen=True)
class Loop:
    """A loop to be predicted. `result_bytes` of a task, `input_bytes` that are new in every call,
    `memory_bytes` that a task moves from and to memory past the caches, `serial_share` of the
    tasks' time that runs one after the other."""

    tasks: int
    task_time: float
    result_bytes: float = RESULT_BYTES
    input_bytes: float = 0.0
    memory_bytes: float = 0.0
    serial_share: float = 0.0

    @property
    def serial(self) -> float:
        """Seconds of a call without any mechanism."""
        return self.tasks * self.task_time


@dataclass(frozen=True)
class Draw:
    """One state of what is not known exactly: normal numbers, and uniform ones from 0 to 1."""

    call: float = 0.0
    speed: float = 0.0
    error: float = 0.0
    growth: float = 0.0
    shape: float = 0.0
    task: float = 0.5
    bandwidth: float = 0.5


MIDDLE: Final = Draw()


def draws(line: Line) -> Sequence[Draw]:
    """The same ones on every call; those of different lines are independent."""
    return _draws(line.backend, line.start)


@lru_cache
def _draws(backend: str, start: str) -> Sequence[Draw]:
    generator = random.Random(f"{_SEED} {backend} {start}")
    normal, uniform = generator.gauss, generator.random
    return [
        Draw(
            call=normal(0.0, 1.0),
            speed=normal(0.0, 1.0),
            error=normal(0.0, 1.0),
            growth=normal(0.0, 1.0),
            shape=normal(0.0, 1.0),
            task=uniform(),
            bandwidth=uniform(),
        )
        for _ in range(DRAWS)
    ]


def seconds(
    advice: Advice, line: Line, loop: Loop, workers: int | None = None, draw: Draw = MIDDLE
) -> float:
    """What a call takes, with the workers that were measured by default."""
    return timer(advice, line, loop, workers)(draw)


def timer(
    advice: Advice, line: Line, loop: Loop, workers: int | None = None
) -> Callable[[Draw], float]:
    """`seconds` by draw: what no draw changes is worked out once."""
    used = workers or line.workers
    serial = loop.serial * loop.serial_share
    blocks = min(loop.tasks, MOST_BLOCKS)
    work = (loop.serial - serial) * _turns(line, blocks, used, advice.cpus)
    bound = _memory_bound(advice, loop)
    transfer = _transfer(line, loop, used)
    error = line.error + outside(advice, line, loop, used)
    least = (loop.serial - serial) / _most_speed(line, used, advice.cpus)

    def of(draw: Draw) -> float:
        speed = _speed(line, used, advice.cpus, draw)
        gain = math.exp(draw.bandwidth * math.log(max(speed, 1.0)))  # in bandwidth, by all workers
        spent = work * ((1.0 - bound) / speed + bound / gain)
        expected = serial + spent + _call(line, blocks, used, draw) + transfer
        # The serial part is the loop's own and known. No error makes CPUs do more than they can.
        return serial + max(least, (expected - serial) * math.exp(error * draw.error))

    return of


def outside(advice: Advice, line: Line, loop: Loop, workers: int) -> float:
    """What is added to the error beyond the measured task times and workers; 0 within."""
    shortest, longest = advice.task_times
    decades = max(0.0, math.log10(shortest / loop.task_time), math.log10(loop.task_time / longest))
    doublings = max(0.0, math.log2(workers / line.workers))
    return _ERROR_A_DECADE * decades + _ERROR_A_DOUBLING * doublings


def _speed(line: Line, workers: int, cpus: int, draw: Draw) -> float:
    """Busy CPUs times what each of them does: all of serial's alone, what was measured at all."""
    busy, all_busy = min(workers, cpus), min(line.workers, cpus)
    each = line.speed.at(draw.speed) / all_busy
    if busy >= all_busy:
        return busy * each
    if busy == 1:
        return 1.0
    shape = math.exp(_LOG_SHAPE * draw.shape)
    lost = (1.0 - each) * math.exp(shape * math.log((busy - 1) / (all_busy - 1)))
    return busy * (1.0 - lost)


def _most_speed(line: Line, workers: int, cpus: int) -> float:
    """All CPUs as fast as one alone, and a little more for what their caches hold together; or as
    they were measured at the most if that is faster."""
    each = line.speed.high / min(line.workers, cpus)
    return min(workers, cpus) * max(_CACHES, each)


def _turns(line: Line, tasks: int, workers: int, cpus: int) -> float:
    """How many times as long as evenly spread the work takes, since no task is cut."""
    chunk = -(-tasks // (line.chunks * workers)) if line.chunks else 1
    full, rest = divmod(-(-tasks // chunk), workers)
    turns = full * max(1.0, workers / cpus) + (max(1.0, rest / cpus) if rest else 0.0)
    # The last chunk may be a short one.
    return max(1.0, min(turns * chunk, tasks) * min(workers, cpus) / tasks)


def _call(line: Line, tasks: int, workers: int, draw: Draw) -> float:
    least, most = line.task
    each = least + draw.task * (most - least)
    middle, deviation = _GROWTH_CREATED if line.start == "cold" else _GROWTH_READY
    growth = max(0.0, middle + deviation * draw.growth)
    call = line.call.at(draw.call)
    each = min(each, call / line.tasks)
    grown = math.exp(growth * math.log(workers / line.workers))
    return (call - line.tasks * each) * grown + tasks * each


def _transfer(line: Line, loop: Loop, workers: int) -> float:
    results = loop.tasks * max(0.0, loop.result_bytes - RESULT_BYTES)
    blocks = min(loop.tasks, MOST_BLOCKS)
    messages = min(blocks, line.chunks * workers) if line.chunks else blocks
    sent = messages * _message(line.transfer, results / messages)
    inherited = loop.input_bytes * workers * line.fork
    return sent + (inherited if line.fork else _message(line.transfer, loop.input_bytes))


def _message(transfer: Sequence[tuple[float, float]], size: float) -> float:
    """Interpolated straight; beyond the largest by its seconds per byte."""
    before = (0.0, 0.0)
    for point in transfer:
        if size <= point[0]:
            way = (size - before[0]) / (point[0] - before[0])
            return before[1] + way * (point[1] - before[1])
        before = point
    return size * before[1] / before[0] if before[0] else 0.0


def _memory_bound(advice: Advice, loop: Loop) -> float:
    """The share of a task that moves memory at the rate of one CPU."""
    if not (advice.copy_rate and loop.memory_bytes):
        return 0.0
    return min(1.0, loop.memory_bytes / advice.copy_rate / loop.task_time)
