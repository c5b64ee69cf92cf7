"""parzen_bench on a machine that lacks something: affected cases report it, and the others run."""

import json
import os
import resource
import shutil
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from programs import BUILD

WATCHDOG = 120
PROGRAM = str(BUILD / "parzen_bench")
SHORT = ["--largest-n=10000", "--benchmark_min_time=0.0001", "--benchmark_format=json"]

Benchmark = dict[str, Any]


def run_cases(
    cases: str, *prefix: str, variables: dict[str, str] | None = None, **options: Any
) -> tuple[list[Benchmark], str]:
    """The cases that match the expression, and the text on standard error."""
    done = subprocess.run(
        [*prefix, PROGRAM, f"--benchmark_filter={cases}", *SHORT],
        env=os.environ | (variables or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=WATCHDOG,
        check=False,
        **options,
    )
    if prefix and (done.returncode == 77 or done.stderr.startswith("unshare")):
        pytest.skip(f"no mounts here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["benchmarks"], done.stderr


def errors(benchmarks: list[Benchmark], part: str) -> list[str]:
    """The cases with this text in their names; at least one."""
    chosen = [each for each in benchmarks if part in each["name"]]
    assert chosen
    return [each.get("error_message", "") for each in chosen]


def limit(*limits: tuple[int, int]) -> Callable[[], None]:
    def lower() -> None:
        for name, value in limits:
            resource.setrlimit(name, (value, value))

    return lower


@pytest.fixture
def without_proc() -> list[str]:
    """The start of a command that runs another one without /proc."""
    if not shutil.which("unshare"):
        pytest.skip("no unshare")
    mounts = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    return [*mounts, "sh", "-c", 'mount -t tmpfs none /proc || exit 77; exec "$0" "$@"']


def test_counters_from_proc_are_missing_without_it(without_proc: list[str]) -> None:
    cases = "^(article|kernels)/.*/n:10000/.*/workers:[12]/|^dispatch/pool_shared/operation:apply/"
    benchmarks, _ = run_cases(cases, *without_proc)
    for backend in ("serial", "fork_pipe", "process_pool", "pool_shared"):
        assert not any(errors(benchmarks, f"/{backend}/"))
    for each in benchmarks:
        assert each["real_time"] > 0
        unknown = {"children_cpu_time", "involuntary_switches", "huge_page_share"}
        assert not unknown & each.keys()


def test_cases_that_need_proc_are_skipped_without_it(without_proc: list[str]) -> None:
    benchmarks, said = run_cases("^(io_bound|memory)/.*/workers:2/", *without_proc)
    assert not any(errors(benchmarks, "operation:timer"))
    assert all("operation:timer" in each["name"] for each in benchmarks)
    for operation in ("pipe", "file"):
        [line] = [each for each in said.splitlines() if f", operation {operation}: " in each]
        assert "cases of family io_bound are skipped" in line
        assert line.endswith("(No such file or directory): mount /proc")
    assert "family memory is skipped: /proc/self/smaps_rollup cannot be read" in said


LITERAL = "^article/(openmp|serial|tbb)/kernel:literal/.*/n:10000/.*/workers:[12]/"


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({"OMP_THREAD_LIMIT": "1"}, "OMP_THREAD_LIMIT is 1, which does not allow OpenMP 2 workers"),
        (
            {"OMP_MAX_ACTIVE_LEVELS": "0"},
            "OMP_MAX_ACTIVE_LEVELS is 0, which does not allow OpenMP 2 workers",
        ),
    ],
)
def test_a_case_of_fewer_threads_than_workers_is_an_error(
    variables: dict[str, str], reason: str
) -> None:
    benchmarks, _ = run_cases(LITERAL, variables=variables)
    assert errors(benchmarks, "/openmp/")
    assert errors(benchmarks, "/tbb/")
    for each in benchmarks:
        rejected = "/openmp/" in each["name"] and "/workers:2/" in each["name"]
        assert each.get("error_message", "").startswith(reason if rejected else ""), each
        assert rejected == ("error_message" in each)


@pytest.mark.parametrize("variable", ["OMP_STACKSIZE", "GOMP_STACKSIZE"])
@pytest.mark.parametrize("size", ["2G", " 2 g ", "2048M", "2097152", "2097152k", "2147483648B"])
def test_thread_stacks_that_exceed_memory_affect_only_openmp(variable: str, size: str) -> None:
    """libgomp would end the program if it ran out of memory itself."""
    two_gigabytes = limit((resource.RLIMIT_AS, 2 << 30))
    cases = "^article/(openmp|serial)/kernel:literal/.*/n:10000/.*/workers:[12]/start:cold"
    benchmarks, _ = run_cases(cases, variables={variable: size}, preexec_fn=two_gigabytes)
    assert not any(errors(benchmarks, "/serial/"))
    assert not any(errors(benchmarks, "/workers:1/"))
    for error in errors(benchmarks, "/workers:2/"):
        assert error.startswith(
            "cannot create threads for 2 workers, only for 1 (raise ulimit -u, "
        )
        assert "lower OMP_STACKSIZE" in error


def test_cases_whose_threads_cannot_be_created_are_errors_and_the_others_run() -> None:
    if os.getuid() != 0:
        pytest.skip("only root can take the place of a user who runs nothing else")
    nobody_else = 54322
    cases = f"{LITERAL}|^dispatch/tbb/"
    try:
        # This process and the fork server.
        benchmarks, _ = run_cases(
            cases, user=nobody_else, preexec_fn=limit((resource.RLIMIT_NPROC, 2))
        )
    except PermissionError:
        pytest.skip("another user may not run what lies in the build folder")
    assert not any(errors(benchmarks, "/serial/"))
    assert not any(errors(benchmarks, "/workers:1/"))
    for case in ("article/openmp/", "article/tbb/", "dispatch/tbb/"):
        several = [
            each for each in benchmarks if "/workers:2/" in each["name"] and case in each["name"]
        ]
        for error in errors(several, case):
            assert error.startswith(
                "cannot create threads for 2 workers, only for 1 (raise ulimit -u, "
            )


@pytest.mark.parametrize("descriptors", range(4, 9))
def test_a_program_with_few_descriptors_runs_or_reports_the_limit(descriptors: int) -> None:
    """Google Benchmark would end the program if it could not read a file of the system."""
    done = subprocess.run(
        [PROGRAM, "--benchmark_filter=^article/serial/.*/n:10000/", *SHORT],
        preexec_fn=limit((resource.RLIMIT_NOFILE, descriptors)),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=WATCHDOG,
        check=False,
    )
    if done.returncode == 0:
        assert not any(errors(json.loads(done.stdout)["benchmarks"], "/serial/"))
    else:
        assert (done.returncode, done.stdout) == (1, "")
        line = done.stderr.splitlines()[-1]
        assert line.startswith("parzen_bench: ")
        assert "raise ulimit -n" in line


def test_a_case_without_descriptors_reports_the_limit() -> None:
    cases = "^(article|io_bound)/.*/workers:(2|16)/.*|^dispatch/pool_pipe/|^dispatch/fork_pipe/"
    benchmarks, said = run_cases(cases, preexec_fn=limit((resource.RLIMIT_NOFILE, 10)))
    rejected = [each["error_message"] for each in benchmarks if "error_message" in each]
    assert rejected
    left_out = [line for line in said.splitlines() if "Too many open files" in line]
    for message in rejected + left_out:
        assert "raise ulimit -n" in message
