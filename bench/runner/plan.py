"""What a run measures: how much of it, and which cases of which programs."""

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
    """How much a run measures: how long it is, the seconds for which a case is repeated, and the
    most samples that a case may have."""

    length: Length
    min_time: float
    largest_n: int


# Five rounds are what a verdict takes. On two CPUs the budgets end within 1, 5 and 45 minutes.
PROFILES: Final = {
    "quick": Profile(Length(5, most_rounds=15, budget=50.0), 0.005, largest_n=10_000),
    "default": Profile(Length(5, most_rounds=30, budget=285.0), 0.02, largest_n=10_000_000),
    "full": Profile(Length(5, most_rounds=60, budget=2640.0), 0.05, largest_n=100_000_000),
}


@dataclass(frozen=True)
class Plan:
    """The names of all cases of a run, sorted, and the programs that have any, with theirs.

    `bench` describes the machine, even where a filter leaves it no case. `groups` are the cases
    that run in the same rounds, by name; those of peers are apart, since one of their rounds takes
    as long as many of the suite's.
    """

    bench: Program
    programs: Sequence[tuple[Program, Sequence[str]]]
    cases: Sequence[str]
    groups: Mapping[str, Sequence[str]]


def planned(bench: Program, peers: Sequence[Program], case_filter: str) -> Plan:
    """Asks the programs for their cases; tells what they say besides, such as what is left out."""
    listings = [(program, program.listing()) for program in (bench, *peers)]
    said = "\n".join(f"{program.name}: {line}" for program, each in listings for line in each.said)
    cases = sorted(case for _, each in listings for case in each.cases)
    if not cases:
        raise RunError(
            f"--filter {quoted(case_filter)} leaves no case:\n{said or 'nothing is said of why'}\n"
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
    """The cases that the suite has of larger n than this profile: a comparison misses none."""
    largest = max(each.largest_n for each in PROFILES.values())
    if plan.bench.choices.largest_n == largest:
        return []
    choices = dataclasses.replace(plan.bench.choices, largest_n=largest)
    all_of_it = dataclasses.replace(plan.bench, choices=choices)
    return sorted(set(all_of_it.listing().cases) - set(plan.cases))
