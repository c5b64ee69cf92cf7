"""All counts of a build: its kernels, the steps of a message, and its schedulers."""

from __future__ import annotations

import platform
import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from parzen_study.common.shown import MOST_OF_A_LINE, shown, shown_name
from parzen_study.common.wording import count_of
from parzen_study.gate.counts import INSTRUCTIONS, SPINNING, Counts, Range
from runner.counting.instructions import Counted, CountingError, count, valgrind_here
from runner.counting.system_calls import CALLS, of_calls
from runner.process import SignalWatch

_SAMPLES: Final = "2000"  # a quarter of a second under valgrind, for the slowest kernel
_SPINS: Final = "process_pool warm"
# Items of `parzen_bench --machine` on which the instructions of a build depend.
_BUILD: Final = ("compiler", "compiler_flags", "build_type", "libc", "library_fmt",
                 "library_highway", "library_eigen", "library_openmp", "library_tbb")  # fmt: skip


@dataclass(frozen=True)
class Programs:
    """The programs that count, in the folder of a build."""

    folder: Path

    @property
    def once(self) -> Path:
        return self.folder / "count_once"

    @property
    def calls(self) -> Path:
        return self.folder / "count_calls"


def counts_of(
    programs: Programs,
    machine: Mapping[str, str],
    cpus: int,
    repetitions: int,
    watch: SignalWatch,
    on_repetition: Callable[[int], None],
) -> Counts:
    """Raises CountingError and InterruptionError. `machine` comes from parzen_bench."""
    valgrind, version = valgrind_here()
    kernels, parts = (_listed(programs.once, option) for option in ("--kernels", "--parts"))
    schedulers = _listed(programs.calls, "--schedulers")
    build = {item: machine.get(item, "unknown") for item in _BUILD}
    build |= {"arch": platform.machine(), "valgrind": version}
    tasks = 0
    sets: set[str] = set()
    all_counts: Counts | None = None
    for repetition in range(1, repetitions + 1):
        counts: dict[str, dict[str, Range]] = {}
        for kind, names in (("kernel", kernels), ("message", parts)):
            for name in names:
                watch.check()
                counted = _counted(valgrind, programs.once, name, watch)
                counts[f"{kind} {name}"] = {INSTRUCTIONS: (counted.instructions,) * 2}
                sets.update(counted.instruction_sets)
        for name in schedulers:
            found, said = of_calls(programs.calls, name, watch)
            counts[name] = {what: (number, number) for what, number in found.items()}
            tasks = said["tasks"]
        if cpus > 1 and _SPINS in schedulers:
            found, _ = of_calls(programs.calls, _SPINS, watch, one_cpu=False)
            counts[f"{_SPINS}, {SPINNING}"] = {what: (each, each) for what, each in found.items()}
        build["instruction_set"] = " ".join(sorted(sets))
        one = Counts(build, [_name(machine, cpus)], 1, CALLS, tasks, counts)
        all_counts = all_counts.with_(one) if all_counts else one
        on_repetition(repetition)
    assert all_counts is not None
    return all_counts


def _name(machine: Mapping[str, str], cpus: int) -> str:
    """The machine properties on which system calls depend: `AMD EPYC, 2 CPUs, Linux 6.1`."""
    kernel = re.match(r"\w+ \d+\.\d+", machine.get("kernel", ""))
    model = machine.get("cpu_model", "unknown")
    return f"{model}, {count_of(cpus, 'CPU')}, {kernel[0] if kernel else 'unknown kernel'}"


def _counted(valgrind: str, program: Path, name: str, watch: SignalWatch) -> Counted:
    try:
        return count(valgrind, program, name, [_SAMPLES])
    except CountingError:
        watch.check()  # Ctrl-C ends valgrind too
        raise


def _listed(program: Path, option: str) -> Sequence[str]:
    try:
        asked = subprocess.run(
            [program.resolve(), option],
            capture_output=True, text=True, errors="replace", check=True, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.CalledProcessError) as error:
        raise CountingError(
            f"{shown_name(program)} failed with {option} "
            f"({shown(str(error), MOST_OF_A_LINE)}); run: make counts"
        ) from error
    return asked.stdout.splitlines()
