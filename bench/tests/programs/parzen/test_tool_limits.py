"""The programs under resource limits and inherited signal settings.

No signal ends them and nothing hangs. What cannot work is one line with the limit's name.
"""

import os
import re
import resource
import signal
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from programs import BACKENDS, BUILD, output

Prepare = Callable[[], None]

NO_FORK_SERVER = [
    ["--help"],
    ["backends"],
    ["generate", "--n", "100"],
]


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("samples") / "samples.csv"
    file.write_text(output("parzen", "generate", "--n", "200"))
    return str(file)


@pytest.fixture(scope="module")
def expected(samples: str) -> str:
    """What every backend prints, with whatever workers."""
    return output("parzen", *estimate(samples, "serial"))


def estimate(samples: str, backend: str, workers: int = 2) -> list[str]:
    widths = ("--widths", "0.5,1,1.5,2")
    settings = ("--backend", backend, "--workers", str(workers))
    return ["estimate", "--samples", samples, "--query", "0,0", *widths, *settings]


def limit(name: str, value: int) -> list[str]:
    """The start of a command line that lowers a limit. A preexec_fn would take ten times as long:
    Python would fork, which copies the page tables of the tests."""
    return ["prlimit", f"--{name.lower()}={value}:{value}"]


def run(
    arguments: list[str],
    prepare: Prepare | None = None,
    program: str = "parzen",
    user: int | None = None,
    limits: Sequence[str] = (),
    **streams: int,
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*limits, BUILD / program, *arguments],
        preexec_fn=prepare,
        user=user,
        stdout=streams.get("stdout", subprocess.PIPE),
        stderr=subprocess.PIPE,
        stdin=streams.get("stdin", subprocess.DEVNULL),
        text=True,
        timeout=60,
        check=False,
        restore_signals=False,
    )


def assert_one_line(done: subprocess.CompletedProcess[str], name: str = "parzen") -> str:
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    assert done.stderr.startswith(f"{name}: ")
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


LIMITS = {
    "descriptors:4": limit("NOFILE", 4),
    "file:0": limit("FSIZE", 0),
    "memory:60M": limit("AS", 60_000_000),
    "locked:0": limit("MEMLOCK", 0),
    "processes:0": limit("NPROC", 0),
}


@pytest.mark.parametrize("limits", LIMITS.values(), ids=LIMITS)
@pytest.mark.parametrize("arguments", NO_FORK_SERVER, ids=" ".join)
def test_commands_without_processes_start_no_fork_server(
    arguments: list[str], limits: list[str]
) -> None:
    done = run(arguments, limits=limits)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == output("parzen", *arguments)


@pytest.mark.parametrize("limits", LIMITS.values(), ids=LIMITS)
def test_serial_works_under_every_limit(limits: list[str], samples: str) -> None:
    done = run(estimate(samples, "serial"), limits=limits)
    assert (done.returncode, done.stderr) == (0, "")


# With the limit that the message says to raise; empty if all works.
NAMED = {
    ("NOFILE", 4): "ulimit -n",
    ("NOFILE", 6): "ulimit -n",
    ("FSIZE", 0): "ulimit -f",
    ("AS", 30_000_000): "ulimit -v",
    ("AS", 60_000_000): "ulimit -v",
    ("STACK", 100_000): "",
    ("MEMLOCK", 0): "",
}


def assert_works_or_names(name: str, done: subprocess.CompletedProcess[str], expected: str) -> None:
    if done.returncode == 0:
        assert (done.stdout, done.stderr) == (expected, "")
    else:
        assert name
        assert name in assert_one_line(done)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("resource_name", "value"), NAMED)
def test_a_backend_works_or_reports_the_limit(
    backend: str, resource_name: str, value: int, samples: str, expected: str
) -> None:
    done = run(estimate(samples, backend), limits=limit(resource_name, value))
    assert_works_or_names(NAMED[resource_name, value], done, expected)


# Tests many values, since each backend and library runs out of memory at another place. oneTBB 2022
# waited forever if it ran out while creating an arena. Below 2 MB it crashes before main().
@pytest.mark.parametrize("backend", BACKENDS)
def test_with_any_memory_a_backend_works_or_reports_the_limit(
    backend: str, samples: str, expected: str
) -> None:
    for value in range(3_000_000, 16_000_000, 500_000):
        done = run(estimate(samples, backend), limits=limit("DATA", value))
        assert_works_or_names("ulimit -d", done, expected)


@pytest.mark.parametrize("backend", [each for each in BACKENDS if each != "serial"])
@pytest.mark.parametrize("tasks", [0, 1, 2, 3])
def test_a_failure_to_create_a_process_or_thread_is_reported(
    backend: str, tasks: int, samples: str
) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can take the place of a user who runs nothing else")
    nobody_else = 54321
    try:
        run(["--help"], user=nobody_else)
    except PermissionError:
        pytest.skip("another user may not run what lies in the build folder")
    # Root reads the samples and passes them on: the other user has no access to the folder.
    with open(samples) as file:
        arguments = estimate("-", backend, workers=5)
        done = run(arguments, limits=limit("NPROC", tasks), user=nobody_else, stdin=file.fileno())
    assert "ulimit -u" in assert_one_line(done)


@pytest.mark.parametrize("restored", [True, False])
def test_a_file_beyond_the_size_limit_is_reported(restored: bool, tmp_path: Path) -> None:
    def prepare() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL if restored else signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))

    with (tmp_path / "samples.csv").open("w") as file:
        arguments = ["generate", "--n", "1000"]
        done = subprocess.run(
            [BUILD / "parzen", *arguments],
            preexec_fn=prepare,
            stdout=file,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
            restore_signals=False,
        )
    assert done.returncode == 1
    assert "raise ulimit -f" in done.stderr
    assert done.stderr.count("\n") == 1


def ignore_children() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)


def block_all() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    signal.raise_signal(signal.SIGALRM)


def ignore_pipes() -> None:
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)


INHERITED = {"children": ignore_children, "all": block_all, "pipes": ignore_pipes}


@pytest.mark.parametrize("prepare", INHERITED.values(), ids=INHERITED)
@pytest.mark.parametrize("backend", BACKENDS)
def test_inherited_signals_change_nothing(
    backend: str, prepare: Prepare, samples: str, expected: str
) -> None:
    for _ in range(5):
        done = run(estimate(samples, backend), prepare)
        assert (done.returncode, done.stdout, done.stderr) == (0, expected, "")


def test_ignored_sigchld_does_not_hide_the_cpu_time_of_children() -> None:
    case = "article/fork_pipe/.*/workers:2/start:cold"
    arguments = [f"--benchmark_filter={case}", "--benchmark_format=csv", "--largest-n", "10000"]
    done = run([*arguments, "--benchmark_min_time=0.001"], ignore_children, "parzen_bench")
    assert done.returncode == 0, done.stderr
    rows = [line.split(",") for line in done.stdout.splitlines() if line.count(",") > 5]
    name = next(row for row in rows if "children_cpu_time" in ",".join(row))
    used = [float(row[name.index('"children_cpu_time"')]) for row in rows if row is not name]
    assert used
    assert all(time > 0 for time in used)


@pytest.mark.parametrize("prepare", INHERITED.values(), ids=INHERITED)
def test_an_interrupt_ends_a_program_whatever_it_inherited(prepare: Prepare) -> None:
    """Except if Ctrl-C is ignored: a background job ignores it, and these tests may be one."""

    def inherit() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        prepare()

    with subprocess.Popen(
        [BUILD / "parzen", "estimate", "--samples", "-", "--query", "0", "--widths", "1"],
        preexec_fn=inherit,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        restore_signals=False,
    ) as program:
        wait_until_it_reads(program.pid)
        program.send_signal(signal.SIGINT)
        assert program.wait(timeout=60) == -signal.SIGINT


def wait_until_it_reads(pid: int) -> None:
    """Waits until it reads its input, which stays empty: then main() has started."""
    while "pipe" not in Path(f"/proc/{pid}/wchan").read_text():
        if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "S":
            break


def test_a_reader_that_ends_is_an_error_or_ends_the_program() -> None:
    for prepare in (None, ignore_pipes):
        reader, writer = os.pipe()
        os.close(reader)
        done = run(["generate"], prepare, stdout=writer)
        os.close(writer)
        assert done.returncode in (1, -signal.SIGPIPE)
        assert done.returncode != 1 or "could not be written" in done.stderr


CLOSED = {
    "input": [0],
    "output": [1],
    "input and output": [0, 1],
    "error": [2],
    "all": [0, 1, 2],
}


@pytest.mark.parametrize("streams", CLOSED.values(), ids=CLOSED)
@pytest.mark.parametrize("backend", BACKENDS)
def test_closed_streams_are_not_reused_for_files(
    streams: list[int], backend: str, samples: str, expected: str
) -> None:
    def close() -> None:
        for stream in streams:
            os.close(stream)

    done = run(estimate(samples, backend), close)
    if 1 not in streams:
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == expected
    else:
        assert (done.returncode, done.stdout) == (1, "")
        assert 2 in streams or "could not be written" in done.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["--machine"], ["--benchmark_list_tests"]])
def test_the_benchmark_program_forks_only_to_run_cases(arguments: list[str]) -> None:
    done = run(arguments, None, "parzen_bench", limits=limit("NOFILE", 8))
    assert done.returncode == 0
    assert "parzen_bench: " not in done.stderr  # but there may be lines about skipped cases


def test_the_benchmark_program_without_a_fork_server_says_so() -> None:
    done = run(["--benchmark_filter=kernels/"], None, "parzen_bench", limits=limit("NOFILE", 5))
    line = done.stderr.splitlines()[-1]
    assert done.returncode == 1
    assert line.startswith("parzen_bench: ")
    assert "ulimit -n" in line


@pytest.mark.parametrize("backend", BACKENDS)
def test_one_processor_is_one_worker_and_no_hang(backend: str, samples: str, expected: str) -> None:
    def allow_one() -> None:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

    for workers in (1, 2, 5):
        done = run(estimate(samples, backend, workers), allow_one)
        assert (done.returncode, done.stdout, done.stderr) == (0, expected, "")
    assert re.search(r"--workers INT\W*1\D", run(["estimate", "--help"], allow_one).stdout)
