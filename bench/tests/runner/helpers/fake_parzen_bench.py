"""Replaces parzen_bench in the tests of rounds.py; knows its options and its failures.

Under the name fake_peers it replaces the peers that are measured with it. FAKE_FOLDER has the
files that the test and the fake share: `NAME.rounds`, a line per started round; `processes`,
their numbers; the pipe `reached`, for reports of the fake. FAKE_FAULT is the failure, in
FAKE_PROGRAM and round FAKE_ROUND (0: while listing the cases). FAKE_NOISE is the spread of the
logarithms of all times except those of the first case. With FAKE_BEYOND there is one more case
if --largest-n allows it. FAKE_MEMORY is the memory that it reports; `memory` has the --memory
options, a line per call.

The tests start it some hundred times: see fakes.py.
"""

import math
import os
import random
import resource
import sys
import time

from fakes import to_json

NAME = os.path.basename(sys.argv[0]).removesuffix(".py")
CASES = {
    "parzen_bench": [f"article/serial/n:{n}/process_time/real_time" for n in (10, 100, 1000)],
    "fake_peers": [f"dispatch/fake/workers:{n}/process_time/real_time" for n in (1, 2)],
    "bench_mpi": [
        f"article/mpi/n:{n}/workers:{os.environ.get('FAKE_RANKS')}/process_time/real_time"
        for n in (10, 100, 1000)
    ],
}[NAME]
SUFFIX = "/process_time/real_time"
FLAGS = {"--machine"}
OPTIONS = FLAGS | {
    *("--benchmark_list_tests", "--benchmark_min_time", "--benchmark_filter"),
    *("--benchmark_out", "--benchmark_out_format", "--order-seed", "--largest-n", "--cases"),
    "--list",
    *(("--memory",) if NAME != "fake_peers" else ()),
    *(("--ranks",) if NAME == "bench_mpi" else ()),
}
LARGE_CASE = f"article/serial/n:100000000{SUFFIX}"
FOLDER = os.environ["FAKE_FOLDER"]


def report(word: str) -> None:
    """Reports a step to the test; waits until the test reads it."""
    with open(f"{FOLDER}/reached", "w", encoding="utf-8") as pipe:
        pipe.write(word)


def note_process(number: int) -> None:
    """Reports a process that must end."""
    with open(f"{FOLDER}/processes", "a", encoding="utf-8") as file:
        file.write(f"{number}\n")


def wait_forever() -> None:
    """Waits like a long case; the alarm ends a hanging test."""
    import signal  # this imports enum

    signal.alarm(30)
    while True:
        signal.pause()


def block() -> None:
    """Starts a worker that ignores SIGTERM, reports, and waits to be ended."""
    import signal  # this imports enum

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
    """The failures that end the program early."""
    import signal  # this imports enum

    if fault == "block":
        block()
    elif fault == "block and report SIGTERM":
        signal.signal(signal.SIGTERM, lambda _number, _frame: report("terminated"))
        block()
    elif fault == "wait alone":
        with open(f"{FOLDER}/reached", "w", encoding="utf-8") as pipe:
            pipe.write("waiting")
            pipe.flush()
            wait_forever()  # the pipe ends with this process
    elif fault == "crash":
        for number in range(30):
            print(f"last words {number}", file=sys.stderr, flush=True)
        os.kill(os.getpid(), signal.SIGSEGV)
    elif fault == "file size":
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # Python ignores it
        os.kill(os.getpid(), signal.SIGXFSZ)
    elif fault == "descriptors":
        # Limits the parent: it can open nothing from now on.
        resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE, (3, 3))
    elif fault == "status":
        print("no memory", file=sys.stderr, flush=True)
        sys.exit(3)
    elif fault == "stray worker":
        worker = os.fork()
        if worker == 0:
            wait_forever()  # holds the stdout of the program open
        note_process(worker)


def document(order: list[str], options: dict[str, str], fault: str) -> str:
    """The text of a round's JSON file."""
    items = {"machine.cpu_model": "fake", "machine.cores": "2", "state.load_1m": "0.50"}
    if NAME == "fake_peers":
        items = {"peers.versions": "fake: 1.0", "peers.left_out": "gone: no such module"}
    items["backends.built"] = "serial,mpi" if NAME == "bench_mpi" else "serial"
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
    if fault == "fewer ranks":  # as if mpirun had started one
        for benchmark in benchmarks:
            for key in ("name", "run_name"):
                benchmark[key] = str(benchmark[key]).replace("/workers:2/", "/workers:1/")
    if fault == "missing case":
        print("1 cases of family article are skipped", file=sys.stderr)
        benchmarks = [item for item in benchmarks if item["name"] != CASES[2]]
    if fault == "repeated case":
        benchmarks.append(benchmarks[0])
    context = {
        "date": "2026-01-01T00:00:00+00:00",
        "host_name": "secret-host",
        "executable": "/secret/parzen_bench",
        "order_seed": options.get("--order-seed", ""),
        "min_time": options.get("--benchmark_min_time", ""),
        **items,
    }
    text = to_json({"context": context, "benchmarks": benchmarks})
    if fault == "truncated":
        return text[: len(text) // 2]
    if fault == "not a number":
        return text.replace("1.5e-07", "NaN")
    if fault == "text for a time":
        return text.replace("1.5e-07", '"fast"')
    if fault == "no unit":
        return text.replace('"time_unit": "s"', '"time_unit": "h"')
    if fault == "number for an item":
        return text.replace('"0.50"', "0.5")
    if fault == "nested":
        return "[" * 100_000
    if fault == "no document":
        return "[]"
    return text


def options_of(arguments: list[str]) -> dict[str, str]:
    """The options by name, from `--name=value` and `--name value`; an unknown one is a failure."""
    found = {}
    words = iter(arguments)
    for word in words:
        name, joined, value = word.partition("=")
        assert name in OPTIONS, word
        found[name] = value if joined or name in FLAGS else next(words)
    return found


def main() -> int:
    """The program."""
    options = options_of(sys.argv[1:])
    largest_n = int(options["--largest-n"])
    fault, fault_round = os.environ["FAKE_FAULT"], int(os.environ["FAKE_ROUND"])
    if os.environ.get("FAKE_PROGRAM", "parzen_bench") != NAME:
        fault = "none"

    # Google Benchmark would read its flags from these variables.
    assert not [name for name in os.environ if name == "V" or name.startswith("BENCHMARK_")]

    if "--machine" in options:
        state = {"load_1m": "0.75", "governor": "unknown"}
        if "FAKE_MEMORY" in os.environ:
            state["memory_available_bytes"] = os.environ["FAKE_MEMORY"]
        print(to_json({"machine": {"cpu_model": "fake", "cores": "2"}, "state": state}))
        return 0
    beyond = [LARGE_CASE] if "FAKE_BEYOND" in os.environ and largest_n >= 10**8 else []
    if options.get("--list") == "json":
        # Lists all cases, whatever the filter, as parzen_bench does.
        parts = {case: case.removesuffix(SUFFIX).split("/") for case in [*CASES, *beyond]}
        listed = [
            {"full_name": case, "group": "/".join([own[0], *(n for n in own[2:] if n[0] == "n")])}
            for case, own in parts.items()
        ]
        print("[]" if fault == "no groups" else to_json(listed))
        return 0
    cases = [case for case in [*CASES, *beyond] if options.get("--benchmark_filter", "") in case]
    if "--cases" in options:
        with open(options["--cases"], encoding="utf-8") as file:
            named = file.read().splitlines()
        cases = [case for case in cases if case.removesuffix(SUFFIX) in named]
        assert len(cases) == len(named), named
    if not cases:  # like Google Benchmark 1.7.1
        print("Failed to match any benchmarks against regex", file=sys.stderr)
        return int(fault == "filter status")
    if NAME == "parzen_bench":
        with open(f"{FOLDER}/memory", "a", encoding="utf-8") as file:
            file.write(f"{options.get('--memory')}\n")
    if "--benchmark_list_tests" in options:
        if fault_round == 0:
            misbehave(fault)
        if NAME == "fake_peers":
            print("gone is skipped: no such module", file=sys.stderr)
        print("\n".join(cases))
        return 0

    with open(f"{FOLDER}/{NAME}.rounds", "a+", encoding="utf-8") as file:
        file.write(f"{options.get('--order-seed')}\n")
        file.seek(0)
        number = len(file.readlines())
    if number != fault_round:
        fault = "none"
    random.Random(options.get("--order-seed")).shuffle(cases)
    print("-" * 40 + f"\n{'Benchmark':40} Time\n" + "-" * 40, flush=True)
    for position, case in enumerate(cases):
        if position == 1 and fault != "none":
            misbehave(fault)
        time.sleep(float(os.environ.get("FAKE_SECONDS", "0")))
        print(f"{case:50} 150 ns", flush=True)
    if fault != "no file":
        assert options["--benchmark_out_format"] == "json"
        with open(options["--benchmark_out"], "w", encoding="utf-8") as file:
            file.write(document(cases, options, fault))
    return 0
