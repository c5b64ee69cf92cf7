"""What cannot be true is rejected; what may mislead is named with cause and next step."""

from __future__ import annotations

from pathlib import Path

import pytest

from parzen_study.run.load import load_run
from parzen_study.study import Study, study
from parzen_study.topics.article.figure import article_charts
from parzen_study.topics.speedup.figure import speedup_figures
from record import small
from synthetic import MACHINE, STATE, SUFFIX, Synthetic, case_name, typical, write
from synthetic_scaling import with_cases


def studied(built: Synthetic, folder: Path) -> Study:
    return study(load_run(built.write(folder) / "run.json"))


def warnings(whole: Study) -> str:
    return "\n".join(each.what for each in whole.findings if each.kind == "warning")


def test_a_clean_run_has_nothing_to_say(typical_study: Study) -> None:
    assert typical_study.findings == []
    assert typical_study.sound


def test_more_than_150_percent_efficiency_is_rejected(tmp_path: Path) -> None:
    def truth(backend: str, n: int, workers: int, start: str) -> float:
        seconds = typical(backend, n, workers, start)
        return seconds / 1.7 if (backend, workers) == ("tbb", 2) else seconds

    whole = studied(Synthetic(truth=truth, sizes=(10_000,), workers=(1, 2), rounds=5), tmp_path)
    suspect = case_name("tbb", 10_000, 2, "cold")
    assert suspect in whole.rejected
    assert not whole.sound
    assert all(
        bar.label != "2" for c in article_charts(whole) if c.backend == "tbb" for bar in c.bars
    )
    assert "tbb with 2" not in " ".join(answer.sentence for answer in whole.answers.found)


def test_efficiency_is_held_against_the_usable_cpus(tmp_path: Path) -> None:
    """Four times as fast with four workers is fine on four CPUs and impossible on two."""
    narrow = Synthetic(rounds=5, machine={**MACHINE, "usable_cpus": "2"})
    assert case_name("tbb", 1_000_000, 4, "warm") in studied(narrow, tmp_path / "a").rejected
    # Within a period of the quota all four may work.
    quota = Synthetic(rounds=5, machine={**MACHINE, "cpu_quota": "2.00 CPUs"})
    assert not studied(quota, tmp_path / "b").rejected
    unknown = Synthetic(rounds=5, machine={"cpu_model": "x"})
    assert not studied(unknown, tmp_path / "c").rejected


@pytest.mark.parametrize(
    ("sizes", "cache", "slowed", "rejected"),
    [
        ((2_000, 5_000, 10_000), 2_500, 1.0, False),
        # No larger size confirms the time of the whole.
        ((2_000, 5_000), 2_500, 1.0, True),
        # Serial was disturbed at one size.
        ((2_000, 5_000, 10_000), 10**9, 2.0, True),
    ],
)
def test_a_share_that_fits_into_a_cache_may_take_less_per_sample(
    sizes: tuple[int, ...], cache: int, slowed: float, rejected: bool, tmp_path: Path
) -> None:
    """With two workers, n = 5,000 takes a quarter of serial's time."""

    def truth(backend: str, n: int, workers: int, _start: str) -> float:
        share = n / workers
        seconds = share * (1e-6 if share <= cache else 2e-6)
        return seconds * slowed if (n, workers) == (5_000, 1) else seconds

    whole = studied(Synthetic(truth=truth, sizes=sizes, workers=(1, 2), rounds=5), tmp_path)
    assert (case_name("tbb", 5_000, 2, "warm") in whole.rejected) == rejected


@pytest.mark.parametrize(("times_as_fast", "rejected"), [(2.5, False), (26.0, True)])
def test_an_example_loop_is_held_against_its_serial_as_well(
    times_as_fast: float, rejected: bool, tmp_path: Path
) -> None:
    names = {
        backend: f"loops/{backend}/loop:own/size:64/workers:{workers}/start:cold"
        for backend, workers in (("serial", 1), ("process_pool", 2))
    }
    cases = {names["serial"]: 1e-3, names["process_pool"]: 1e-3 / times_as_fast}
    whole = study(load_run(write(with_cases(small(1, rounds=5), cases), tmp_path) / "run.json"))
    assert [name.removesuffix(SUFFIX) for name in whole.rejected] == (
        [names["process_pool"]] if rejected else []
    )


def test_ranks_of_mpi_may_have_the_cpus_of_several_machines(tmp_path: Path) -> None:
    """The run describes the machine of the first rank, of two CPUs."""

    def truth(backend: str, n: int, workers: int, start: str) -> float:
        serial = typical("serial", n, 1, "cold")
        return serial / workers if backend == "mpi" else typical(backend, n, workers, start)

    ranks = Synthetic(
        truth=truth,
        rounds=5,
        workers=(1, 2, 6),
        processes={"mpi": ("warm",)},
        threads={},
        machine={**MACHINE, "usable_cpus": "2"},
    )
    found = studied(ranks, tmp_path)
    assert not found.rejected
    measured = found.estimates.measured[case_name("mpi", 1_000_000, 6, "warm")]
    assert measured.total_cpu_time > 2 * found.estimates.seconds(measured.case)


def test_counts_that_differ_from_serial_are_rejected(tmp_path: Path) -> None:
    document = small(1)
    name = case_name("tbb", 10_000, 2, "cold")
    for one_round in document["rounds"]:
        for each in one_round["benchmarks"]:
            each["counts_digest"] += each["run_name"] == name + SUFFIX
    whole = study(load_run(write(document, tmp_path) / "run.json"))
    assert list(whole.rejected) == [name]


def test_counts_that_are_not_the_articles_are_rejected(tmp_path: Path) -> None:
    document = small(1)
    document["rounds"][0]["context"]["article.counts"] = ",".join(["1"] * 12)
    whole = study(load_run(write(document, tmp_path) / "run.json"))
    assert not whole.sound
    assert "the article's twelve widths are wrong" in whole.findings[0].what
    assert (whole.answers.found, article_charts(whole), speedup_figures(whole)) == ((), [], [])
    assert "all times are invalid" in whole.answers.nothing


def test_noise_alone_rejects_nothing(tmp_path: Path) -> None:
    """A median beyond 150% whose interval reaches below it."""

    def truth(backend: str, n: int, workers: int, start: str) -> float:
        seconds = typical(backend, n, workers, start)
        return seconds / 1.55 if (backend, workers) == ("tbb", 2) else seconds

    built = Synthetic(truth=truth, sizes=(10_000,), workers=(1, 2), rounds=7, noise=0.3)
    whole = studied(built, tmp_path)
    beyond = [
        name
        for name, each in whole.estimates.measured.items()
        if each.speedup and each.speedup.value > 1.5 * min(each.workers, 4)
    ]
    assert beyond
    assert whole.sound


def test_a_backend_without_a_mechanism_is_named_and_left_out(tmp_path: Path) -> None:
    document = small(1)
    for one_round in document["rounds"]:
        one_round["context"]["backends.mechanisms"] = "serial: neither; fork_pipe: processes"
    whole = study(load_run(write(document, tmp_path) / "run.json"))
    assert warnings(whole) == "the mechanism (threads or processes) is unknown for: tbb"
    assert [chart.counted for chart in article_charts(whole)] == ["processes", "workers"]
    assert "tbb" not in " ".join(answer.sentence for answer in whole.answers.found)


@pytest.mark.parametrize(
    ("item", "value", "said"),
    [
        ("governor", "powersave", "governor is 'powersave'"),
        ("turbo", "on", "turbo is on"),
        ("load_1m", "0.51", "busy before the run"),
        ("memory_available_bytes", str(2**30), "memory is short"),
        ("power", "battery, discharging", "battery"),
        ("environment", "OMP_NUM_THREADS=1", "OMP_NUM_THREADS=1"),
    ],
)
def test_a_state_that_misleads_is_named(item: str, value: str, said: str, tmp_path: Path) -> None:
    built = Synthetic(state={**STATE, item: value}, sizes=(10_000,), workers=(1, 2), rounds=5)
    whole = studied(built, tmp_path)
    assert said in warnings(whole)
    assert len(whole.findings) == 1
    assert whole.findings[0].cause
    assert whole.findings[0].next_step
    assert whole.sound


@pytest.mark.parametrize(
    ("busy", "load", "said"),
    [
        (0.126, "0.10", "0.5 of 4 CPUs were busy in the second before the run"),
        (0.2, "0.10", "0.8 of 4 CPUs were busy in the second before the run"),
        (0.125, "0.10", ""),
        (0.02, "9.00", ""),  # of the build that the run followed
        (0, "unknown", ""),
    ],
)
def test_what_the_cpus_did_before_the_start_counts_more_than_the_load(
    busy: float, load: str, said: str, tmp_path: Path
) -> None:
    built = Synthetic(state={**STATE, "load_1m": load}, sizes=(10_000,), workers=(1, 2), rounds=5)
    folder = write(built.document() | {"busy_before": busy}, tmp_path)
    assert warnings(study(load_run(folder / "run.json"))) == said


def test_the_cpus_that_were_busy_are_counted_of_those_that_could_be_used(tmp_path: Path) -> None:
    built = Synthetic(machine={**MACHINE, "cpu_quota": "2.00 CPUs"}, sizes=(10_000,), rounds=5)
    folder = write(built.document() | {"busy_before": 0.4}, tmp_path)
    assert "0.8 of 2 CPUs were busy" in warnings(study(load_run(folder / "run.json")))


@pytest.mark.parametrize(
    ("item", "value", "said"),
    [
        ("usable_cpus", "3", "only 3 of 4 CPUs"),
        ("cpu_quota", "1.50 CPUs", "quota"),
        ("build_type", "Debug", "'Debug'"),
        ("revision_dirty", "yes", "uncommitted"),
    ],
)
def test_a_machine_that_misleads_is_named(item: str, value: str, said: str, tmp_path: Path) -> None:
    built = Synthetic(machine={**MACHINE, item: value}, sizes=(10_000,), workers=(1, 2), rounds=5)
    assert said in warnings(studied(built, tmp_path))


@pytest.mark.parametrize(
    ("after", "said"),
    [
        ({"steal_ticks": "20000", "cpu_ticks": "900000"}, "steal"),
        ({"throttled_periods": "3"}, "throttled in 3"),
    ],
)
def test_what_happened_during_the_run_is_named(
    after: dict[str, str], said: str, tmp_path: Path
) -> None:
    built = Synthetic(state_after={**STATE, **after}, sizes=(10_000,), workers=(1, 2), rounds=5)
    assert said in warnings(studied(built, tmp_path))


def test_what_cannot_be_read_is_never_taken_for_fine(tmp_path: Path) -> None:
    built = Synthetic(state={}, machine={}, state_after={}, sizes=(10_000,), workers=(1,), rounds=5)
    assert warnings(studied(built, tmp_path)) == "governor and turbo are unknown"


@pytest.mark.parametrize(
    ("rounds", "said"), [(2, "no 95% CIs and no figures of times"), (4, "are rough")]
)
def test_few_rounds_are_named(rounds: int, said: str, tmp_path: Path) -> None:
    whole = studied(Synthetic(rounds=rounds, sizes=(10_000,), workers=(1, 2)), tmp_path)
    assert said in warnings(whole)


def test_an_interrupted_run_is_named(tmp_path: Path) -> None:
    document = small(1)
    document |= {"interrupted": True, "rounds_planned": 10}
    whole = study(load_run(write(document, tmp_path) / "run.json"))
    assert "6 of 10 rounds" in warnings(whole)
