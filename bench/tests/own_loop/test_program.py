"""The program of a user's own loop, with valid and invalid loops (loops.cpp)."""

import json
import os
import re
import subprocess

import pytest
from programs import BACKENDS, BUILD

SEVERAL = {"fork_pipe", "openmp", "process_pool", "tbb"}
WARM = SEVERAL - {"fork_pipe"}


def run(loop: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BUILD / "own_loop_test", *arguments],
        env={"OWN_LOOP": loop},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def names(loop: str, *arguments: str) -> list[str]:
    done = run(loop, "--list=json", *arguments)
    assert done.returncode == 0, done.stderr
    return [case["name"] for case in json.loads(done.stdout)]


def test_the_cases_are_of_the_one_loop_under_every_backend() -> None:
    """On one CPU, where several workers are two."""
    expected = set()
    for size in (10, 20):
        work = f"loop:mine/size:{size}"
        serial = f"loops/serial/{work}/workers:1/start:cold"
        expected |= {serial, f"{serial}/pause:5ms"}
        for backend in SEVERAL & set(BACKENDS):
            case = f"loops/{backend}/{work}/workers:2/start"
            expected.add(f"{case}:cold")
            if backend in WARM:
                expected |= {f"{case}:warm", f"{case}:warm/pause:5ms"}
    usable = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(usable)})
        found = names("square")
    finally:
        os.sched_setaffinity(0, usable)
    assert sorted(found) == sorted(expected)


def test_a_bound_on_samples_skips_no_case() -> None:
    assert names("square", "--largest-n", "1") == names("square")


def test_sizes_are_chosen_by_an_option() -> None:
    found = {re.search(r"/size:(\d+)/", name) for name in names("square", "--sizes", "30,5,30")}
    assert {match[1] for match in found if match} == {"5", "30"}


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        ("0", "'0' is less than 1"),
        ("10,-1", "'-1' is less than 1"),
        ("10,,20", "'' is not an integer"),
        ("10,", "'' is not an integer"),
        ("1e3", "'1e3' is not an integer"),
        (f"{2**63}", f"'{2**63}' is too large"),
    ],
)
def test_a_size_that_is_not_a_positive_integer_is_an_error(sizes: str, said: str) -> None:
    done = run("square", "--check", "--sizes", sizes)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"own_loop: --sizes: {said}")
    assert "such as 1000,100000" in done.stderr


def test_a_case_has_the_shape_of_its_loop_and_its_verified_answer() -> None:
    options = ("--benchmark_min_time=0.0001", "--benchmark_format=json", "--sizes=300")
    for loop, exact in (("square", True), ("sum", True), ("fraction", False)):
        done = run(loop, *options)
        assert done.returncode == 0, done.stderr
        cases = json.loads(done.stdout)["benchmarks"]
        assert cases
        for case in cases:
            assert "error_occurred" not in case, case
            assert (case["tasks"], case["result_bytes"]) == (300, 8)
            assert ("answer_digest" in case) == exact
        assert len({case.get("answer_digest") for case in cases}) == 1


CALLS_AFTER_A_PAUSE = 10


def test_a_round_makes_one_serial_call_per_size_as_the_reference() -> None:
    """In addition to the calls of its cases. In the warm-up, serial runs only its first task."""
    done = run(
        "print", "--benchmark_filter=/serial/.*/size:20/.*/pause:", "--benchmark_format=json"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("task 19\n") == 1 + CALLS_AFTER_A_PAUSE


@pytest.mark.parametrize("loop", ["count_calls", "count_blocks"])
def test_a_round_finds_a_wrong_answer_whatever_the_check_found(loop: str) -> None:
    """Also in serial's own case, which is compared with another serial call."""
    options = ("--benchmark_min_time=0.0001", "--benchmark_format=json", "--sizes=20")
    for backend in ("serial", "openmp"):
        if backend not in BACKENDS:
            continue
        done = run(loop, *options, f"--benchmark_filter=/{backend}/")
        cases = json.loads(done.stdout)["benchmarks"]
        assert cases
        for case in cases:
            assert case["error_occurred"], case
            assert "found" in case["error_message"]


@pytest.mark.parametrize("loop", ["square", "sum", "reference", "print"])
def test_the_check_of_a_valid_loop_reports_its_tasks_and_time(loop: str) -> None:
    done = run(loop, "--check")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)  # without the loop's own output
    assert list(document) == ["loop", "sizes"]
    assert document["loop"] == "mine"
    for each, size in zip(document["sizes"], (10, 20), strict=True):
        assert (each["size"], each["tasks"], each["result_bytes"]) == (size, size, 8)
        assert each["seconds"] > 0.0
    assert ("task 19" in done.stderr) == (loop == "print")


DIFFERENT = "two serial calls gave different answers: "


@pytest.mark.parametrize(
    ("loop", "said"),
    [
        ("crash", "loop mine, size 20: task 17 crashed: SIGSEGV"),
        ("crash_in_range", "loop mine, size 20: task 17 crashed: SIGABRT"),
        ("end", "loop mine, size 20: task 17 ended the program (exit code 0)"),
        ("fail", r"loop mine, size 20: task 17 threw an exception: no luck\nwith 17"),
        ("fail_oddly", "loop mine, size 20: task 17 threw an exception that is not a std::"),
        ("count_calls", f"loop mine, size 20: {DIFFERENT}1 of 20 results are wrong; task 17: f"),
        ("count_blocks", f"loop mine, size 10: {DIFFERENT}the answer is wrong; found "),
        ("no_tasks", "loop mine, size 10: make() returned a loop of 0 tasks: it needs at least 1"),
        (
            "fewer_than_no_tasks",
            "loop mine, size 10: make() returned a loop of -10 tasks: it needs at least 1",
        ),
        ("make_fails", "loop mine, size 10: make() threw an exception: not 10"),
        ("make_crashes", "loop mine, size 10: make() crashed: SIGABRT"),
        ("wrong_reference", "loop mine, size 20: the serial answer differs from reference(): 1 of"),
        ("no_make", "loop mine has no .make: "),
        ("no sizes", "loop mine has .sizes = {}: give one or more integers >= 1"),
        ("bad sizes", "loop mine has .sizes = {5, 0}: give one or more integers >= 1"),
        ("bad name", "the loop is named 'a/b': use up to 64 letters, "),
        ("two", "the file registers 2 loops ('mine', 'other'): keep one"),
        ("none", "the file registers no loop: it needs an object of type loops::Registration"),
    ],
)
def test_the_check_reports_an_error_in_one_line(loop: str, said: str) -> None:
    done = run(loop, "--check")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith(said)
    assert done.stderr.count("\n") == 1


def test_with_many_tasks_the_block_of_a_merged_loop_is_reported() -> None:
    done = run("crash_in_range", "--check", "--sizes", "5120")  # in 256 blocks
    assert done.stderr == "loop mine, size 5120: a task of 0 to 19 crashed: SIGABRT\n"
    done = run("crash", "--check", "--sizes", "100000")  # in 4,096 blocks
    assert done.stderr == "loop mine, size 100000: task 17 crashed: SIGSEGV\n"


HANGS = "loop mine, size 20: task 17 has"


def check_of_a_hang(*limits: int) -> tuple[int, list[str]]:
    """The limit, and the output. On a busy machine even the start of the child may take longer than
    the limit; then the next one is tried."""
    for limit in limits:
        done = run("hang", "--check", "--check-limit", str(limit))
        assert (done.returncode, done.stdout) == (3, "")
        lines = done.stderr.splitlines()
        if all(line.startswith(HANGS) for line in lines):
            break
    return limit, lines


def test_a_task_that_hangs_is_reported() -> None:
    _, lines = check_of_a_hang(1, 1, 1, 1, 1)
    said = "not ended after 1 s: find what it waits for, or choose smaller sizes"
    assert lines == [f"{HANGS} {said}"]


def test_a_long_wait_has_one_warning_after_half_of_the_limit() -> None:
    limit, lines = check_of_a_hang(2, 4, 8, 16)
    assert len(lines) == 2
    assert lines[0] == f"{HANGS} run for {limit // 2} s; the limit is {limit} s"
    assert lines[1].startswith(f"{HANGS} not ended after {limit} s")


def test_an_invalid_loop_is_not_measured() -> None:
    for loop in ("none", "two", "no sizes"):
        done = run(loop, "--benchmark_list_tests=true")
        assert (done.returncode, done.stdout) == (3, "")
    done = run("none", "--help")
    assert done.returncode == 0
    assert "Usage: own_loop " in done.stdout
