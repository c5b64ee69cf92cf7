"""Next to busy programs: what the answer's line and the figure say, on runs of known truth."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from matplotlib.container import BarContainer

from parzen_study.run.load import load_run
from parzen_study.study import study
from parzen_study.topics.zones import busy_figure, sentences
from parzen_study.topics.zones.busy import Busy
from parzen_study.topics.zones.model import Zones
from record import small
from synthetic import write
from synthetic_scaling import with_cases
from unrendered import lay_out

# By n: the time of serial, and how many times as fast tbb is.
TRUTH = {100: (20e-6, 0.5), 1_000: (200e-6, 0.9), 10_000: (2e-3, 1.6)}


# By n, of two programs and with gaps.
MORE = {100: (25e-6, 0.3), 1_000: (250e-6, 0.5), 10_000: (3e-3, 0.9)}


def loaded(truth: dict[int, tuple[float, float]], load: int, start: str) -> dict[str, float]:
    cases = {}
    for n, (serial, gain) in truth.items():
        for backend, workers, seconds in (("serial", 1, serial), ("tbb", 2, serial / gain)):
            name = f"load/{backend}/kernel:literal/decomposition:by_width/n:{n}/d:2/m:100"
            of_it = "cold" if backend == "serial" else start
            cases[f"{name}/load:{load}/workers:{workers}/start:{of_it}"] = seconds
    return cases


def zones_of(cases: dict[str, float], folder: Path) -> Zones:
    # Zones need a loop of their own.
    for size in (64, 4_096):
        for backend, workers, each in (("serial", 1, 1e-7), ("tbb", 2, 0.6e-7)):
            name = f"loops/{backend}/loop:own/size:{size}/workers:{workers}/start:cold"
            cases[name] = size * each
    run = load_run(write(with_cases(small(1, rounds=12), cases), folder) / "run.json")
    zones = study(run).zones
    assert zones
    return zones


def busy(truth: dict[int, tuple[float, float]], folder: Path) -> tuple[Busy, ...]:
    return zones_of(loaded(truth, 1, "cold"), folder).busy


def test_serial_is_best_up_to_the_true_time(tmp_path: Path) -> None:
    (found,) = busy(TRUTH, tmp_path)
    assert (found.load, found.start) == (1, "cold")
    assert found.pays.slower_to == pytest.approx(200e-6, rel=0.1)
    assert found.pays.unclear_to is None
    assert found.pays.from_ == pytest.approx(2e-3, rel=0.1)
    assert found.pays.kernels == ("literal",)
    for call, (true, times) in zip(found.pays.calls, TRUTH.values(), strict=True):
        assert call.serial == pytest.approx(true, rel=0.1)
        assert call.gain.low < times * 1.02
        assert call.gain.high > times / 1.02
        assert call.backend == "tbb"


def test_a_noisy_case_that_looks_fastest_does_not_hide_a_sure_one(tmp_path: Path) -> None:
    """OpenMP is 1.4 times as fast as serial. In most rounds tbb is 1.5 times as fast, and in the
    others slower than serial."""
    names = {each: f"load/{each}/kernel:literal/decomposition:by_width/n:1000/d:2/m:100/load:1"
             for each in ("serial", "openmp", "tbb")}  # fmt: skip
    cases = {
        f"{names['serial']}/workers:1/start:cold": 1e-3,
        f"{names['openmp']}/workers:2/start:cold": 1e-3 / 1.4,
        f"{names['tbb']}/workers:2/start:cold": 1e-3 / 1.5,
    }
    for size in (64, 4_096):
        for backend, workers, each in (("serial", 1, 1e-7), ("tbb", 2, 0.6e-7)):
            cases[f"loops/{backend}/loop:own/size:{size}/workers:{workers}/start:cold"] = (
                size * each
            )
    document = with_cases(small(1, rounds=5), cases, round_noise=0.01)
    for one_round in document["rounds"][:2]:
        for each in one_round["benchmarks"]:
            if each["run_name"].startswith(names["tbb"]):
                each["real_time"] *= 2.0
    zones = study(load_run(write(document, tmp_path) / "run.json")).zones
    assert zones
    (found,) = zones.busy
    assert found.pays.from_ == pytest.approx(1e-3, rel=0.1)
    assert found.pays.calls[-1].gain.low < 1.4 < found.pays.calls[-1].gain.high


@pytest.mark.simulation
def test_the_interval_of_the_best_speedup_contains_the_truth(tmp_path: Path) -> None:
    """Of four cases, equally fast or not, in 60 runs of eight rounds: at least 95% less three
    standard errors."""
    for gains in ((1.3, 1.3, 1.3, 1.3), (1.0, 1.1, 1.2, 1.3)):
        name = "load/{}/kernel:literal/decomposition:by_width/n:1000/d:2/m:100/load:1"
        backends = ("tbb", "openmp", "std_thread", "thread_pool")
        cases = {f"{name.format('serial')}/workers:1/start:cold": 1e-3} | {
            f"{name.format(backend)}/workers:2/start:cold": 1e-3 / gain
            for backend, gain in zip(backends, gains, strict=True)
        }
        inside = 0
        for seed in range(60):
            document = with_cases(
                small(seed, rounds=8), cases, round_noise=0.01, noise=0.05, seed=seed
            )
            run = load_run(write(document, tmp_path) / "run.json")
            estimates = study(run).estimates
            own = {each.backend: each for each in run.cases if each.family == "load"}
            serial = own.pop("serial")
            best = estimates.best_speedup(list(own.values()), serial)
            inside += best.low <= 1.3 <= best.high
        assert inside >= 60 * 0.95 - 3 * (60 * 0.95 * 0.05) ** 0.5


def test_where_nothing_gains_no_time_is_named(tmp_path: Path) -> None:
    (found,) = busy({n: (serial, 0.8) for n, (serial, _) in TRUTH.items()}, tmp_path)
    assert found.pays.from_ is None
    assert found.pays.calls[-1].serial == pytest.approx(2e-3, rel=0.1)


def test_the_figure_has_a_bar_a_call_and_no_text_over_another(tmp_path: Path) -> None:
    data = busy_figure.of_busy(busy(TRUTH, tmp_path))
    drawn = busy_figure.draw(data)
    lay_out(drawn)
    (axes,) = drawn.axes
    bars = [each for each in axes.containers if isinstance(each, BarContainer)]
    lengths = [bar.patches[0].get_width() for bar in bars]
    assert lengths == pytest.approx([gain for _, gain in TRUTH.values()], rel=0.05)
    texts = (*axes.texts, *drawn.texts, *axes.get_yticklabels())
    boxes = [text.get_window_extent() for text in texts]
    for number, box in enumerate(boxes):
        assert drawn.bbox.x0 <= box.x0 <= box.x1 <= drawn.bbox.x1
        assert not any(box.overlaps(other) for other in boxes[number + 1 :])
    assert all(bar.text in data.description for bar in data.bars)
    assert "1 busy program" in data.title


def test_each_load_has_its_own_times_and_one_line_names_them_all(tmp_path: Path) -> None:
    cases = loaded(TRUTH, 1, "warm") | loaded(MORE, 2, "warm")
    found = zones_of(cases, tmp_path)
    one, two = found.busy
    assert (one.load, one.start, two.load, two.start) == (1, "warm", 2, "warm")
    assert one.pays.from_ == pytest.approx(2e-3, rel=0.1)
    assert two.pays.from_ is None
    assert two.pays.calls[-1].serial == pytest.approx(3e-3, rel=0.1)
    (said,) = [each.text for each in sentences.lines(found) if each.see == "figure-busy"]
    assert said.startswith(
        "In a loaded server (1 busy program), warm workers are slower than serial "
    )
    assert (
        " ms on they are faster. In between: not measured. "
        "With 2 busy programs, they are slower than serial up to "
    ) in said
    data = busy_figure.of_busy(found.busy)
    assert data.title == "Speedup next to busy programs, by serial time"
    assert [bar.name.split(",")[0] for bar in data.bars] == ["1 busy"] * 3 + ["2 busy"] * 3


def test_with_gaps_each_mechanism_has_its_own_times(tmp_path: Path) -> None:
    """Threads that spin in the gaps gain from the second size on, processes from the third."""
    cases = {}
    for n, (serial, gain) in TRUTH.items():
        for backend, workers, times in (("serial", 1, 1.0), ("tbb", 2, min(2 * gain, 1.9)),
                                        ("process_pool", 2, gain)):  # fmt: skip
            start = "cold" if backend == "serial" else "warm"
            name = f"gaps/{backend}/kernel:literal/decomposition:by_width/n:{n}/d:2/m:100"
            cases[f"{name}/workers:{workers}/start:{start}/pause:100us"] = serial / times
    found = zones_of(cases, tmp_path)
    by_kind = {each.kind: each for each in found.gaps}
    assert [each.gap for each in found.gaps] == [pytest.approx(100e-6)] * 2
    threads, processes = by_kind["threads"].pays, by_kind["processes"].pays
    assert threads.unclear_to == pytest.approx(20e-6, rel=0.1)  # as fast as serial
    assert threads.from_ == pytest.approx(200e-6, rel=0.1)
    assert (processes.slower_to, processes.from_) == pytest.approx((200e-6, 2e-3), rel=0.1)
    (said,) = [each.text for each in sentences.lines(found) if each.see == "figure-gaps"]
    # A call of 20 us and its gap take 120 us, one of 2 ms 2.1 ms.
    assert re.match(
        "With gaps of 100 \N{MICRO SIGN}s \\(4[5-9]0\N{EN DASH}8,[1-5]00 calls/s\\), "
        "threads are faster than serial from ",
        said,
    )
    assert ". Processes are slower than serial up to " in said
    assert len(busy_figure.of_gaps(found.gaps).bars) == 6
    assert found.busy == ()
