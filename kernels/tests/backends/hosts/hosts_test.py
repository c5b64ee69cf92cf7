"""The backend mpi on three hosts: `python3 hosts_test.py TEST --mpirun ...`.

The hosts are network namespaces of this machine (hosts.py), so it needs root. What the machine
lacks or denies is skipped: `Skipped: REASON`, status 77.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import isolated
import simulated
from hosts import NAMES, Hosts

# In bits per second, seconds and bytes. So slow that the noise of the machine is small: a sum takes
# 0.1 s or more.
RATE: Final = 40_000_000
DELAY: Final = 0.04
SIZES: Final = (300_000, 1_000_000)
SMALL: Final = (240,)
REPETITIONS: Final = 5
EAGER: Final = 4_194_304
TOLERANCE: Final = 0.2
# Under load, a time may be too long, and is measured again.
ATTEMPTS: Final = 3
FAILURE: Final = "this run fails on purpose"
# A sum is a reduction to the first rank and a broadcast from there. Algorithms that use a link in
# both directions at once are slower: acknowledgements wait behind data, which no model here has. No
# message waits for its receiver (rendezvous).
PARAMETERS: Final = {
    "OMPI_MCA_coll_tuned_use_dynamic_rules": "1",
    "OMPI_MCA_coll_tuned_allreduce_algorithm": "1",
    "OMPI_MCA_btl_tcp_eager_limit": str(EAGER),
    "OMPI_MCA_btl_tcp_rndv_eager_limit": str(EAGER),
    "OMPI_MCA_btl_tcp_max_send_size": str(EAGER),
}


def require(holds: bool, message: str) -> None:
    if not holds:
        raise AssertionError(message)


def answers(options: argparse.Namespace) -> None:
    """What ranks on three hosts compute is what serial computes, and their sums went over TCP."""
    hosts = Hosts(options.mpirun)
    before = hosts.bytes_sent()
    found = re.findall(r"^rank \d of 3 on (\w+)$", hosts.run(options.link_time), re.MULTILINE)
    require(sorted(found) == list(NAMES), f"the ranks are on {found}, and not on {NAMES}")
    of_a_start = max(after - b for after, b in zip(hosts.bytes_sent(), before, strict=True))

    samples = Path("/run/samples.csv")
    samples.write_text(isolated.ran(options.parzen, "generate", "--n", "5003"))
    widths = 20_000
    estimate = [options.parzen, "estimate", "--samples", samples, "--query", "0,0.1"]
    estimate += ["--widths", f"0.1:{0.1 + (widths - 1) * 1e-4:.4f}:0.0001", "--kernel", "fused"]
    for decomposition in ("by_width", "by_sample"):
        command = [*estimate, "--decomposition", decomposition]
        expected = isolated.ran(*command)
        before = hosts.bytes_sent()
        output = hosts.run(*command, "--backend", "mpi")
        sent = [after - b for after, b in zip(hosts.bytes_sent(), before, strict=True)]
        require(expected in output, f"{decomposition}: not what serial prints: {output[:500]}")
        # Each host sends its share of the counts at least once.
        least = 8 * widths // len(NAMES)
        print(f"{decomposition}: the hosts sent {sent} bytes, of which a start {of_a_start}")
        require(
            min(sent) > least,
            f"{decomposition}: the hosts sent {sent} bytes by TCP, and a share of the counts has "
            f"{least}",
        )
        require(least > of_a_start, f"a start alone takes {of_a_start} bytes: take more widths")
    contract = hosts.run(options.mpi_test, "--gtest_color=no")
    require(re.search(r"PASSED  \] [1-9]", contract) is not None, f"no test ran: {contract}")


def _seconds(printed: str) -> Mapping[int, float]:
    """By bytes, from lines of `link_time` between messages of mpirun. The least of the repetitions:
    the link sets how fast one can be, and the load of the machine only adds time."""
    found: dict[int, list[float]] = {}
    for size, seconds in re.findall(r"^(\d+) (\d+\.\d{9})$", printed, re.MULTILINE):
        found.setdefault(int(size), []).append(float(seconds))
    return {size: min(times) for size, times in found.items()}


def _compare(
    options: argparse.Namespace, hosts: Hosts, sizes: Sequence[int], rate: int, delay: float
) -> Iterator[tuple[float, str]]:
    """Measures once. Yields what differs: by which factor, and a message."""
    arguments = [str(REPETITIONS), *map(str, sizes)]
    measured = _seconds(hosts.run(options.link_time, *arguments, parameters=PARAMETERS))
    payload = simulated.PAYLOAD * rate / 8
    # To the first rank, and back.
    model = {size: 2 * (delay + (size / payload if rate else 0)) for size in sizes}
    expected: dict[str, Mapping[int, float]] = {"the model": model}
    if options.simulated:
        printed = simulated.times(options.simulated, arguments, rate, delay, EAGER)
        expected["the simulation"] = _seconds(printed)
    for size in sizes:
        limits = f"{size} bytes at {rate or 'any'} bit/s, delayed by {delay} s"
        others = ", ".join(f"{times[size]:.4f} s by {name}" for name, times in expected.items())
        print(f"{limits}: {measured[size]:.4f} s, {others}", flush=True)
        for name, times in expected.items():
            factor = measured[size] / times[size]
            if abs(factor - 1) > TOLERANCE:
                yield factor, f"{limits}: {measured[size]:.4f} s, and {times[size]:.4f} s by {name}"


def _require_times(
    options: argparse.Namespace, hosts: Hosts, sizes: Sequence[int], rate: int, delay: float
) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        different = list(_compare(options, hosts, sizes, rate, delay))
        too_fast = any(factor < 1 for factor, _ in different)
        if too_fast or (different and attempt == ATTEMPTS):
            raise AssertionError("\n".join(message for _, message in different))
        if not different:
            return


def _require_simulation(options: argparse.Namespace) -> None:
    if not options.simulated:
        raise isolated.Skip(
            "the times are those of the model, and were not compared with a simulation: SimGrid "
            "was not found: install Debian's libsimgrid-dev, and build again"
        )


def limited_link(options: argparse.Namespace) -> None:
    """A link limited by tc tbf slows as latency + bytes / rate."""
    isolated.precede_other_programs()
    hosts = Hosts(options.mpirun)
    hosts.limit(RATE)
    _require_times(options, hosts, SIZES, RATE, 0)
    _require_simulation(options)


def delayed_link(options: argparse.Namespace) -> None:
    """A link that delays slows small messages by its delay, and large ones also by its rate."""
    isolated.precede_other_programs()
    hosts = Hosts(options.mpirun, DELAY)
    print(f"frames are delayed by {hosts.delayed_by}")
    _require_times(options, hosts, SMALL, 0, DELAY)
    hosts.limit(RATE)
    _require_times(options, hosts, SIZES, RATE, DELAY)
    _require_simulation(options)


def _start_forever(options: argparse.Namespace) -> tuple[Hosts, subprocess.Popen[str]]:
    """A run that calls the backend until something ends it."""
    hosts = Hosts(options.mpirun)
    process = hosts.start(options.mpi_fault, "forever")
    assert process.stdout
    for line in process.stdout:
        if line.strip() == "running":
            return hosts, process
    raise AssertionError("the ranks did not start")


def dead_host(options: argparse.Namespace) -> None:
    """A host that dies ends the run on all others, with its name and a status of failure."""
    hosts, process = _start_forever(options)
    begin = time.monotonic()
    hosts.kill_last()
    try:
        output, _ = process.communicate(timeout=10)
    except subprocess.TimeoutExpired:
        raise AssertionError("mpirun still runs 10 s after a host died") from None
    print(f"mpirun ended after {time.monotonic() - begin:.1f} s with {process.returncode}:{output}")
    require("lost communication" in output, "mpirun does not say that it lost a host")
    require(NAMES[-1] in output, f"mpirun does not name the host: {NAMES[-1]}")
    left = [name for name in NAMES if isolated.ran("ip", "netns", "pids", name).strip()]
    require(not left, f"mpirun has left processes on {left}")
    if process.returncode == 0 and hosts.version >= 5:
        raise isolated.Skip(
            f"mpirun of Open MPI {hosts.version} says that it lost a host, and that it succeeded: "
            "only its status was not tested"
        )
    require(process.returncode != 0, "mpirun succeeded, although a host died")


def failing_run(options: argparse.Namespace) -> None:
    """Not a test: leaves_nothing runs it."""
    _start_forever(options)
    raise AssertionError(FAILURE)


def endless_run(options: argparse.Namespace) -> None:
    """Not a test: leaves_nothing ends it."""
    _, process = _start_forever(options)
    print("running", flush=True)
    process.wait()


def _left(mark: str) -> list[str]:
    """What a run has left on the machine. Its processes have the mark in PARZEN_HOSTS_TEST."""
    left = [f"namespace {name}" for name in isolated.ran("ip", "netns").split() if name in NAMES]
    devices = re.findall(r"^\d+: ([^:@]+)", isolated.ran("ip", "-oneline", "link"), re.MULTILINE)
    left += [f"device {name}" for name in devices if name.startswith("parzen")]
    left += [str(file) for name in NAMES for file in Path("/tmp").glob(f"*{name}*")]
    left += [str(file) for name in NAMES for file in Path("/run").glob(f"*{name}*")]
    left += [name for name in ("/run/agent", "/run/hosts") if Path(name).exists()]
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"PARZEN_HOSTS_TEST={mark}".encode() in (process / "environ").read_bytes():
                left.append(f"process {process.name}: {(process / 'comm').read_text().strip()}")
        except OSError:  # it has ended
            continue
    return left


def _require_nothing_left(
    options: argparse.Namespace, name: str, end: Callable[[int], None] | None
) -> None:
    """After a run that `end` ends, or else a failure."""
    mark = f"{os.getpid()} {name}"
    test, expected = ("endless_run", "running") if end else ("failing_run", FAILURE)
    # It ends with this test, whatever ends that.
    with_this = ("setpriv", "--pdeathsig", "KILL")
    run = subprocess.Popen(
        [*with_this, sys.executable, "-B", __file__, test, *_options(options)],
        env=os.environ | {"PARZEN_HOSTS_TEST": mark},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert run.stdout
    line = run.stdout.readline().strip()
    if line.startswith("Skipped: "):
        raise isolated.Skip(line.removeprefix("Skipped: "))
    require(line == expected, f"{name}: the run prints '{line}', and not '{expected}'")
    if end:
        require(bool(_left(mark)), f"{name}: no process has the mark")
        end(run.pid)
    status = run.wait(timeout=30)
    require(status != 0, f"{name}: the run succeeded")
    deadline = time.monotonic() + 10
    while (left := _left(mark)) and time.monotonic() < deadline:
        time.sleep(0.05)
    require(not left, f"{name}: left {left}")
    print(f"{name}: status {status}, nothing is left", flush=True)


def leaves_nothing(options: argparse.Namespace) -> None:
    """Whatever ends a test, nothing of it is left."""
    _require_nothing_left(options, "a failure", None)
    _require_nothing_left(options, "Ctrl-C", lambda run: os.killpg(run, signal.SIGINT))
    _require_nothing_left(options, "SIGTERM to all", lambda run: os.killpg(run, signal.SIGTERM))
    _require_nothing_left(options, "SIGKILL", lambda run: os.kill(run, signal.SIGKILL))


ISOLATED: Final = (answers, limited_link, delayed_link, dead_host, failing_run, endless_run)
PROGRAMS: Final = ("mpirun", "parzen", "mpi_test", "mpi_fault", "link_time", "simulated")


def _options(options: argparse.Namespace) -> list[str]:
    return [f"--{name}={getattr(options, name)}" for name in PROGRAMS]


def main() -> int:
    tests = {test.__name__: test for test in (*ISOLATED, leaves_nothing)}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("test", choices=tests)
    parser.add_argument(isolated.INSIDE, action="store_true", help=argparse.SUPPRESS)
    for program in PROGRAMS:
        parser.add_argument(f"--{program}", default="")
    options = parser.parse_args()
    test = tests[options.test]
    try:
        if test in ISOLATED and not options.inside:
            isolated.enter(sys.argv[1:])
        if options.inside:
            isolated.set_up()
        test(options)
    except isolated.Skip as skip:
        print(f"Skipped: {skip}", flush=True)
        return isolated.SKIPPED
    except (AssertionError, RuntimeError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
