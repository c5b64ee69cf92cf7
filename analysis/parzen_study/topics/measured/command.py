"""The command that measures the same cases again."""

from __future__ import annotations

import shlex

from parzen_study.run.case import MPI
from parzen_study.run.run import Run


def command(run: Run) -> str:
    """A make target where there is one. Rounds of a run of the suite that was limited by a filter,
    or by a number of rounds, have none."""
    ranks = sorted(
        {str(case.number("workers")) for case in run.cases if case.backend == MPI}, key=int
    )
    if run.loop:
        words = ["make bench", f"LOOP={shlex.quote(run.loop.file)}"]
        words.append(f"LOOP_FLAGS={shlex.quote(run.loop.flags)}")
        if run.loop.sizes_chosen:
            words.append(f"LOOP_SIZES={shlex.quote(' '.join(map(str, run.loop.sizes)))}")
        return " ".join([*words, f"PROFILE={run.profile}", *_of_ranks(ranks)])
    if not run.case_filter and run.has_groups:
        if run.peers or not ranks:
            target = "peers" if run.peers else "bench"
            return " ".join([f"make {target}", f"PROFILE={run.profile}", *_of_ranks(ranks)])
        return f"make bench-mpi PROFILE={run.profile} NP={shlex.quote(' '.join(ranks))}"
    words = ["PYTHONPATH=analysis:bench"] if run.peers else []
    words += ["python bench/runner/rounds.py", "--binary build/bench/parzen_bench"]
    words.append("--output results/latest")
    words.append(f"--profile {run.profile}")
    if run.peers:
        words.append("--peers runner.python_baselines")
    if ranks:
        words.append(f"--ranks {' '.join(ranks)}")
    if not run.has_groups:
        words.append(f"--rounds {run.rounds_planned}")
    if run.case_filter:
        words.append(f"--filter {shlex.quote(run.case_filter)}")
    return " ".join(words)


def _of_ranks(ranks: list[str]) -> list[str]:
    return ["BACKENDS=mpi", f"NP={shlex.quote(' '.join(ranks))}"] if ranks else []
