"""The answer by size follows the data: each truth gives its own words, and no other."""

from __future__ import annotations

import html
import math
import re
from pathlib import Path

import pytest

from parzen_study.common.console import console
from parzen_study.report.report import write_report
from parzen_study.report.terminal import print_study
from parzen_study.topics.answer.by_size import BySize
from parzen_study.topics.answer.by_size_words import advice, evidence, question, sentences
from parzen_study.topics.answer.ranges import Range
from parzen_study.topics.sizes.figure import sizes_figures
from synthetic_sweep import (
    A_SAMPLE,
    FUSED,
    SERIAL,
    SIZES,
    TYPICAL,
    by_question,
    changed,
    cold,
    studied,
    sweep,
    sweep_case,
    true_time,
    with_sweep,
)

CREATED, READY = "Workers created in every call (cold), ", "Workers ready (warm), "
LITERAL = "kernel literal, by_width"


def names(found: BySize) -> list[tuple[str, ...]]:
    return [each.mechanisms for each in found.ranges]


def begins(each: Range, truth: float) -> None:
    assert each.begins
    assert each.begins.value == pytest.approx(truth, rel=0.1)  # rounds differ by 10%
    assert each.begins.low <= truth * 1.01
    assert each.begins.high >= truth * 0.99


def test_the_cpu_time_is_next_to_the_gain(tmp_path: Path) -> None:
    """Serial of a microsecond a microsecond; four threads that halve the time burn twice as much,
    and the children of a process are counted."""
    gains = {"serial": 1.0, "tbb": 2.0, "fork_pipe": 1.5}
    document = with_sweep(sweep({(each, "cold"): (0.0, gain) for each, gain in gains.items()}))
    for one_round in document["rounds"]:
        for each in one_round["benchmarks"]:
            if not each["run_name"].startswith("sweep/"):
                continue
            backend = each["run_name"].split("/")[1]
            used = each["real_time"] * gains[backend] * {"serial": 1, "tbb": 2}.get(backend, 0.1)
            of_children = each["real_time"] * {"fork_pipe": 1.5 * 2.9}.get(backend, 0.0)
            seconds = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0}[each["time_unit"]]
            each |= {"cpu_time": used, "children_cpu_time": of_children * seconds}
    (found,) = studied(document, tmp_path).by_size
    words = " ".join(evidence(found))
    at_each = re.findall(r"threads \d\.\d+ \([^)]*\), CPU time 2\.0\u00d7 \(tbb, ", words)
    assert len(at_each) == 2
    assert re.search(r"processes 1\.\d+ \([^)]*\), CPU time 3\.0\u00d7", words)


def test_below_serial_then_threads_and_processes_pay_later(tmp_path: Path) -> None:
    """The answer of the issue: threads stay the fastest, processes pay from a larger n."""
    costs = {
        SERIAL: (0.0, 1.0),
        ("tbb", "cold"): (20e-6, 3.9),
        ("openmp", "cold"): (40e-6, 3.0),
        ("fork_pipe", "cold"): (1600e-6, 3.2),
    }
    found = cold(costs, tmp_path)
    assert names(found) == [("neither",), ("threads",)]
    begins(found.ranges[1], true_time(costs, "tbb", "cold", factor=1.05))
    ((kind, pays),) = found.pays_from
    assert kind == "processes"
    truth = true_time(costs, "fork_pipe", "cold", factor=1.05)
    assert pays.time.value == pytest.approx(truth, rel=0.1)
    assert pays.time.low < truth < pays.time.high
    below, there, later = advice(found).split("; ")
    assert below.startswith("Below a serial time of 2")
    assert below.endswith("0, serial is best")
    assert there == "from there on threads (tbb, 4 workers)"
    assert later == f"processes pay from a serial time of {pays.in_words}"
    first, largest, *_ = evidence(found)
    assert first.startswith("Speedup at n = 1,000, the first where several workers pay: threads 2.")
    assert largest.startswith("Speedup at n = 1,000,000, the largest measured: threads 3.")
    assert "(tbb, 4 workers); processes 3." in largest


def test_cold_and_warm_of_each_kernel_have_an_answer_each(tmp_path: Path) -> None:
    found = by_question(sweep() | sweep(way=FUSED), tmp_path, noise=1e-5)  # both nearly scale alike
    assert list(found) == [
        f"{start}{kernel}"
        for start in (CREATED, READY)
        for kernel in (LITERAL, "kernel fused, by_sample")
    ]
    one, many = found[CREATED + LITERAL], found[READY + LITERAL]
    assert names(one) == [("neither",), ("threads",)]
    assert names(many) == [("threads",), ("processes", "threads")]
    assert advice(many).startswith("Below a serial time of ")
    either = "from there on processes (process_pool, 4 workers) or threads (tbb, 4 workers), no "
    assert f" are best; {either}" in advice(many)
    assert many.ranges[1].alike
    assert "No difference: one takes at most 5% longer than another." in evidence(many)
    (fixed, gain), (rival, lesser) = TYPICAL["tbb", "warm"], TYPICAL["process_pool", "warm"]
    equal = (rival - 1.05 * fixed) / (A_SAMPLE["literal"] * (1.05 / gain - 1.0 / lesser))
    begins(many.ranges[1], equal * A_SAMPLE["literal"])


def test_processes_overtake_threads(tmp_path: Path) -> None:
    costs = {
        SERIAL: (0.0, 1.0),
        ("tbb", "cold"): (20e-6, 2.0),
        ("process_pool", "cold"): (600e-6, 3.8),
    }
    found = cold(costs, tmp_path)
    assert names(found) == [("neither",), ("threads",), ("processes",)]
    begins(found.ranges[1], true_time(costs, "tbb", "cold", factor=1.05))
    begins(found.ranges[2], 580e-6 / (1 / 2.0 - 1 / 3.8))
    assert " on processes" in advice(found)
    assert [kind for kind, _ in found.pays_from] == ["processes"]


@pytest.mark.parametrize("gain", [0.5, 1.0, 1.03])
def test_a_gain_not_worth_it_is_answered_with_serial(gain: float, tmp_path: Path) -> None:
    costs = {SERIAL: (0.0, 1.0), ("tbb", "cold"): (0.0, gain), ("fork_pipe", "cold"): (0.0, 0.9)}
    found = cold(costs, tmp_path, noise=0.002)
    assert names(found) == [("neither",)]
    assert advice(found) == "Serial is best at every n measured, 100 to 1,000,000"


def test_where_threads_always_pay_and_processes_never(tmp_path: Path) -> None:
    costs = {SERIAL: (0.0, 1.0), ("tbb", "cold"): (0.0, 2.0), ("fork_pipe", "cold"): (0.0, 0.9)}
    found = cold(costs, tmp_path)
    assert advice(found) == (
        "Threads (tbb, 4 workers) are best at every n measured, 100 to 1,000,000; "
        "processes never pay up to n = 1,000,000"
    )


def test_where_both_always_pay_one_of_them_more(tmp_path: Path) -> None:
    costs = {SERIAL: (0.0, 1.0), ("tbb", "cold"): (0.0, 2.0), ("fork_pipe", "cold"): (0.0, 3.0)}
    found = cold(costs, tmp_path)
    assert advice(found) == (
        "Processes (fork_pipe, 4 workers) are best at every n measured, 100 to 1,000,000; threads "
        "pay at every n measured"
    )


def test_a_mechanism_that_was_not_measured_is_not_named(tmp_path: Path) -> None:
    costs = {SERIAL: (0.0, 1.0), ("tbb", "cold"): (20e-6, 3.9)}
    found = cold(costs, tmp_path)
    assert names(found) == [("neither",), ("threads",)]
    assert "processes" not in " ".join(sentences(found))


def test_serial_may_be_best_again_at_the_large_n(tmp_path: Path) -> None:
    """From 100,000 on the threads stand in each other's way."""
    costs = {SERIAL: (0.0, 1.0), ("tbb", "cold"): (20e-6, 3.9)}
    slower = changed(
        sweep(costs),
        lambda name, taken: taken * 9 if "/tbb/" in name and "00000/" in name else taken,
    )
    (found,) = by_question(slower, tmp_path).values()
    assert names(found) == [("neither",), ("threads",), ("neither",)]
    assert found.ranges[2].begins
    assert 1.2e-3 < found.ranges[2].begins.low < found.ranges[2].begins.high < 14e-3
    assert advice(found).endswith(" on serial")


def test_what_pays_in_between_alone_says_where(tmp_path: Path) -> None:
    costs = {
        SERIAL: (0.0, 1.0), ("tbb", "cold"): (0.0, 3.9), ("fork_pipe", "cold"): (20e-6, 2.0),
    }  # fmt: skip
    slower = changed(
        sweep(costs),
        lambda name, taken: taken * 9 if "/fork_pipe/" in name and "00000/" in name else taken,
    )
    (found,) = by_question(slower, tmp_path).values()
    assert advice(found).endswith("; processes pay only at n = 1,000 and 10,000")


def test_an_n_that_tells_nothing_between_two_answers_is_in_the_interval(tmp_path: Path) -> None:
    """The answers change at 10,000 itself."""
    gain = 2.0
    fixed = 10_000 * 130e-9 * (1.0 - 1.05 / gain) / 1.05
    costs = {SERIAL: (0.0, 1.0), ("tbb", "cold"): (fixed, gain)}
    found = cold(costs, tmp_path, noise=0.03)
    assert found.undecided == ()
    assert [each.sizes for each in found.ranges] == [SIZES[:2], SIZES[3:]]
    begins(found.ranges[1], 10_000 * A_SAMPLE["literal"])
    assert "Inconclusive at n = 10,000, between two answers." in evidence(found)


CPUS_64 = (2, 4, 8, 16, 32, 64)


def of_64_cpus() -> dict[str, float]:
    """Each worker costs 1 µs by threads and 400 by processes, and takes its share of
    the work; fewer than 64 are measured up to n = 100,000."""
    truth = {}
    sizes = [m * 10**p for p in (2, 3, 4) for m in (1, 2, 5)] + [10**5, 10**6]
    for n in sizes:
        alone = A_SAMPLE["literal"] * n
        truth[sweep_case("serial", n, "cold")] = alone
        for backend, cost in (("tbb", 1e-6), ("fork_pipe", 400e-6)):
            for workers in CPUS_64:
                if workers == 64 or n <= 100_000:
                    name = sweep_case(backend, n, "cold", workers=workers)
                    truth[name] = cost * workers + alone / workers
    return truth


def test_on_many_cpus_few_workers_pay_long_before_all_do(tmp_path: Path) -> None:
    """Two of the sixty-four are faster than serial from 4 µs on, all from 65."""
    document = with_sweep(of_64_cpus(), rounds=10)
    for one_round in document["rounds"]:
        one_round["context"]["machine.usable_cpus"] = "64"
    whole = studied(document, tmp_path)
    (found,) = whole.by_size
    assert names(found) == [("threads",)]
    how_many = {n: each.workers for each in found.ranges[0].how["threads"] for n in each.sizes}
    assert list(how_many) == list(found.ranges[0].sizes)
    # The optimum is the square root of work over cost.
    for n, workers in how_many.items():
        best = min(math.sqrt(A_SAMPLE["literal"] * n / 1e-6), 64.0)
        assert max(2.0, best / 2.5) <= workers <= max(4.0, 2.5 * best)
    assert "Threads (tbb, 4 workers, 8 from n = " in advice(found)
    ((kind, pays),) = found.pays_from
    assert kind == "processes"
    # Two workers: twice 400 microseconds, and half of the work.
    truth = 1.05 * 800e-6 / (1.0 - 1.05 / 2.0)
    assert pays.time.low < truth < pays.time.high
    lines = {line.workers for each in sizes_figures(whole) for line in each.lines}
    assert lines == {64}


def test_page_and_terminal_begin_with_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = studied(with_sweep(sweep()), tmp_path)
    write_report(whole, tmp_path)
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    places = [
        text.index(part) for part in ("What to use, by n", "problem, workers created in every call")
    ]
    assert places == sorted(places)
    capsys.readouterr()
    print_study(console(), whole, tmp_path)
    printed = capsys.readouterr().out
    shown, _, _ = printed.partition(str(tmp_path))  # paths are not cut
    assert max(map(len, shown.splitlines())) <= 80
    flat = " ".join(printed.split())
    for each in whole.by_size:
        for sentence in sentences(each):
            assert f"<li>{html.escape(sentence)}</li>" in text
        assert f"{question(each)} {advice(each)}. {' '.join(evidence(each))}" in flat
    assert flat.index("Your problem, by size") < flat.index("The article's problem")


def test_the_only_n_is_called_so(tmp_path: Path) -> None:
    both = by_question(sweep(sizes=SIZES[-1:]), tmp_path).values()
    assert len(both) == 2
    for found in both:
        assert f" at n = {SIZES[-1]:,}, the only one measured" in advice(found)
