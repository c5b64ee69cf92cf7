"""One name per machine and build, whatever else changes."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from parzen_study.run.fingerprint import differences, fingerprint
from parzen_study.run.load import load_run
from parzen_study.run.run import Run
from parzen_study.run.sysinfo import machine_rows
from places import RECORDED

# Written out: an item that falls out of the fingerprint would let two machines share a baseline.
ITEMS = (
    "cpu_model", "cpu_flags", "physical_cores", "smt", "usable_cpus", "cpu_quota", "memory_bytes",
    "virtualisation", "mitigations", "kernel", "libc", "compiler", "compiler_flags", "build_type",
    "cache_l1d", "cache_l2", "cache_l3", "cache_l4", "library_tbb", "library_new",
)  # fmt: skip


@pytest.fixture(scope="module")
def run() -> Run:
    return load_run(RECORDED / "baseline" / "run.json")


def changed(run: Run, **items: str) -> Run:
    return replace(run, machine={**run.machine, **items})


def test_the_name_is_readable_and_names_a_folder(run: Run) -> None:
    assert re.fullmatch(r"example-cpu-2-00ghz-[0-9a-f]{12}", fingerprint(run))
    for model in ("../..\\:*?", "", "CON", "\N{SNOWMAN}" * 300, "a" * 300):
        name = fingerprint(changed(run, cpu_model=model))
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*-[0-9a-f]{12}", name)
        assert len(name) < 60


@pytest.mark.parametrize("item", ITEMS)
def test_every_item_of_it_counts(run: Run, item: str) -> None:
    other = changed(run, **{item: "something else"})
    assert fingerprint(other) != fingerprint(run)
    assert list(differences(run, other)) == [item]


def test_nothing_else_counts(run: Run) -> None:
    other = changed(run, revision="fedcba9", clock_source="hpet", host_name="x")
    assert fingerprint(replace(other, states=({"load_1m": "9"},), began="1999")) == (
        fingerprint(run)
    )


def test_some_pages_of_memory_do_not_make_another_machine(run: Run) -> None:
    memory = 16 * 2**30
    some_pages_less = changed(run, memory_bytes=str(memory - 300 * 2**20))
    half = changed(run, memory_bytes=str(memory // 2))
    assert fingerprint(changed(run, memory_bytes=str(memory))) == fingerprint(some_pages_less)
    assert fingerprint(half) != fingerprint(run)


def test_an_item_that_cannot_be_read_is_unknown(run: Run) -> None:
    without = replace(run, machine={k: v for k, v in run.machine.items() if k != "libc"})
    assert differences(run, without) == {"libc": (run.machine["libc"], "unknown")}


def test_a_number_without_end_is_no_size_of_memory(run: Run) -> None:
    endless = changed(run, memory_bytes="9" * 5000)
    assert fingerprint(endless) != fingerprint(run)
    assert [row.value for row in machine_rows(endless) if row.value.startswith("999")]
