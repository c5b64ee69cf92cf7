"""Replaces a build of parzen_bench in the tests of paired.py; knows its options.

FILE.marshal next to the program describes this build (marshal needs no import): its `cases`; the
`factor` of their times, and that of single ones in `slow`; changes of its `context`; and
`errors` by case.

FAKE_FOLDER has what all builds share: `processes.jsonl`, a line per process that measured;
`living`, processes that must end; the pipe `reached`. FAKE_DRIFT is the change of the logarithm
of all times from one process to the next, FAKE_NOISE the spread of that of each time. In process
FAKE_BLOCK it waits to be ended. FAKE_CHANGE is the first process with another revision,
FAKE_FAIL the first in which every case is an error.

The tests start it some hundred times: see fakes.py.
"""

import marshal
import math
import os
import random
import sys

from fakes import to_json

SUFFIX = "/process_time/real_time"
FOLDER = os.environ["FAKE_FOLDER"]
ME = os.path.abspath(sys.argv[0])
FLAGS = {"--machine"}


def setting(name: str) -> float:
    return float(os.environ.get(f"FAKE_{name}", "0"))


def options_of(arguments: list[str]) -> dict[str, str]:
    """The options by name, from `--name=value` and `--name value`."""
    found = {}
    words = iter(arguments)
    for word in words:
        name, joined, value = word.partition("=")
        found[name] = value if joined or name in FLAGS else next(words)
    return found


def block() -> None:
    """Starts a worker that ignores SIGTERM, reports, and waits to be ended."""
    import signal  # this imports enum

    ready, worker_ready = os.pipe()
    with open(f"{FOLDER}/living", "a", encoding="utf-8") as file:
        file.write(f"{os.getpid()}\n")
        file.flush()
        worker = os.fork()
        if worker == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            os.write(worker_ready, b".")
        else:
            os.read(ready, 1)
            file.write(f"{worker}\n")
    if worker:
        with open(f"{FOLDER}/reached", "w", encoding="utf-8") as pipe:
            pipe.write("blocked")
    signal.alarm(60)  # ends a hanging test
    while True:
        signal.pause()


def main() -> int:
    """The program."""
    options = options_of(sys.argv[1:])
    with open(f"{ME}.marshal", "rb") as description:
        build = marshal.load(description)
    assert not [name for name in os.environ if name == "V" or name.startswith("BENCHMARK_")]
    context = {
        "machine.compiler": "GNU 12.2.0",
        "machine.revision": "old",
        "state.governor": "performance",
        "state.memory_available_bytes": f"{2**30 + os.getpid()}",
        **build.get("context", {}),
    }
    if "--machine" in options:
        groups: dict[str, dict[str, str]] = {"machine": {}, "state": {}}
        for key, value in context.items():
            group, _, name = key.partition(".")
            groups.get(group, {})[name] = value
        print(to_json(groups))
        return 0
    names = [name for name in build["cases"] if options.get("--benchmark_filter", "") in name]
    if "--cases" in options:
        with open(options["--cases"], encoding="utf-8") as file:
            chosen = file.read().splitlines()
        assert set(chosen) <= set(names), chosen
        names = [name for name in names if name in chosen]
    if not names:
        print("Failed to match any benchmarks against regex", file=sys.stderr)
        return 0
    if "--benchmark_list_tests" in options:
        print("\n".join(name + SUFFIX for name in names))
        return 0

    with open(f"{FOLDER}/processes.jsonl", "a+", encoding="utf-8") as file:
        kept = {name: options.get(name) for name in ("--order-seed", "--memory", "--largest-n")}
        kept |= {"--benchmark_min_time": options.get("--benchmark_min_time")}
        file.write(to_json({"file": ME, "process": os.getpid(), "options": kept}) + "\n")
        file.seek(0)
        number = len(file.readlines())
    if number == setting("BLOCK"):
        block()
    if 0 < setting("CHANGE") <= number:
        context["machine.revision"] = "rebuilt"
    random.Random(options["--order-seed"]).shuffle(names)
    benchmarks: list[dict[str, object]] = []
    for name in names:
        noise = random.Random(f"{number} {name}").gauss(0.0, setting("NOISE"))
        factor = build.get("slow", {}).get(name, build.get("factor", 1.0))
        time = factor * 15.0 * math.exp(setting("DRIFT") * number + noise)
        item: dict[str, object] = {"run_name": name + SUFFIX, "real_time": time, "time_unit": "us"}
        if 0 < setting("FAIL") <= number:
            item |= {"error_occurred": True, "error_message": "from now on"}
        if name in build.get("errors", {}):
            item |= {"error_occurred": True, "error_message": build["errors"][name]}
        benchmarks.append(item)
    context |= {"host_name": "secret-host", "executable": f"/secret/{os.path.basename(ME)}"}
    context |= {"date": f"{number}", "order_seed": options["--order-seed"]}
    with open(options["--benchmark_out"], "w", encoding="utf-8") as file:
        file.write(to_json({"context": context, "benchmarks": benchmarks}))
    return 0
