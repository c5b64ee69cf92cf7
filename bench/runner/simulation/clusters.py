"""Simulates the backend mpi on clusters that do not exist: `make simulate`.

    run.json --rate of serial--> simulate under smpirun, a platform and a number of nodes at a time
                                     --> simulated.json, next to run.json

Strong scaling shares n = 10^10 samples among all nodes, weak scaling has n = 10^8 on each. Each is
simulated at the measured rate and at both ends of its interval. Nothing reads the real clock, so
the same run, SimGrid and platforms give the same bytes.

The status is 0, or 1 if nothing was written or the model's prediction is off by MOST_ERROR or more.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from parzen_study.common.errors import UnusableData
from parzen_study.common.output import write_whole
from parzen_study.common.shown import MOST_OF_A_LINE, ArgumentParser, shown, shown_name
from parzen_study.topics.simulated.model import MOST_ERROR, Cluster, clusters
from parzen_study.topics.simulated.rate import Rate, rate_in
from parzen_study.topics.simulated.stored import (
    NAME,
    STRONG,
    WEAK,
    Call,
    Platform,
    Stored,
    as_text,
)
from runner.progress import prepare_streams, say

ROOT: Final = Path(__file__).resolve().parents[3]
PROGRAM: Final = ROOT / "build" / "bench" / "simulate" / "simulate"
PLATFORMS: Final = ROOT / "bench" / "platforms"
NODES: Final = tuple(2**power for power in range(11))
STRONG_N, WEAK_N = 10**10, 10**8
# No time of the machine that simulates enters the simulated one. Recursive doubling is what Open
# MPI and MPICH do with few bytes.
SETTINGS: Final = (
    "--cfg=smpi/simulate-computation:no",
    "--cfg=smpi/cpu-threshold:0",
    "--cfg=smpi/host-speed:1Gf",
    "--cfg=smpi/allreduce:rdb",
    "--cfg=smpi/barrier:ompi_recursivedoubling",
)
_QUIET: Final = "--log=root.thresh:warning"
_SECONDS: Final = 600.0
_INSTALL: Final = "on Debian: apt-get install libsimgrid-dev, then make simulate"


class SimulationError(Exception):
    """Says what happened, and what to do."""


def read_platform(file: Path) -> Platform:
    """Raises SimulationError for what is not one cluster of nodes that are numbered from 0."""
    try:
        cluster = ElementTree.parse(file).find(".//cluster")
        if cluster is None:
            raise ValueError("no <cluster>")
        numbered = re.fullmatch(r"0-([0-9]+)", cluster.attrib["radical"])
        if not numbered:
            raise ValueError(f"radical {cluster.attrib['radical']!r} is not 0-N")
        topology = cluster.get("topology", "FLAT").lower().replace("_", " ")
        return Platform(
            file.stem, topology, cluster.attrib["bw"], cluster.attrib["lat"], int(numbered[1]) + 1
        )
    except (OSError, ElementTree.ParseError, KeyError, ValueError) as error:
        raise SimulationError(
            f"{shown_name(file)} does not describe exactly one cluster: {shown(str(error))}"
        ) from None


def platforms_in(folder: Path) -> list[Platform]:
    """By bandwidth, the flat one first."""
    found = [read_platform(file) for file in folder.glob("*.xml")]
    if not found:
        raise SimulationError(
            f"{shown_name(folder)} has no platform: name a folder with .xml files"
        )
    return sorted(found, key=lambda each: (_gigabits(each), each.topology != "flat"))


def _gigabits(platform: Platform) -> float:
    try:
        return float(platform.bandwidth.removesuffix("Gbps"))
    except ValueError:
        raise SimulationError(
            f"{platform.name}: bw is {shown(platform.bandwidth)}: write it as 10Gbps"
        ) from None


def version() -> str:
    """`SimGrid 3.32`. Raises SimulationError where there is none."""
    try:
        done = subprocess.run(
            ["smpirun", "-version"], capture_output=True, text=True, check=True, timeout=60
        )
    except (OSError, subprocess.SubprocessError):
        raise SimulationError(f"SimGrid was not found: {_INSTALL}") from None
    found = re.search(r"version (\S+)", done.stdout)
    return f"SimGrid {found[1] if found else 'unknown'}"


def calls_on(platform: Platform, file: Path, nodes: int, rate: Rate, program: Path) -> list[Call]:
    """One run of smpirun, of a whole rate. Raises SimulationError with what it said."""
    if nodes > platform.hosts:
        raise SimulationError(
            f"{nodes:,} nodes, and {shown_name(file)} has {platform.hosts:,} hosts: simulate fewer "
            "(--nodes), or on a larger platform"
        )
    sizes = {STRONG: STRONG_N, WEAK: WEAK_N * nodes}
    rates = sorted({int(end) for end in (rate.samples.low, rate.samples.value, rate.samples.high)})
    with tempfile.TemporaryDirectory() as folder:
        hosts = Path(folder) / "hosts"
        hosts.write_text("".join(f"node-{number}\n" for number in range(platform.hosts)))
        command = [
            "smpirun", "-platform", str(file), "-hostfile", str(hosts), "-np", str(nodes),
            *SETTINGS, _QUIET, str(program), "timed",
            "--tasks", ",".join(map(str, sorted(set(sizes.values())))),
            "--rates", ",".join(map(str, rates)),
        ]  # fmt: skip
        printed = _output_of(command, folder)
    seconds = _seconds_in(printed, nodes)
    try:
        return [
            Call.at_rates(
                platform, scaling, nodes, n, {each: seconds[n, each] for each in rates}, rate
            )
            for scaling, n in sizes.items()
        ]
    except KeyError as missing:
        raise _no_time(f"nothing for tasks and rate {missing}") from None


def _output_of(command: Sequence[str], folder: str) -> str:
    # SMPI loads a copy of the program for each rank, from the folder for temporary files. Its other
    # way, one program whose variables are exchanged at every switch, frees memory twice (3.32).
    own = {"TMPDIR": folder, "LC_ALL": "C", "SMPI_PRIVATIZATION": "dlopen"}
    environment = {**os.environ, **own}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=_SECONDS,
            cwd=folder, env=environment, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except OSError as error:
        raise SimulationError(f"smpirun does not start ({error.strerror}): {_INSTALL}") from None
    except subprocess.TimeoutExpired:
        raise SimulationError(
            f"smpirun took more than {_SECONDS:g} s: simulate fewer nodes (--nodes)"
        ) from None
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines() or ["nothing"]
        raise SimulationError(f"smpirun failed: {shown(said[0], MOST_OF_A_LINE)}")
    return done.stdout


def _seconds_in(printed: str, nodes: int) -> Mapping[tuple[int, int], float]:
    """By tasks and rate."""
    head, *lines = printed.splitlines() or [""]
    try:
        if head != "ranks,tasks,rate,seconds":
            raise ValueError(head)
        found = {}
        for line in lines:
            ranks, tasks, rate, seconds = line.split(",")
            if int(ranks) != nodes:
                raise ValueError(line)
            found[int(tasks), int(rate)] = float(seconds)
    except ValueError as error:
        raise _no_time(str(error)) from None
    return found


def _no_time(found: str) -> SimulationError:
    return SimulationError(
        f"simulate printed a value that is not a time: {shown(found)}; build it again: "
        "make simulate"
    )


def simulate(options: argparse.Namespace) -> Stored:
    """All platforms and numbers of nodes. Raises SimulationError, and what reading a run raises."""
    simulator = version()
    if not options.program.is_file():
        raise SimulationError(f"{shown_name(options.program)} is not built: make simulate")
    rate = rate_in(options.results).whole()
    platforms = platforms_in(options.platforms)
    calls = []
    for platform in platforms:
        file = (options.platforms / f"{platform.name}.xml").resolve()
        for nodes in options.nodes:
            calls += calls_on(platform, file, nodes, rate, options.program.resolve())
        say(sys.stderr, f"simulated {platform.label}: {options.nodes[-1]:,} nodes")
    return Stored(simulator, SETTINGS, rate, tuple(platforms), tuple(calls))


def report(found: Sequence[Cluster]) -> int:
    """Prints a line per platform; returns the exit status."""
    status = 0
    for each in found:
        ends = ", ".join(
            f"{scaling} {line.last.efficiency.value:.1%}" for scaling, line in each.lines.items()
        )
        text = f"simulated {each.platform.label}: efficiency {ends}"
        if each.prediction:
            text += f"; the model's largest error is {each.prediction.error:.1%}"
            if each.prediction.error >= MOST_ERROR:
                text += f", and it must be below {MOST_ERROR:.0%}"
                status = 1
        say(sys.stdout, text)
    return status


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parses the command line; ends with status 2 if it is invalid."""
    parser = ArgumentParser(prog="clusters.py", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("results", type=Path, metavar="RESULTS", help="the folder of a run")
    parser.add_argument("--program", type=Path, default=PROGRAM, metavar="FILE")
    parser.add_argument("--platforms", type=Path, default=PLATFORMS, metavar="FOLDER")
    parser.add_argument("--nodes", type=_nodes, nargs="+", default=NODES, metavar="N")
    options = parser.parse_args(arguments)
    options.nodes = sorted({1, *options.nodes})  # efficiency is against one
    return options


def _nodes(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,5}", text):
        raise argparse.ArgumentTypeError(
            f"{shown(text)}: a number of nodes must be a whole number, at least 1"
        )
    return int(text)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    prepare_streams()
    options = parse(arguments)
    try:
        stored = simulate(options)
        write_whole(options.results / NAME, as_text(stored).encode())
    except (SimulationError, UnusableData, OSError) as error:
        say(sys.stderr, f"clusters.py: nothing was simulated: {error}")
        return 1
    except KeyboardInterrupt:
        say(sys.stderr, "clusters.py: nothing was simulated: interrupted")
        return 130
    status = report(clusters(stored))
    say(sys.stdout, f"Written: {shown_name(options.results / NAME)}")
    return status


if __name__ == "__main__":
    sys.exit(main())
