"""The program of the peers: the options of parzen_bench that rounds.py uses, and its document."""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from parzen_study.common.shown import ArgumentParser, escaped, quoted, shown_name
from parzen_study.common.source_date import UnusableSetting, check_source_date
from parzen_study.run.case import SUFFIX, filter_matcher, parse_case
from runner.python_baselines import registry
from runner.python_baselines.peer import Peer, PeerCase
from runner.python_baselines.timing import measure

LARGEST_N: Final = 10_000_000  # as in parzen_bench


def main(arguments: Sequence[str] | None = None, peers: Sequence[Peer] = registry.PEERS) -> int:
    """Lists the cases or measures them; returns the exit status."""
    options = _parse(arguments)
    try:
        check_source_date()
    except UnusableSetting as error:
        print(error, file=sys.stderr)
        return 1
    reasons = registry.left_out(peers)
    for name, reason in reasons.items():
        print(f"{name} is skipped: {reason}", file=sys.stderr)
    try:
        cases = chosen(peers, options.order_seed, options.benchmark_filter, options.largest_n)
    except ValueError as error:
        print(f"--benchmark_filter is not a regular expression: {error}", file=sys.stderr)
        return 2
    try:
        cases = named(cases, options.cases) if options.cases else cases
    except (OSError, ValueError) as error:
        print(f"--cases cannot be used: {escaped(str(error))}", file=sys.stderr)
        return 2
    if not cases:
        print(f"No case matches {quoted(options.benchmark_filter)}", file=sys.stderr)
    if options.benchmark_list_tests:
        for case in cases:
            print(case.name + SUFFIX)
        return 0
    if options.list:
        print(json.dumps([_described(case) for case in cases], indent=1))
        return 0
    if not cases:
        return 1
    context = {
        "date": datetime.now().astimezone().isoformat(timespec="seconds"),
        "order_seed": str(options.order_seed),
        "peers.versions": _pairs(registry.versions(peers)),
        "peers.left_out": _pairs(reasons),
    }
    benchmarks = []
    for case in cases:
        benchmarks.append(measure(case, options.benchmark_min_time))
        print(_line(benchmarks[-1]), flush=True)
    if options.benchmark_out:
        document = {"context": context, "benchmarks": benchmarks}
        options.benchmark_out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return 0


def chosen(
    peers: Sequence[Peer], order_seed: int, case_filter: str = "", largest_n: int = LARGEST_N
) -> list[PeerCase]:
    """The cases of a round with at most largest_n samples. A filter does not change their order.

    Families have the order of the peers: a fork is slower once a case has imported NumPy. Within
    a family the order is random, by the seed.

    Raises ValueError for a filter that is not a regular expression.
    """
    cases = [case for peer in peers if registry.is_installed(peer) for case in peer.cases]
    families = list(dict.fromkeys(map(_family, cases)))
    random.Random(order_seed).shuffle(cases)
    cases.sort(key=lambda case: families.index(_family(case)))
    matches = filter_matcher(case_filter)
    return [
        case
        for case in cases
        if matches(case.name) and parse_case(case.name).number("n") <= largest_n
    ]


def named(cases: Sequence[PeerCase], file: Path) -> list[PeerCase]:
    """The cases that a file names, one name per line.

    Raises OSError if the file cannot be read, ValueError for an unknown name.
    """
    wanted = dict.fromkeys(file.read_text(encoding="utf-8").splitlines())
    unknown = wanted.keys() - {case.name for case in cases}
    if unknown or not wanted:
        what = (
            f"{len(unknown)} unknown cases, such as {quoted(min(unknown))}"
            if unknown
            else "no case"
        )
        raise ValueError(f"{shown_name(file)} names {what}")
    return [case for case in cases if case.name in wanted]


def _described(case: PeerCase) -> dict[str, Any]:
    """As `parzen_bench --list=json` describes a case (bench/cases/case_list.hpp)."""
    parsed = parse_case(case.name)
    return {
        "name": case.name,
        "full_name": case.name + SUFFIX,
        "group": case.group,
        "family": parsed.family,
        "backend": parsed.backend,
        "parameters": dict(parsed.parameters),
        "kind": case.kind,
    }


def _family(case: PeerCase) -> str:
    return parse_case(case.name).family


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = ArgumentParser(
        prog="python -m runner.python_baselines", description=__doc__, allow_abbrev=False
    )
    parser.add_argument(
        "--benchmark_list_tests", type=lambda word: word == "true", default=False,
        metavar="true|false", help="print the names of the cases in their order, and end",
    )  # fmt: skip
    parser.add_argument("--list", choices=["json"],
                        help="print the cases in this format, and end")  # fmt: skip
    parser.add_argument("--benchmark_filter", default="", metavar="REGEX",
                        help="only cases whose name contains a match; with '-' before it, only "
                        "the others")  # fmt: skip
    parser.add_argument("--order-seed", type=int, default=0,
                        help="seed for the order of the cases")  # fmt: skip
    parser.add_argument("--largest-n", type=int, default=LARGEST_N, metavar="N",
                        help="skip cases with more samples "
                        "(default: %(default)s)")  # fmt: skip
    parser.add_argument("--cases", type=Path, metavar="FILE",
                        help="only the cases in this file, one name per line")  # fmt: skip
    parser.add_argument("--benchmark_min_time", type=float, default=0.5, metavar="SECONDS",
                        help="time for which a case is repeated "
                        "(default: %(default)s)")  # fmt: skip
    parser.add_argument("--benchmark_out", type=Path, metavar="FILE", help="file for the results")
    parser.add_argument("--benchmark_out_format", choices=["json"], help="format of that file")
    return parser.parse_args(arguments)


def _pairs(texts: Mapping[str, str]) -> str:
    return "; ".join(f"{name}: {text}" for name, text in texts.items())


def _line(entry: Mapping[str, Any]) -> str:
    if entry.get("error_occurred"):
        return f"{entry['name']} ERROR: {entry['error_message']}"
    return f"{entry['name']:<90} {entry['real_time']:12.2f} us {entry['iterations']:10}"
