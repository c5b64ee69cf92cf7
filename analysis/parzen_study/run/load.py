"""The only reader of run.json (format: results/README.md): strict, then a typed `Run`.

A violation of the format is an error that names the round, the case and the value. Nothing is
repaired, and nothing is skipped silently.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from parzen_study.common.shown import shown_json
from parzen_study.run import checked, cpus, disturbance
from parzen_study.run.case import MPI, RANKS, Case
from parzen_study.run.disturbance import ForeignLoad, Share
from parzen_study.run.document import Reader, pairs, read_document, split
from parzen_study.run.finding import Finding
from parzen_study.run.load_groups import cases_of_round, groups_of_cases
from parzen_study.run.load_round import foreign_load, round_outcomes
from parzen_study.run.own_loop import own_loop
from parzen_study.run.rejected_rounds import (
    disturbed,
    most_common,
    other_machine,
    stolen,
    truncated,
)
from parzen_study.run.run import MECHANISMS, UNKNOWN, CaseError, Run
from parzen_study.run.schema import problem_of_run

FORMAT = "parzen-study run"
VERSION = 1

_PRIVATE = frozenset({"host_name", "executable"})


def load_run(path: Path) -> Run:
    """Read and check a run.

    Invalid rounds are excluded and reported (rejected_rounds.py). Raises UnusableData for a file
    that cannot be read, is truncated or not a run, has an impossible time, or has no usable round.
    """
    document, content = read_document(path)
    read = Reader(path)
    _check_format(read, document)
    _check_schema(read, document, content)
    rounds = document["rounds"]
    if not rounds:
        raise read.rejection("the run has no rounds", "rounds", "an empty list")
    cases = _planned_cases(read, document)
    loop = own_loop(read, document, cases.values())
    groups = groups_of_cases(read, document, cases)
    contexts = [each["context"] for each in rounds]
    machine = dict(most_common([_items(each, "machine.") for each in contexts]))
    states = [_items(each, "state.") for each in contexts]
    state_after = document["state_after"]
    by_round: dict[int, list[dict[str, Any] | CaseError]] = {}
    loads: dict[int, ForeignLoad] = {}
    rejected: dict[int, Finding] = {}
    for number, one_round in enumerate(rounds, start=1):
        place = f"round {number}"
        own = cases_of_round(read, one_round, cases, groups, place)
        outcomes = list(round_outcomes(read, one_round["benchmarks"], own, number))
        foreign = foreign_load(one_round)
        missing = own.keys() - {_name_of(outcome) for outcome in outcomes}
        after = states[number] if number < len(states) else state_after
        reason = (
            other_machine(number, _items(contexts[number - 1], "machine."), machine)
            or truncated(number, missing, len(own))
            or stolen(number, states[number - 1], after)
        )
        if reason:
            rejected[number] = reason
            continue
        by_round[number] = outcomes
        loads |= {number: foreign} if foreign else {}
    disturbances = disturbance.of_rounds(_shares(by_round, cases), cpus.usable(machine))
    for number, found in disturbance.rejected(disturbances, loads).items():
        rejected[number] = disturbed(number, found)
        del by_round[number], disturbances[number]
        loads.pop(number, None)
    if len(rejected) == len(rounds):
        first = rejected[1]
        raise read.rejection(f"the run has no usable round; {first.what}", "rounds", first.cause)
    contexts = [contexts[number - 1] for number in by_round]
    states = [states[number - 1] for number in by_round]
    outcomes = [outcome for own in by_round.values() for outcome in own]
    ran = Counter(_name_of(outcome) for outcome in outcomes)
    _never_ran(read, cases, ran)
    errors = [outcome for outcome in outcomes if isinstance(outcome, CaseError)]
    rows = [outcome for outcome in outcomes if not isinstance(outcome, CaseError)]
    errors += _unstable_counts(rows)
    failed = {error.case for error in errors}
    clocks = [mhz for each in contexts for mhz in cpus.clock_mhz(each)]
    context = contexts[0]
    return Run(
        path=path,
        profile=document["profile"],
        rounds_planned=_rounds_planned(read, document, len(rounds)),
        interrupted=document["interrupted"],
        loop=loop,
        case_filter=document.get("filter", ""),
        largest_n=int(document.get("largest_n", 0)),
        cases=tuple(cases.values()),
        not_planned=_not_planned(read, document, cases),
        has_groups=bool(groups),
        python=document["python"],
        machine=machine,
        busy_before=document.get("busy_before"),
        states=tuple(states),
        state_after=state_after,
        clock_mhz=(min(clocks), max(clocks)) if clocks else (),
        rejected_rounds=tuple(rejected[number] for number in sorted(rejected)),
        disturbances=disturbances,
        foreign_loads=loads,
        began=context.get("date", UNKNOWN),
        order_seeds=tuple(each.get("order_seed", UNKNOWN) for each in contexts),
        private_keys=tuple(sorted({key for each in contexts for key in _PRIVATE & each.keys()})),
        backends_built=tuple(split(context.get("backends.built", ""), ",")),
        mechanisms=_mechanisms(read, context),
        backends_left_out=_pairs(context.get("backends.left_out", "")),
        peers=_pairs(context.get("peers.versions", "")),
        peers_left_out=_pairs(context.get("peers.left_out", "")),
        article_counts=tuple(int(each) for each in split(context.get("article.counts", ""), ",")),
        rows=tuple(row for row in rows if row["case"] not in failed),
        errors=tuple(errors),
        ran=dict(ran),
    )


def _check_format(read: Reader, document: Mapping[str, Any]) -> None:
    if document.get("format") != FORMAT:
        raise read.rejection(
            "the file is JSON, but not a run of this suite",
            "format",
            f"'{FORMAT}' expected, {shown_json(document.get('format'))} found",
            "name a folder whose run.json was written by 'make bench'",
        )
    if document.get("version") != VERSION or isinstance(document.get("version"), bool):
        raise read.rejection(
            "the run has another version of the format",
            "version",
            f"{VERSION} expected, {shown_json(document.get('version'))} found",
            "measure again with this revision's 'make bench', or check out the run's revision",
        )


def _check_schema(read: Reader, document: Mapping[str, Any], content: bytes) -> None:
    digest = checked.digest_of(content)
    if checked.is_remembered(digest):
        return
    if problem := problem_of_run(document):
        raise read.rejection(problem.what, problem.place, problem.found)
    if len(content) >= checked.WORTH_REMEMBERING:
        checked.remember(digest)


def _rounds_planned(read: Reader, document: Mapping[str, Any], rounds: int) -> int:
    planned = int(document["rounds_planned"])
    # A run with groups goes on after those as long as its time allows.
    if planned < rounds and "groups" not in document:
        raise read.rejection(
            "the run has more rounds than planned",
            "rounds_planned",
            f"{shown_json(planned)} planned, {rounds} found",
        )
    return planned


def _not_planned(
    read: Reader, document: Mapping[str, Any], cases: Mapping[str, Case]
) -> frozenset[str]:
    names = document.get("not_planned", [])
    found = frozenset(read.case(name, "not_planned").name for name in names)
    if both := sorted(found & cases.keys()):
        raise read.rejection("a case is both planned and not planned", "not_planned", both[0])
    return found


def _planned_cases(read: Reader, document: Mapping[str, Any]) -> dict[str, Case]:
    cases: dict[str, Case] = {}
    for name in document["cases"]:
        case = read.case(name, "cases")
        if case.name in cases:
            raise read.rejection("a case is listed twice", "cases", case.name)
        cases[case.name] = case
    return cases


def _never_ran(read: Reader, cases: Mapping[str, Case], ran: Collection[str]) -> None:
    missing = [name for name in cases if name not in ran]
    if missing:
        raise read.rejection(
            f"{len(missing)} of {len(cases)} cases are in no round", "rounds", missing[0]
        )


def _unstable_counts(rows: Sequence[Mapping[str, Any]]) -> list[CaseError]:
    """Counts are integers of a seeded problem: they must be the same in every round."""
    first: dict[str, int | None] = {}
    return [
        CaseError(row["case"], row["round"], "the counts differ from those of the first round")
        for row in rows
        if (digest := row.get("counts_digest")) != first.setdefault(row["case"], digest)
    ]


def _shares(
    by_round: Mapping[int, Sequence[dict[str, Any] | CaseError]], cases: Mapping[str, Case]
) -> Iterator[Share]:
    """The shares of the cases for which the run has CPU times, with those of children."""
    for number, outcomes in by_round.items():
        for each in outcomes:
            if not isinstance(each, CaseError) and {"cpu_time", "children_cpu_time"} <= each.keys():
                used = each["cpu_time"] + each["children_cpu_time"]
                yield Share(cases[each["case"]], number, used / each["real_time"])


def _name_of(outcome: dict[str, Any] | CaseError) -> str:
    return outcome.case if isinstance(outcome, CaseError) else str(outcome["case"])


def _items(context: Mapping[str, Any], prefix: str) -> dict[str, str]:
    return {key[len(prefix) :]: value for key, value in context.items() if key.startswith(prefix)}


def _pairs(text: object) -> dict[str, str]:
    return {name: said or UNKNOWN for name, said in pairs(text).items()}


def _mechanisms(read: Reader, context: Mapping[str, Any]) -> dict[str, str]:
    found = _pairs(context.get("backends.mechanisms", ""))
    for name, mechanism in found.items():
        if mechanism not in MECHANISMS | {UNKNOWN}:
            what = f"a mechanism must be one of {', '.join(sorted(MECHANISMS))}"
            raise read.rejection(what, "context of round 1", shown_json({name: mechanism}))
    known = {name: mechanism for name, mechanism in found.items() if mechanism != UNKNOWN}
    return known | {MPI: RANKS} if MPI in known else known
