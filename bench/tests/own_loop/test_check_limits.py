"""Loops that would exhaust the machine: the check rejects them before any measurement."""

import subprocess

import pytest
from programs import BUILD


@pytest.mark.parametrize(
    ("loop", "said"),
    [
        ("come_back_twice", "task 17 forked, and its child returned from the task: end the child"),
        ("too_many_results", "the check needs 1125899906842624 results of 8 bytes, twice, and "),
    ],
)
def test_the_check_rejects_loops_that_would_exhaust_the_machine(loop: str, said: str) -> None:
    done = subprocess.run(
        [BUILD / "own_loop_test", "--check", "--sizes=20"],
        env={"OWN_LOOP": loop}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith(f"loop mine, size 20: {said}")
