"""Writes the recorded runs of tests/recorded/ anew: `python analysis/tests/helpers/record.py`.

Small on purpose: one n, two backends, two numbers of workers, and one thing wrong in each.
"""

from __future__ import annotations

import json
from copy import deepcopy

from places import RECORDED
from synthetic import SUFFIX, Document, Synthetic, case_name

WORSE = case_name("tbb", 10_000, 2, "cold")


def small(seed: int, rounds: int = 6) -> Document:
    run = Synthetic(
        seed=seed,
        rounds=rounds,
        sizes=(10_000,),
        workers=(1, 2),
        processes={"fork_pipe": ("cold",)},
        threads={"tbb": ("cold",)},
    )
    return run.document()


def recordings() -> dict[str, Document]:
    """Every recording but the truncated one, by name."""
    latest = small(seed=2)
    found = {name: deepcopy(latest) for name in ("same", "slower", "missing", "wrong_counts")}
    for one_round in found["slower"]["rounds"]:
        entry(one_round, WORSE)["real_time"] *= 1.5
    found["missing"]["cases"].remove(WORSE)
    for one_round in found["missing"]["rounds"]:
        one_round["benchmarks"].remove(entry(one_round, WORSE))
    for one_round in found["wrong_counts"]["rounds"]:
        for benchmark in one_round["benchmarks"]:  # all alike: only the baseline can tell
            benchmark["counts_digest"] += 1
    found["errored"] = deepcopy(latest)
    failed = entry(found["errored"]["rounds"][3], WORSE)
    del failed["real_time"], failed["cpu_time"]
    failed |= {"error_occurred": True, "error_message": "counts differ at h = 1.1: 7 is, 8 should"}
    found["mixed"] = deepcopy(latest)
    found["mixed"]["rounds"][4]["context"]["machine.cpu_model"] = "Another CPU"
    found["short"] = small(seed=2, rounds=4)
    found["baseline"] = small(seed=1)
    found["foreign"] = {"context": {"num_cpus": 4}, "benchmarks": []}
    return found


def entry(one_round: Document, case: str) -> Document:
    return next(each for each in one_round["benchmarks"] if each["run_name"] == case + SUFFIX)


def main() -> None:
    for name, document in recordings().items():
        place = RECORDED / name / "run.json"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps(document, separators=(",", ":")) + "\n", encoding="utf-8")
    whole = (RECORDED / "same" / "run.json").read_bytes()
    (RECORDED / "truncated").mkdir(exist_ok=True)
    (RECORDED / "truncated" / "run.json").write_bytes(whole[: len(whole) // 2])


if __name__ == "__main__":
    main()
