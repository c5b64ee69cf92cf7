"""Speedups and efficiencies against runs of known truth."""

from __future__ import annotations

from pathlib import Path

import pytest

from parzen_study.case import parse_case
from parzen_study.estimates import Estimates
from parzen_study.load import load_run
from parzen_study.study import Study
from record import small
from synthetic import SUFFIX, Synthetic, case_name, typical, write


def test_figures_enclose_the_truth(typical_study: Study) -> None:
    estimates = typical_study.estimates
    for case in Synthetic().cases():
        backend, n, workers, start = case
        each = estimates.measured[case_name(*case)]
        truth = typical(*case)
        serial, own = typical("serial", n, 1, "cold"), typical(backend, n, 1, start)
        assert each.time.value == pytest.approx(truth, rel=0.05)
        assert each.speedup
        assert each.speedup.value == pytest.approx(serial / truth, rel=0.02)
        assert each.speedup_own
        assert each.speedup_own.value == pytest.approx(own / truth, rel=0.02)
        assert each.efficiency
        assert each.efficiency.low == pytest.approx(each.speedup.low / workers)
        assert each.speedup.high / each.speedup.low < 1.05  # rounds' own noise cancels


def test_mechanisms_are_those_that_the_backends_say(tmp_path: Path) -> None:
    built = Synthetic(rounds=3, processes={"vfork": ("cold",)}, threads={"fibres": ("cold",)})
    estimates = Estimates(load_run(built.write(tmp_path) / "run.json"))
    assert estimates.mechanism("vfork") == "processes"
    assert estimates.mechanism("fibres") == "threads"
    assert estimates.mechanism("serial") == "neither"
    assert estimates.mechanism("stranger") == "unknown"


def test_the_best_serial_is_the_reference_whatever_its_kernel(tmp_path: Path) -> None:
    document = small(1)
    literal = case_name("serial", 10_000, 1, "cold")
    fast = literal.replace("literal", "branchless")
    document["cases"].append(fast)
    for one_round in document["rounds"]:
        entry = next(e for e in one_round["benchmarks"] if e["run_name"] == literal + SUFFIX)
        twice = entry | {"run_name": fast + SUFFIX, "real_time": entry["real_time"] / 2}
        one_round["benchmarks"].append(twice)
    estimates = Estimates(load_run(write(document, tmp_path) / "run.json"))
    slow, quick = (estimates.measured[name].speedup for name in (literal, fast))
    assert slow
    assert slow.value == pytest.approx(0.5)
    assert quick
    assert (quick.low, quick.high) == (1.0, 1.0)
    assert estimates.serial_of(parse_case(literal)) == parse_case(fast)


def test_without_serial_there_is_no_speedup(tmp_path: Path) -> None:
    document = small(1)
    serial = case_name("serial", 10_000, 1, "cold")
    document["cases"].remove(serial)
    for one_round in document["rounds"]:
        one_round["benchmarks"] = [
            each for each in one_round["benchmarks"] if each["run_name"] != serial + SUFFIX
        ]
    estimates = Estimates(load_run(write(document, tmp_path) / "run.json"))
    assert all(each.speedup is None for each in estimates.measured.values())
    assert all(each.efficiency is None for each in estimates.measured.values())
