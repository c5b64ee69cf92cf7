"""What the report stores and shows of advice, and how it does for cases that were held out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from parzen_study.page.blocks import Paragraph, Points, Section, flat
from parzen_study.report.report import write_report
from parzen_study.run.load import load_run
from parzen_study.study import Study, study
from parzen_study.topics.advice import section as advice_section
from parzen_study.topics.advice import stored
from parzen_study.topics.advice.held_out import SHARE, Group
from record import small
from synthetic import SUFFIX, write
from synthetic_advice import TYPICAL, Costs, document
from unrendered import rendering

COMMITTED = Path(__file__).parents[4] / "results" / "study" / "run.json"
TASK_TIMES = {100: 1e-6, 1000: 10e-6, 10_000: 100e-6}


LOOP_TASKS, LOOP_TIME = 200, 50e-6
LOOP_ITEMS = {"tasks": float(LOOP_TASKS), "result_bytes": 8.0, "answer_digest": 7.0}


def loops(costs: Costs) -> dict[str, float]:
    """A loop that only computes, and one in which threads take three times as long."""
    found = {}
    for loop, threads in (("compute", 1.0), ("atomic_counter", 3.0)):
        name = f"loop:{loop}/size:{LOOP_TASKS}/workers"
        found[f"loops/serial/{name}:1/start:cold"] = LOOP_TASKS * LOOP_TIME
        for (backend, start), cost in costs.items():
            if start != "with gaps":
                taken = cost.seconds(LOOP_TASKS, LOOP_TIME, 2)
                slower = 1.0 if backend in {"fork_pipe", "process_pool"} else threads
                found[f"loops/{backend}/{name}:2/start:{start}"] = slower * taken
    return found


def with_sweep(folder: Path, costs: Costs) -> Path:
    """A run whose family sweep has these costs, and grain and dispatch the typical ones."""
    made = document()
    truth = {
        f"sweep/{backend}/kernel:literal/decomposition:by_width/n:{n}/d:2/m:100/workers:"
        f"{1 if backend == 'serial' else 2}/start:{start}": (
            100 * each if backend == "serial" else costs[backend, start].seconds(100, each, 2)
        )
        for n, each in TASK_TIMES.items()
        for backend, start in [("serial", "cold"), *costs]
    }
    truth |= loops(costs)
    made["cases"] = sorted([*made["cases"], *truth])
    for one_round in made["rounds"]:
        one_round["benchmarks"] += [
            {
                "name": name + SUFFIX,
                "run_name": name + SUFFIX,
                "run_type": "iteration",
                "iterations": 10,
                "real_time": took * 1e6,
                "cpu_time": 0.1,
                "time_unit": "us",
                **(LOOP_ITEMS if name.startswith("loops/") else {"counts_digest": 7.0}),
            }
            for name, took in truth.items()
        ]
    return write(made, folder)


def studied(folder: Path, costs: Costs = TYPICAL) -> Study:
    return study(load_run(with_sweep(folder, costs) / "run.json"))


def sweep(found: Study) -> dict[tuple[str, str], Group]:
    return {(each.backend, each.start): each for each in found.held_out if each.family == "sweep"}


def test_a_loop_with_the_same_costs_is_predicted(tmp_path: Path) -> None:
    found = sweep(studied(tmp_path))
    assert found.keys() == TYPICAL.keys()
    for group in found.values():
        assert (len(group.cases), group.close, group.within) == (3, 3, 3)
        assert group.missing_term == ""


def test_a_term_that_is_missing_is_named(tmp_path: Path) -> None:
    key = ("fork_pipe", "cold")
    found = studied(tmp_path, {**TYPICAL, key: replace(TYPICAL[key], call=4e-3)})
    group = sweep(found)[key]
    assert group.close < SHARE * len(group.cases)
    assert "branch predictors" in group.missing_term
    assert group.worst.ratio > 2.0
    shown = advice_section.section(found)
    assert shown
    said = lacking(shown)
    assert any("sweep by fork_pipe" in each and "branch predictors" in each for each in said)
    assert not any("sweep by tbb" in each for each in said)


def lacking(shown: Section) -> list[str]:
    """What the model probably lacks."""
    *_, points = (each for each in flat(shown.blocks) if isinstance(each, Points))
    return list(points.points)


def test_the_term_that_is_missing_for_a_loop_is_named(tmp_path: Path) -> None:
    found = studied(tmp_path)
    groups = {
        (each.family, each.backend): each for each in found.held_out if "loops/" in each.family
    }
    for mechanism in ("threads", "processes"):
        compute = groups["loops/compute", mechanism]
        assert compute.close == len(compute.cases)
        assert compute.more_than_computing == compute.missing_term == ""
    fought = groups["loops/atomic_counter", "threads"]
    assert fought.close == 0
    assert fought.missing_term == "a cache line that all threads write"
    assert groups["loops/atomic_counter", "processes"].missing_term == ""
    shown = advice_section.section(found)
    assert shown
    texts = [each.text for each in shown.blocks if isinstance(each, Paragraph)]
    said = "A cache line that all threads write: loops/atomic_counter by threads."
    assert said in lacking(shown)
    assert any("Held-out cases that do more than compute: of " in each for each in texts)


def test_the_report_stores_the_model_and_shows_an_example(tmp_path: Path) -> None:
    found = studied(tmp_path / "run")
    with rendering():
        write_report(found, tmp_path / "run")
    text = (tmp_path / "run" / stored.NAME).read_text(encoding="utf-8")
    assert text == stored.as_text(found.advice)
    loaded = stored.load(tmp_path / "run")
    assert [(each.backend, each.start) for each in loaded.lines] == sorted(TYPICAL)
    shown = advice_section.section(found)
    assert shown
    texts = " ".join(each.text for each in shown.blocks if isinstance(each, Paragraph))
    assert "`parzen-study advise --tasks 1000 --task-time 12us`" in texts
    (example, *_) = (each for each in shown.blocks if isinstance(each, Points))
    assert any(each.startswith("`--start warm`: threads (") for each in example.points)
    computing = [group for group in found.held_out if not group.more_than_computing]
    cases = sum(len(group.cases) for group in computing)
    close = sum(group.close for group in computing)
    assert f"of {cases} cases, {close / cases:.0%} of the predictions are within 25%" in texts


def test_a_run_without_a_model_stores_why_and_has_no_section(tmp_path: Path) -> None:
    found = study(load_run(write(small(1), tmp_path) / "run.json"))
    assert advice_section.section(found) is None
    assert found.held_out == []
    assert "no cases of family grain" in stored.as_text(found.advice)


def test_a_build_that_counts_wrongly_has_no_model(tmp_path: Path) -> None:
    made = document()
    for one_round in made["rounds"]:
        one_round["context"]["article.counts"] = "1,2,3"
    found = study(load_run(write(made, tmp_path) / "run.json"))
    assert found.advice.lines == ()
    assert found.advice.missing


def test_nine_of_ten_cases_of_the_committed_study_are_close(committed: Study) -> None:
    computing = [group for group in committed.held_out if not group.more_than_computing]
    cases = sum(len(group.cases) for group in computing)
    close = sum(group.close for group in computing)
    assert {group.family for group in computing} == {
        *("sweep", "scaling", "article"),
        *("loops/compute", "loops/mandelbrot", "loops/new_input, 0"),
    }
    assert cases > 200
    assert close >= SHARE * cases
    # The rest is of one kind, and the report names what is missing there.
    far = [group for group in committed.held_out if group.close < SHARE * len(group.cases)]
    assert all(group.missing_term for group in far)
