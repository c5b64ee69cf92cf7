"""What a run measures: which cases of which programs, and how often."""

import dataclasses
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from parzen_study.common.shown import quoted
from runner.program import Program
from runner.progress import Length, say
from runner.run import RunError


@dataclass(frozen=True)
class Profile:
    """The size of a run: its length, the seconds for which a case is repeated, and the most samples
    of a case."""

    length: Length
    min_time: float
    largest_n: int


# A verdict needs five rounds. On two CPUs the budgets end within 1, 5 and 60 minutes.
PROFILES: Final = {
    "quick": Profile(Length(5, most_rounds=15, budget=50.0), 0.005, largest_n=10_000),
    "default": Profile(Length(5, most_rounds=30, budget=285.0), 0.017, largest_n=10_000_000),
    "full": Profile(Length(5, most_rounds=60, budget=3540.0), 0.05, largest_n=100_000_000),
}


@dataclass(frozen=True)
class Plan:
    """The sorted names of all cases of a run, and the programs that have cases, with these.

    `bench` describes the machine, even if a filter matches none of its cases. `groups` are the
    cases that run in the same rounds, by name. Peers have their own groups, since one of their
    rounds takes as long as many of the suite's.
    """

    bench: Program
    programs: Sequence[tuple[Program, Sequence[str]]]
    cases: Sequence[str]
    groups: Mapping[str, Sequence[str]]


def planned(bench: Program, peers: Sequence[Program], case_filter: str) -> Plan:
    """Gets the cases from the programs. Prints their messages, for instance about skipped cases."""
    listings = [(program, program.listing()) for program in (bench, *peers)]
    said = "\n".join(f"{program.name}: {line}" for program, each in listings for line in each.said)
    cases = sorted(case for _, each in listings for case in each.cases)
    if not cases:
        raise RunError(
            f"--filter {quoted(case_filter)} matches no case:\n{said or 'no further messages'}\n"
            f"See all: {bench.name} --benchmark_list_tests=true",
            status=2,
        )
    if said:
        say(sys.stderr, said)
    programs = [(program, each.cases) for program, each in listings if each.cases]
    groups: dict[str, list[str]] = defaultdict(list)
    for program, names in programs:
        apart = "" if program is bench else "/peers"
        for case, group in program.groups(names).items():
            groups[f"{group}{apart}"].append(case)
    return Plan(bench, programs, cases, dict(sorted(groups.items())))


def beyond_the_profile(plan: Plan) -> list[str]:
    """The suite's cases with more samples than this profile runs: a comparison must not call them
    missing."""
    largest = max(each.largest_n for each in PROFILES.values())
    if plan.bench.choices.largest_n == largest:
        return []
    choices = dataclasses.replace(plan.bench.choices, largest_n=largest)
    all_of_it = dataclasses.replace(plan.bench, choices=choices)
    return sorted(set(all_of_it.listing().cases) - set(plan.cases))
