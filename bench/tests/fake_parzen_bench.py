"""Stands in for parzen_bench in the tests of rounds.py; knows its options and its faults.

Under the name fake_peers it stands in for the peers that are measured beside it.
FAKE_FOLDER holds what the test and the fake tell each other: `NAME.rounds`, a line a round
that began; `processes`, their numbers; the pipe `reached`, where the fake reports.
FAKE_FAULT is what goes wrong, in FAKE_PROGRAM and round FAKE_ROUND (0: while listing the cases).
FAKE_NOISE is the spread of the logarithms of all times but those of the first case. With
FAKE_BEYOND there is one more case where --largest-n allows it.
FAKE_MEMORY is what it says of the memory; `memory` is what it is told of it, a line a call.
"""

import argparse
import json
import math
import os
import random
import signal
import sys
import time
from pathlib import Path

NAME = Path(__file__).stem
CASES = {
    "parzen_bench": [f"article/serial/n:{n}/process_time/real_time" for n in (10, 100, 1000)],
    "fake_peers": [f"dispatch/fake/workers:{n}/process_time/real_time" for n in (1, 2)],
}[NAME]
SUFFIX = "/process_time/real_time"
LARGE_CASE = f"article/serial/n:100000000{SUFFIX}"
FOLDER = Path(os.environ["FAKE_FOLDER"])


def report(word: str) -> None:
    """Tells the test how far this is; waits until the test listens."""
    with open(FOLDER / "reached", "w", encoding="utf-8") as pipe:
        pipe.write(word)


def note_process(number: int) -> None:
    """Tells the test of a process that must not remain."""
    with open(FOLDER / "processes", "a", encoding="utf-8") as file:
        file.write(f"{number}\n")


def wait_forever() -> None:
    """As a long case does; the alarm is the watchdog of a test that fails."""
    signal.alarm(30)
    while True:
        signal.pause()


def block() -> None:
    """Leaves a worker that ignores SIGTERM, reports and waits to be ended."""
    ready, worker_ready = os.pipe()
    note_process(os.getpid())
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        note_process(os.getpid())
        os.write(worker_ready, b".")
        wait_forever()
    os.read(ready, 1)
    report("blocked")
    wait_forever()


def misbehave(fault: str) -> None:
    """The faults in which the program does not come to its end."""
    if fault == "block":
        block()
    elif fault == "block and report SIGTERM":
        signal.signal(signal.SIGTERM, lambda _number, _frame: report("terminated"))
        block()
    elif fault == "wait alone":
        with open(FOLDER / "reached", "w", encoding="utf-8") as pipe:
            pipe.write("waiting")
            pipe.flush()
            wait_forever()  # the pipe ends with this process
    elif fault == "crash":
        for number in range(30):
            print(f"last words {number}", file=sys.stderr, flush=True)
        os.kill(os.getpid(), signal.SIGSEGV)
    elif fault == "file size":
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # which Python ignores
        os.kill(os.getpid(), signal.SIGXFSZ)
    elif fault == "status":
        print("no memory", file=sys.stderr, flush=True)
        sys.exit(3)
    elif fault == "stray worker":
        worker = os.fork()
        if worker == 0:
            wait_forever()  # with the stdout of the program
        note_process(worker)


def document(order: list[str], options: argparse.Namespace, fault: str) -> str:
    """The text of the JSON file of a round."""
    items = {"machine.cpu_model": "fake", "machine.cores": "2", "state.load_1m": "0.50"}
    if NAME == "fake_peers":
        items = {"peers.versions": "fake: 1.0", "peers.left_out": "gone: no such module"}
    if fault == "other machine":
        items["machine.cores"] = "64"
    if fault == "no machine":
        items = {}
    benchmarks: list[dict[str, object]] = []
    for case in order:
        benchmark: dict[str, object] = {"name": case, "run_name": case}
        if fault == "error" and case == CASES[1]:
            benchmark |= {"error_occurred": True, "error_message": "counts differ"}
        spread = 0.0 if case == CASES[0] else float(os.environ.get("FAKE_NOISE", "0"))
        noise = random.gauss(0.0, spread)
        benchmarks.append(benchmark | {"real_time": 1.5e-07 * math.exp(noise), "time_unit": "s"})
    if fault == "missing case":
        print("1 cases of family article are left out", file=sys.stderr)
        benchmarks = [item for item in benchmarks if item["name"] != CASES[2]]
    if fault == "repeated case":
        benchmarks.append(benchmarks[0])
    context = {
        "date": "2026-01-01T00:00:00+00:00",
        "host_name": "secret-host",
        "executable": "/secret/parzen_bench",
        "order_seed": str(options.order_seed),
        "min_time": str(options.benchmark_min_time),
        **items,
    }
    text = json.dumps({"context": context, "benchmarks": benchmarks})
    if fault == "truncated":
        return text[: len(text) // 2]
    if fault == "not a number":
        return text.replace("1.5e-07", "NaN")
    if fault == "no document":
        return "[]"
    return text


def main() -> int:
    """The program."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--benchmark_list_tests")
    parser.add_argument("--machine", action="store_true")
    parser.add_argument("--order-seed", type=int)
    parser.add_argument("--largest-n", type=int, required=True)
    parser.add_argument("--cases", type=Path)
    if NAME == "parzen_bench":
        parser.add_argument("--memory", type=int)
    parser.add_argument("--benchmark_min_time", type=float)
    parser.add_argument("--benchmark_out")
    parser.add_argument("--benchmark_out_format", choices=["json"])
    parser.add_argument("--benchmark_filter", default="")
    options = parser.parse_args()
    fault, fault_round = os.environ["FAKE_FAULT"], int(os.environ["FAKE_ROUND"])
    if os.environ.get("FAKE_PROGRAM", "parzen_bench") != NAME:
        fault = "none"

    # The flags of Google Benchmark would be taken from these as well.
    assert not [name for name in os.environ if name == "V" or name.startswith("BENCHMARK_")]

    if options.machine:
        state = {"load_1m": "0.75", "governor": "unknown"}
        if "FAKE_MEMORY" in os.environ:
            state["memory_available_bytes"] = os.environ["FAKE_MEMORY"]
        print(json.dumps({"machine": {"cpu_model": "fake", "cores": "2"}, "state": state}))
        return 0
    beyond = [LARGE_CASE] if "FAKE_BEYOND" in os.environ and options.largest_n >= 10**8 else []
    cases = [case for case in [*CASES, *beyond] if options.benchmark_filter in case]
    if options.cases:
        named = options.cases.read_text("utf-8").splitlines()
        cases = [case for case in cases if case.removesuffix(SUFFIX) in named]
        assert len(cases) == len(named), named
    if not cases:  # as Google Benchmark 1.7.1
        print("Failed to match any benchmarks against regex", file=sys.stderr)
        return int(fault == "filter status")
    if NAME == "parzen_bench":
        with open(FOLDER / "memory", "a", encoding="utf-8") as file:
            file.write(f"{options.memory}\n")
    if options.benchmark_list_tests:
        if fault_round == 0:
            misbehave(fault)
        if NAME == "fake_peers":
            print("gone is left out: no such module", file=sys.stderr)
        print("\n".join(cases))
        return 0

    rounds = FOLDER / f"{NAME}.rounds"
    with open(rounds, "a", encoding="utf-8") as file:
        file.write(f"{options.order_seed}\n")
    number = len(rounds.read_text("utf-8").splitlines())
    if number != fault_round:
        fault = "none"
    random.Random(options.order_seed).shuffle(cases)
    print("-" * 40 + f"\n{'Benchmark':40} Time\n" + "-" * 40, flush=True)
    for position, case in enumerate(cases):
        if position == 1:
            misbehave(fault)
        time.sleep(float(os.environ.get("FAKE_SECONDS", "0")))
        print(f"{case:50} 150 ns", flush=True)
    if fault != "no file":
        Path(options.benchmark_out).write_text(document(cases, options, fault), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
