"""The model: each term alone, against arithmetic by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from parzen_study.topics.advice.model import (
    Draw,
    Line,
    Loop,
    Spread,
    draws,
    outside,
    seconds,
    timer,
)
from synthetic_advice import advice, line

LOOP = Loop(tasks=1000, task_time=10e-6)
POOL = line("process_pool", "processes", chunks=4, transfer=((1024.0, 1e-6), (2048.0, 5e-6)))


def took(one: Line, loop: Loop, workers: int | None = None, *, cpus: int = 2) -> float:
    return seconds(advice(one, cpus=cpus), one, loop, workers)


def test_a_call_is_its_cost_and_the_shared_work() -> None:
    assert took(line(), LOOP) == pytest.approx(10e-6 + 10e-3 / 2)


@pytest.mark.parametrize(("tasks", "turns"), [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3)])
def test_tasks_are_whole(tasks: int, turns: int) -> None:
    assert took(line(call=1e-12), Loop(tasks, 1.0)) == pytest.approx(turns)


def test_the_longest_chunk_decides() -> None:
    # 33 tasks in 8 chunks for 2 workers: of 5 tasks, the last of 3; 4 turns of 5 would be 20.
    assert took(replace(POOL, call=Spread(1e-12, 1e-12, 1e-12)), Loop(33, 1.0)) == pytest.approx(20)
    assert took(replace(POOL, call=Spread(1e-12, 1e-12, 1e-12)), Loop(64, 1.0)) == pytest.approx(32)


def test_more_workers_than_cpus_share_them() -> None:
    one = line(call=1e-12)
    for workers in (2, 3, 5, 64):
        assert took(one, Loop(64 * 15, 1.0), workers) == pytest.approx(480.0)
    assert took(one, Loop(3, 1.0), 3) == pytest.approx(1.5)  # three on two CPUs, by turns


def test_what_is_serial_is_not_shared() -> None:
    half = replace(LOOP, serial_share=0.5)
    assert took(line(), half) == pytest.approx(5e-3 + 10e-6 + 2.5e-3)
    whole = replace(LOOP, serial_share=1.0)
    one = line()
    times = [seconds(advice(one), one, whole, draw=draw) for draw in draws(one)]
    assert min(times) > whole.serial  # nothing to gain, whatever the draw


def test_one_worker_is_as_fast_as_serial() -> None:
    slow = line(speed=1.2, call=1e-12)
    assert took(slow, LOOP, 1) == pytest.approx(LOOP.serial)
    assert took(slow, LOOP, 2) == pytest.approx(LOOP.serial / 1.2)


def test_few_workers_lose_less_than_all() -> None:
    one = line(workers=8, speed=4.0, call=1e-12)
    loop = Loop(840, 1e-3)
    speeds = {each: loop.serial / took(one, loop, each, cpus=8) for each in (1, 2, 4, 8)}
    assert speeds[8] == pytest.approx(4.0)
    each_cpu = [speed / workers for workers, speed in speeds.items()]
    assert each_cpu == sorted(each_cpu, reverse=True)
    assert each_cpu[0] == pytest.approx(1.0)


def test_cost_of_a_call_grows_with_workers_that_are_created() -> None:
    cold, warm = line(start="cold"), line()
    tiny = Loop(64, 1e-12)
    assert took(cold, tiny, 8) / took(cold, tiny, 2) == pytest.approx(4.0, rel=1e-3)
    assert took(warm, tiny, 8) / took(warm, tiny, 2) == pytest.approx(2.0, rel=1e-3)


@pytest.mark.parametrize("workers", [2, 64, 4096])
def test_no_error_makes_cpus_do_more_than_they_can(workers: int) -> None:
    wrong = line(error=1.0)
    loop = Loop(1000, 1.0)
    best = min(timer(advice(wrong), wrong, loop, workers)(draw) for draw in draws(wrong))
    assert best == pytest.approx(loop.serial / 2 / 1.1)


def test_another_task_adds_its_cost_once() -> None:
    one = line(call=64 * 1e-7, task=(1e-7, 1e-7))  # all of the call is cost of its 64 tasks
    assert took(one, Loop(64, 1e-9)) == pytest.approx(64 * 1e-7 + 32e-9)
    assert took(one, Loop(640, 1e-9)) == pytest.approx(640 * 1e-7 + 320e-9)
    # Tasks beyond 4,096 go several at a time.
    assert took(one, Loop(8192, 1e-9)) == pytest.approx(4096 * 1e-7 + 4096e-9)
    assert took(one, Loop(2, 1e-9)) == pytest.approx(2e-7 + 1e-9)


def test_results_of_processes_are_sent_and_those_of_threads_are_not() -> None:
    large = replace(LOOP, result_bytes=8.0 + 1024.0)
    threads, pipe = line(), line("fork_pipe", "processes", transfer=((1024.0, 1e-6),))
    assert took(threads, large) == took(threads, LOOP)
    assert took(pipe, large) - took(pipe, LOOP) == pytest.approx(1000 * 1e-6)
    # In 8 messages of 1000 / 8 results: beyond the largest by its seconds per byte.
    sent = 8 * (1000 / 8 * 1024.0) * 5e-6 / 2048.0
    assert took(POOL, large) - took(POOL, LOOP) == pytest.approx(sent)


def test_bytes_are_interpolated() -> None:
    for size, cost in ((0.0, 0.0), (512.0, 0.5e-6), (1536.0, 3e-6), (4096.0, 10e-6)):
        added = took(POOL, replace(LOOP, input_bytes=size)) - took(POOL, LOOP)
        assert added == pytest.approx(cost, abs=1e-15)


def test_children_inherit_new_input() -> None:
    child = line("fork_pipe", "processes", "cold", fork=1e-12, transfer=((8.0, 1.0),))
    new = replace(LOOP, input_bytes=1e9)
    assert took(child, new) - took(child, LOOP) == pytest.approx(2 * 1e-3)


def test_memory_limits_what_a_second_cpu_gains() -> None:
    one = line(call=1e-12)
    streams = replace(LOOP, memory_bytes=20e9 * LOOP.task_time)  # all that one CPU moves
    times = [
        seconds(advice(one), one, streams, draw=Draw(bandwidth=share)) for share in (0.0, 0.5, 1.0)
    ]
    expected = [LOOP.serial / gain for gain in (1.0, math.sqrt(2.0), 2.0)]
    assert times == pytest.approx(expected)
    unknown = advice(one, copy_rate=0.0)
    assert seconds(unknown, one, streams) == pytest.approx(LOOP.serial / 2.0)


def test_the_error_grows_beyond_what_was_measured() -> None:
    one = line()
    model = advice(one)
    within = [outside(model, one, replace(LOOP, task_time=each), 2) for each in (1e-6, 1e-3)]
    beyond = [outside(model, one, replace(LOOP, task_time=each), 2) for each in (1e-9, 1e-1, 1e3)]
    assert within == [0.0, 0.0]
    assert 0.0 < beyond[1] < beyond[2]
    assert beyond[0] > 0.0
    assert 0.0 < outside(model, one, LOOP, 4) < outside(model, one, LOOP, 64)


@pytest.mark.parametrize("tasks", [1, 10**36])
@pytest.mark.parametrize("task_time", [1e-12, 1e36])
@pytest.mark.parametrize("size", [0.0, 1e36])
@pytest.mark.parametrize("workers", [1, 4096])
def test_no_loop_overflows(tasks: int, task_time: float, size: float, workers: int) -> None:
    loop = Loop(tasks, task_time, size, size, size, 0.5)
    pipe = line("fork_pipe", "processes", transfer=((8.0, 1e-6),), fork=1e-9)
    for one in (line(), POOL, pipe):
        times = [seconds(advice(one), one, loop, workers, draw) for draw in draws(one)]
        assert all(math.isfinite(each) and each > 0.0 for each in times)


def test_draws_are_the_same_on_every_call_and_others_of_another_line() -> None:
    assert draws(line()) == draws(line(call=1.0))
    assert draws(line())[0] != draws(line("openmp"))[0]
    assert draws(line())[0] != draws(line(start="cold"))[0]
