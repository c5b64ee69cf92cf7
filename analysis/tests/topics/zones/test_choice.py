"""What a cell of the answer says, on bands of known boundaries."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import pytest
from matplotlib.patches import Rectangle

from parzen_study.run.load import load_run
from parzen_study.stats.bootstrap import Estimate
from parzen_study.stats.estimates import Estimates
from parzen_study.study import study
from parzen_study.topics.zones import evidence, figure, words
from parzen_study.topics.zones.bands import (
    EITHER,
    LEVEL,
    PROCESSES_LEAD,
    PROCESSES_PAY,
    THREADS_PAY,
    Band,
    Boundary,
)
from parzen_study.topics.zones.choice import Choice, Expected, Use, choice
from parzen_study.topics.zones.rows import Row
from synthetic import write
from synthetic_sweep import FUSED, SERIAL, Costs, sweep, with_sweep


@pytest.fixture(scope="module")
def estimates(tmp_path_factory: pytest.TempPathFactory) -> Estimates:
    folder = write(with_sweep(sweep()), tmp_path_factory.mktemp("choice"))
    return study(load_run(folder / "run.json")).estimates


def band(**found: tuple[float, float, float]) -> Band:
    """From 1 us to 1 s, with these boundaries: value, low and high in seconds."""
    names = {"pay": THREADS_PAY, "too": PROCESSES_PAY, "level": LEVEL, "lead": PROCESSES_LEAD}
    return Band(
        "warm",
        1e-6,
        1.0,
        tuple(Boundary(names[key], "warm", Estimate(*each), ()) for key, each in found.items()),
    )


def near(value: float) -> tuple[float, float, float]:
    return value, value * 0.9, value * 1.1


def of(estimates: Estimates, one: Band, low: float, high: float) -> Choice:
    found = choice(estimates, (), one, (low, high), ())
    assert found
    return found


def said(estimates: Estimates, one: Band, low: float, high: float) -> tuple[str, ...]:
    return words.cell(of(estimates, one, low, high), Row(low, high, {}))


TYPICAL = band(pay=near(1e-5), too=near(1e-4), level=near(1e-2))


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (1e-6, 1e-5, ("serial",)),
        (1e-5, 1e-2, ("threads:", "gain not measured")),
        (1e-2, 1.0, ("threads or processes:", "gain not measured")),
        (1e-6, 1e-3, ("serial; threads from 10 \N{MICRO SIGN}s:", "gain not measured")),
        (1e-4, 1.0, ("threads or processes from 10 ms:", "gain not measured")),
    ],
)
def test_a_span_names_its_zones(
    estimates: Estimates, low: float, high: float, text: tuple[str, ...]
) -> None:
    assert said(estimates, TYPICAL, low, high) == text


def test_a_choice_is_inconclusive_where_an_interval_covers_most_of_it(
    estimates: Estimates,
) -> None:
    """On a log axis: from 10 us to 1 ms it is half at 100 us."""
    for high, maybe in ((0.9e-4, ""), (1.1e-4, "serial")):
        one = band(pay=(1e-5, 1e-6, high))
        assert of(estimates, one, 1e-5, 1e-3).uses == (Use(1e-5, "threads", maybe),)
    below = band(pay=(1e-4, 1e-5, 1e-3))
    assert of(estimates, below, 2e-6, 1e-4).uses == (Use(2e-6, "serial", "threads"),)


def test_processes_that_may_be_as_fast_as_threads_are_named_as_that(estimates: Estimates) -> None:
    one = band(pay=near(1e-5), too=near(1e-4), level=(math.inf, 1e-2, math.inf))
    assert said(estimates, one, 1e-2, 1.0)[0] == "threads, maybe processes:"
    assert said(estimates, one, 1e-3, 1.0)[0] == "threads, maybe processes from 10 ms:"
    # With a boundary that is shown, but whose interval reaches far down.
    wide = band(pay=near(1e-5), too=near(1e-4), level=(1e-1, 1e-3, 1.0))
    assert said(estimates, wide, 1e-3, 1e-1)[0] == "threads, maybe processes:"


def test_a_boundary_says_nothing_of_a_zone_that_is_not_at_its_side(estimates: Estimates) -> None:
    """From 30 us on threads are shown to pay: whether processes do is of no account then. And below
    5 us serial is the choice, wherever processes catch up with threads."""
    one = band(pay=(1e-5, 5e-6, 3e-5), too=(1e-3, 2e-5, 1e-1), level=(1e-2, 1e-6, 1.0))
    assert of(estimates, one, 3e-5, 1e-3).uses[0].maybe != "serial"
    assert of(estimates, one, 1e-6, 5e-6).uses == (Use(1e-6, "serial", ""),)
    assert [(each.what, low, high) for each, low, high in one.inconclusive] == [
        (THREADS_PAY, 5e-6, 3e-5),
        (PROCESSES_PAY, 2e-5, 3e-5),
        (LEVEL, 5e-6, 1.0),
    ]


def test_processes_that_lead_are_the_choice(estimates: Estimates) -> None:
    one = band(pay=near(1e-5), too=near(1e-4), level=near(1e-3), lead=(1e-2, 1e-2, 0.5))
    assert said(estimates, one, 1e-2, 1.0)[0] == "processes, maybe threads:"
    never = band(pay=(math.inf, 1.0, math.inf), too=near(1e-3))
    assert said(estimates, never, 1e-6, 1.0)[0] == "serial; processes from 1.0 ms:"


def test_a_span_of_which_less_than_half_was_measured_says_so(estimates: Estimates) -> None:
    micro = "\N{MICRO SIGN}"
    assert said(estimates, TYPICAL, 1e-1, 1e3)[-1] == "measured to 1.0 s"
    assert said(estimates, TYPICAL, 1e-1, 9.0)[-1] == "gain not measured"
    assert said(estimates, TYPICAL, 1e-9, 1e-5)[-1] == f"measured from 1.0 {micro}s"
    assert said(estimates, TYPICAL, 1e-10, 1e4)[-1] == f"measured 1.0 {micro}s to 1.0 s"
    assert choice(estimates, (), TYPICAL, (2.0, 10.0), ()) is None
    assert words.cell(None, Row(2.0, 10.0, {})) == ("not measured",)


def test_the_number_of_workers_is_that_of_the_mechanism_named_last() -> None:
    expected = Expected(Estimate(1.9, 1.5, 2.3), (1.9,), (1.0, 1.5, 3.0), (2, 8), ("a",))
    uses = (Use(1e-6, "serial", ""), Use(1e-5, "threads", ""), Use(1e-2, "threads", "processes"))
    row = Row(1e-6, 1.0, {})
    assert words.cell(Choice(uses, expected, None), row) == (
        "serial; 2 to 8 threads from 10 \N{MICRO SIGN}s, maybe processes from 10 ms:",
        "1.9\N{MULTIPLICATION SIGN} (1.5\N{EN DASH}2.3),",
        "CPU 1.5\N{MULTIPLICATION SIGN}",
    )


def test_what_may_be_as_good_from_the_beginning_is_named_once() -> None:
    uses = (Use(1e-4, "threads", "serial"), Use(2e-4, "threads", "processes or serial"))
    said = words.cell(Choice(uses, None, None), Row(1e-4, 1e-3, {}))
    assert said[0] == "threads, maybe serial, maybe processes from 200 \N{MICRO SIGN}s:"


def test_what_may_be_as_good_first_and_is_later_is_said_in_few_words() -> None:
    uses = (Use(1e-4, "threads", "processes"), Use(2e-4, EITHER, ""))
    said = words.cell(Choice(uses, None, None), Row(1e-4, 1e-3, {}))
    assert said[0] == "threads, maybe processes; either from 200 \N{MICRO SIGN}s:"


@pytest.mark.parametrize(
    ("gain", "maybe"), [(3.0, ""), (2.5, ""), (1.0, "serial"), (0.7, "serial")]
)
def test_serial_may_be_as_good_where_the_speedup_of_a_further_loop_includes_1(
    tmp_path: Path, gain: float, maybe: str
) -> None:
    """Of two loops, of which threads make one three times as fast."""

    def costs(speedup: float) -> Costs:
        return {SERIAL: (0.0, 1.0), ("tbb", "warm"): (0.0, speedup)}

    truth = sweep(costs(3.0)) | sweep(costs(gain), way=FUSED)
    found = study(load_run(write(with_sweep(truth), tmp_path) / "run.json"))
    loops = evidence.loops(found.run, found.estimates, found.reasons, found.sweeps)
    one = choice(found.estimates, loops, band(pay=near(2e-6)), (1e-5, 1e-3), ())
    assert one
    assert one.expected
    assert one.expected.loops == ("literal, by_width", "fused, by_sample")
    assert (one.expected.speedup.low < 1.0) == bool(maybe)
    assert one.uses == (Use(1e-5, "threads", maybe),)
    # Where processes may be as good as well, both are named.
    three = band(pay=near(2e-6), too=near(4e-6), level=(math.inf, 1e-5, math.inf))
    either = choice(found.estimates, loops, three, (1e-5, 1e-3), ())
    assert either
    assert either.uses == (Use(1e-5, "threads", f"processes{' or serial' * bool(maybe)}"),)


@pytest.mark.parametrize(
    ("slower", "surely_from", "maybe"),
    [(1.2, 1e-5, ""), (1.2, 2e-4, "serial"), (1.0, 1e-5, "serial"), (0.9, 1e-5, "serial")],
)
def test_serial_is_not_named_above_a_boundary_if_no_loop_is_slower_there(
    tmp_path: Path, slower: float, surely_from: float, maybe: str
) -> None:
    """Threads make two loops 5 and `slower` times as fast. Two loops alone do not exclude that
    they make a further one slower."""
    truth = {
        **sweep({SERIAL: (0.0, 1.0), ("tbb", "warm"): (0.0, 5.0)}),
        **sweep({SERIAL: (0.0, 1.0), ("tbb", "warm"): (0.0, slower)}, way=FUSED),
    }
    found = study(load_run(write(with_sweep(truth, noise=0.02), tmp_path) / "run.json"))
    loops = evidence.loops(found.run, found.estimates, found.reasons, found.sweeps)
    pays = band(pay=(2e-6, 1e-6, surely_from))
    one = choice(found.estimates, loops, pays, (1e-5, 1e-3), ())
    assert one
    assert one.expected
    assert (one.expected.speedup.low < 1.0) == bool(maybe)
    assert one.uses == (Use(1e-5, "threads", maybe),)


@pytest.mark.parametrize(("sure", "begin"), [(1e-4, 1e-4), (9e-4, 2e-5)])
def test_the_gain_is_that_of_the_conclusive_part_where_that_is_most(
    tmp_path: Path, sure: float, begin: float
) -> None:
    """Threads take 10 us and half of serial's time."""
    costs: Costs = {SERIAL: (0.0, 1.0), ("tbb", "warm"): (1e-5, 2.0)}
    found = study(load_run(write(with_sweep(sweep(costs)), tmp_path) / "run.json"))
    loops = evidence.loops(found.run, found.estimates, found.reasons, found.sweeps)
    one = choice(found.estimates, loops, band(pay=(2e-5, 1e-5, sure)), (2e-5, 1e-2), ())
    same = choice(found.estimates, loops, band(pay=near(2e-5)), (begin, 1e-2), ())
    assert one
    assert same
    assert one.expected == same.expected is not None


@pytest.mark.parametrize(
    ("one", "texts"),
    [
        (
            TYPICAL,
            {
                "threads from 10 \N{MICRO SIGN}s (9.0 to 11 \N{MICRO SIGN}s)",
                "either from 10 ms",
                "processes beat serial from 100 \N{MICRO SIGN}s",
            },
        ),
        (
            # Processes are ready, and threads are not.
            band(too=near(4e-6), level=near(5e-6), pay=near(1e-2)),
            {
                "processes from 4.0 \N{MICRO SIGN}s",
                "either from 10 ms",
            },
        ),
    ],
)
def test_a_boundary_names_what_begins_there(one: Band, texts: set[str]) -> None:
    drawn = figure.draw(figure.ZonesFigure((one,), ()))
    assert texts <= {each.get_text() for each in drawn.axes[0].texts}


def test_parts_that_overlap_are_hatched_once() -> None:
    one = band(pay=(1e-5, 2e-6, 1e-4), too=(2e-5, 5e-6, 2e-4), level=(1e-2, 1e-3, 1e-1))
    drawn = figure.draw(figure.ZonesFigure((one,), ()))
    hatched = sorted(
        (patch.get_x(), patch.get_x() + patch.get_width())
        for patch in drawn.axes[0].patches
        if isinstance(patch, Rectangle) and patch.get_hatch()
    )
    assert hatched[0][0] == pytest.approx(2e-6)
    assert hatched[-1][1] == pytest.approx(1e-1)
    assert all(high <= low * 1.001 for (_, high), (low, _) in itertools.pairwise(hatched))


def test_serial_is_first_where_a_further_loop_is_expected_to_be_slower(tmp_path: Path) -> None:
    """Of two loops, of which threads make one three times as fast, and the other ten times as
    slow."""

    def costs(speedup: float) -> Costs:
        return {SERIAL: (0.0, 1.0), ("tbb", "warm"): (0.0, speedup)}

    truth = sweep(costs(3.0)) | sweep(costs(0.1), way=FUSED)
    found = study(load_run(write(with_sweep(truth), tmp_path) / "run.json"))
    loops = evidence.loops(found.run, found.estimates, found.reasons, found.sweeps)
    three = band(pay=near(2e-6), too=near(4e-6), level=(math.inf, 1e-5, math.inf))
    one = choice(found.estimates, loops, three, (1e-5, 1e-3), ())
    assert one
    assert one.expected
    assert one.expected.speedup.value < 1.0
    assert one.uses == (Use(1e-5, "serial", "threads or processes"),)
    (what, gain, *_) = words.cell(one, Row(1e-5, 1e-3, {}))
    assert what == "serial, maybe threads or processes:"
    assert gain.startswith("0.")


@pytest.mark.parametrize(("gain", "cpu_time"), [(3.5, 1.5), (3.0, 9.0)])
def test_cpu_time_is_the_least_of_backends_that_are_as_fast(
    tmp_path: Path, gain: float, cpu_time: float
) -> None:
    """Threads of openmp are the fastest, and spin; those of tbb take 3% longer, or 20%."""
    costs = {SERIAL: (0.0, 1.0), ("openmp", "warm"): (0.0, 3.6), ("tbb", "warm"): (0.0, gain)}
    document = with_sweep(sweep(costs), noise=0.001)
    times = {"serial": 1.0, "tbb": 1.5, "openmp": 9.0}
    for one_round in document["rounds"]:
        for each in one_round["benchmarks"]:
            family, backend, *_ = each["run_name"].split("/")
            if family == "sweep":
                each |= {"cpu_time": times[backend], "children_cpu_time": 0.0}
    found = study(load_run(write(document, tmp_path) / "run.json"))
    (loop,) = evidence.loops(found.run, found.estimates, found.reasons, found.sweeps)
    shown = evidence.gains(found.estimates, loop, "warm", "threads")
    assert {each.cpu_time for each in shown} == {cpu_time}
    assert min(each.speedup.value for each in shown) > 3.55
