"""Replaces the program of a user's own loop in the tests of rounds.py; knows its options.

FAKE_FOLDER has the files that the test and the fake share: `calls`, a line of JSON per process
with its arguments; `ran`, a line per started case; `hangs`, the process whose case hangs.
FAKE_FAILS is JSON: by backend, or `start`, `end` or `object` (a global object of the file), the
failure there: `crash`, `hang`, `print`, `refuse` (print why, and end with status 3), or a status
of exit(). FAKE_CHECK is JSON: the output of `--check`, and its status.

As Google Benchmark does, it writes each case to its file when it finishes.
"""

import contextlib
import json
import os
import random
import resource
import signal
import sys

SUFFIX = "/process_time/real_time"
FOLDER = os.environ["FAKE_FOLDER"]
WITH_RANKS = os.path.basename(sys.argv[0]) == "own_loop_mpi"
FAILS = json.loads(os.environ.get("FAKE_FAILS", "{}"))
CHECK = {
    "loop": "mine",
    "sizes": [
        {"size": size, "tasks": 10, "result_bytes": 8, "seconds": 0.001} for size in (1000, 10)
    ],
}


def options_of(arguments: list[str]) -> dict[str, str]:
    """The options by name, from `--name=value` and `--name value`."""
    found = {}
    words = iter(arguments)
    for word in words:
        name, joined, value = word.partition("=")
        found[name] = value if joined or name in ("--machine", "--check") else next(words)
    return found


def fail(how: str | None) -> None:
    """The failure here, if any; the alarm ends a hanging test."""
    if how == "crash":
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.kill(os.getpid(), signal.SIGSEGV)
    elif how == "hang":
        with open(f"{FOLDER}/hangs", "w", encoding="utf-8") as file:
            file.write(f"{os.getpid()}")
        signal.alarm(30)
        while True:
            signal.pause()
    elif how == "print":
        print("hello", flush=True)
    elif how == "refuse":
        print("no loop", file=sys.stderr)
        sys.exit(3)
    elif how is not None:
        sys.exit(int(how))


def main() -> int:
    """The program."""
    options = options_of(sys.argv[1:])
    with open(f"{FOLDER}/calls", "a", encoding="utf-8") as file:
        file.write(f"{json.dumps(sys.argv[1:])}\n")
    if "--machine" in options:
        fail(FAILS.get("object"))
        state = {"load_1m": "0.75"}
        print(json.dumps({"machine": {"cores": "2"}, "state": state}))
        return 0
    if "--check" in options:
        check = json.loads(os.environ.get("FAKE_CHECK", json.dumps({"prints": CHECK, "status": 0})))
        if "says" in check:
            print(check["says"], file=sys.stderr)
        print(json.dumps(check["prints"]))
        return int(check["status"])
    sizes = options.get("--sizes", "1000,10").split(",")
    cases = [
        f"loops/{backend}/loop:mine/size:{size}/workers:2/start:warm"
        for backend in (("mpi",) if WITH_RANKS else ("serial", "openmp", "tbb"))
        for size in sizes
    ]
    if options.get("--list") == "json":
        listed = [
            {"full_name": case + SUFFIX, "group": f"loops/{case.split('/')[3]}"} for case in cases
        ]
        print(json.dumps(listed))
        return 0
    if "--cases" in options:
        with open(options["--cases"], encoding="utf-8") as file:
            named = file.read().splitlines()
        assert set(named) <= set(cases), named
        cases = [case for case in cases if case in named]
    cases = [case for case in cases if options.get("--benchmark_filter", "") in case]
    random.Random(options.get("--order-seed")).shuffle(cases)
    if "--benchmark_list_tests" in options:
        print("\n".join(case + SUFFIX for case in cases))
        return 0

    fail(FAILS.get("start"))
    context = {"machine.cores": "2", "order_seed": options["--order-seed"], "host_name": "secret"}
    with open(options["--benchmark_out"], "w", encoding="utf-8") as file:
        file.write('{"context": ' + json.dumps(context) + ',\n"benchmarks": [\n')
        file.flush()
        for number, case in enumerate(cases):
            with open(f"{FOLDER}/ran", "a", encoding="utf-8") as ran:
                ran.write(f"{case}{SUFFIX}\n")
            fail(FAILS.get(case.split("/")[1]))
            name = case + SUFFIX
            item = {"name": name, "run_name": name, "real_time": 1.5, "time_unit": "us"}
            file.write(",\n" * (number > 0) + json.dumps(item))
            file.flush()
            print(f"what the loop prints\n{case + SUFFIX:50} 150 ns", flush=True)
        file.write("\n]\n}\n")
    fail(FAILS.get("end"))
    return 0


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        sys.exit(main())
