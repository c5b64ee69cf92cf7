"""The command that the report prints, to measure the same cases again."""

from __future__ import annotations

from pathlib import Path

import pytest

from parzen_study.run.load import load_run
from parzen_study.topics.measured.command import command
from record import small
from synthetic import Document, write
from synthetic_own_loop import gains, own_loop
from synthetic_peers import with_python


def _with_ranks(document: Document, *, backend: str) -> Document:
    """The cases of a backend are of `mpi`, of as many ranks."""
    document["cases"] = [each.replace(f"/{backend}/", "/mpi/") for each in document["cases"]]
    for one_round in document["rounds"]:
        for entry in one_round["benchmarks"]:
            for key in ("name", "run_name"):
                entry[key] = entry[key].replace(f"/{backend}/", "/mpi/")
    return document


def _in_groups(document: Document) -> Document:
    return document | {"groups": {"all": document["cases"]}}


@pytest.mark.parametrize(
    ("peers", "ranks", "expected"),
    [
        (False, False, "make bench PROFILE=quick"),
        (False, True, "make bench-mpi PROFILE=quick NP='1 2'"),
        (True, False, "make peers PROFILE=quick"),
        (True, True, "make peers PROFILE=quick BACKENDS=mpi NP='1 2'"),
    ],
)
def test_a_run_of_the_suite_is_a_target(
    peers: bool, ranks: bool, expected: str, tmp_path: Path
) -> None:
    document = small(1)
    if peers:
        document = with_python(document)
    if ranks:
        document = _with_ranks(document, backend="fork_pipe")
    document = _in_groups(document) | {"profile": "quick"}
    assert command(load_run(write(document, tmp_path) / "run.json")) == expected


def test_rounds_of_a_number_are_repeated_by_the_script(tmp_path: Path) -> None:
    document = _with_ranks(small(1), backend="fork_pipe")
    found = command(load_run(write(document, tmp_path) / "run.json"))
    assert found == (
        "python bench/runner/rounds.py --binary build/bench/parzen_bench --output results/latest "
        "--profile default --ranks 1 2 --rounds 6"
    )


def test_ranks_of_a_loop_of_the_users_are_repeated(tmp_path: Path) -> None:
    document = _with_ranks(own_loop(gains(lambda _: 2.0, lambda _: 1.5)), backend="fork_pipe")
    found = command(load_run(write(document, tmp_path) / "run.json"))
    assert found.startswith("make bench LOOP=mine.cpp ")
    assert found.endswith(" BACKENDS=mpi NP='1 2'")
