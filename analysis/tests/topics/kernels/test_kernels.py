"""What is reported of family kernels, for runs of known truth; and that it changes nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from parzen_study.gate.compare import compare
from parzen_study.gate.judge import judge
from parzen_study.gate.verdict import Verdict
from parzen_study.run.case import STREAM_READ
from parzen_study.run.load import load_run
from parzen_study.run.run import Run
from parzen_study.study import Study, study
from parzen_study.topics.article.figure import article_charts
from parzen_study.topics.every_case.section import case_tables
from parzen_study.topics.kernels.model import Timed
from parzen_study.topics.kernels.table import kernel_table
from parzen_study.topics.speedup.figure import speedup_figures
from record import entry, small
from synthetic import Document, Synthetic, write
from synthetic_dispatch import with_dispatch
from synthetic_kernels import LARGE, PEERS, SMALL, TRUTH, drop, kernel, peer, with_kernels


def run_of(document: Document, folder: Path) -> Run:
    return load_run(write(document, folder) / "run.json")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return study(run_of(small(1), tmp_path_factory.mktemp("plain")))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return study(run_of(with_kernels(small(1)), tmp_path_factory.mktemp("whole")))


def test_it_changes_nothing_that_is_said_of_the_article(plain: Study, whole: Study) -> None:
    assert whole.answers == plain.answers
    assert whole.answers.found
    assert (article_charts(whole), speedup_figures(whole)) == (
        article_charts(plain),
        speedup_figures(plain),
    )
    # No warning either that nobody knows whether a peer is threads or processes.
    assert (whole.findings, whole.rejected) == ([], {})


def test_what_only_reads_has_a_time_and_no_other_figure(whole: Study) -> None:
    reading = [
        each for each in whole.estimates.measured.values() if each.case.get("kernel") == STREAM_READ
    ]
    assert len(reading) == 4
    for each in reading:
        assert each.time.has_interval
        assert (each.speedup, each.speedup_own, each.efficiency) == (None, None, None)


def test_it_takes_no_colour_from_a_backend(tmp_path: Path) -> None:
    document = Synthetic(rounds=5, sizes=(10_000,), workers=(1, 2), threads={"zebra": ("cold",)})
    without = study(run_of(document.document(), tmp_path / "without"))
    added = study(run_of(with_kernels(document.document()), tmp_path / "with"))
    assert speedup_figures(added) == speedup_figures(without) != []


@pytest.mark.parametrize("latest_has_it", [True, False])
def test_limits_and_peers_are_not_compared_and_notes_say_so(
    latest_has_it: bool, tmp_path: Path
) -> None:
    """A run of `make bench` against a baseline of `make peers`, and the other way round."""
    more = run_of(with_dispatch(with_kernels(small(2)), peers={}), tmp_path / "more")
    less = run_of(with_kernels(small(1), peers={}), tmp_path / "less")
    latest, baseline = (more, less) if latest_has_it else (less, more)
    for comparison in (
        compare(latest, (baseline,), "advisory"),
        compare(latest, (replace(baseline, machine={}),), "advisory"),
    ):
        assert judge(comparison).verdict == Verdict.INCONCLUSIVE
        compared = {row.case.name for row in comparison.rows if row.case.family == "kernels"}
        assert compared == {name for name in TRUTH if STREAM_READ not in name}
        assert "cases without counts (families dispatch, kernels)" in comparison.notes[0]
        assert comparison.notes[1] == f"{len(PEERS)} cases of peers: not compared."


def studied(document: Document, folder: Path) -> Study:
    return study(run_of(document, folder))


def timed(whole: Study, label: str = "") -> dict[str, Timed]:
    """By name; of two blocks that show the same limit the one is as good as the other."""
    return {
        each.case.name: each
        for block in whole.kernels
        for each in block.timed
        if label in block.label
    }


def test_every_case_has_its_time_in_the_block_of_its_problem(whole: Study) -> None:
    assert [block.label for block in whole.kernels] == [
        "n = 10,000, d = 2, widths = 1.0-1.2",
        "n = 10,000,000, d = 2, widths = 0.01-6",
        "n = 10,000,000, d = 2, widths = 1.0-1.2",
        "n = 10,000,000, d = 8, widths = 1.0-1.2",
    ]
    found = timed(whole)
    assert found.keys() == (TRUTH | PEERS).keys()
    for name, seconds in (TRUTH | PEERS).items():
        time = found[name].time
        assert time
        assert time.low < seconds * 1.3
        assert time.high > seconds / 1.3
    order = [each.case.get("kernel") or each.case.backend for each in whole.kernels[0].timed]
    assert order == [
        *("stream_read", "literal", "branchless", "eigen", "simd", "fused", "indexed", "indexed"),
        *("article_python", "cKDTree", "cKDTree", "numpy"),
    ]


@pytest.mark.parametrize(
    ("name", "figure", "value"),
    [
        (kernel("fused", 10_000), "of_limit", 4 / 10),
        (kernel("literal", 10_000), "of_limit", 4 / 2000),
        (kernel("fused", 10**7), "of_limit", 16 / 20),
        (kernel("fused", 10**7, workers=2), "of_limit", 10 / 12.5),
        (kernel("fused", 10**7, 8), "of_limit", 64 / 80),
        (kernel("fused", 10**7, widths="0.01-6"), "of_limit", 16 / 70),
        (kernel("indexed", 10**7, start="cold"), "of_limit", 16 / 1200),
        (kernel("fused", 10_000), "times_literal", 200),
        (peer("numpy"), "times_literal", 2000 / 900),
        (kernel("fused", 10**7, workers=2), "speedup", 1.6),
        (kernel("stream_read", 10**7, workers=2), "speedup", 1.6),
        (kernel("fused", 10**7, workers=2), "of_bandwidth_ratio", 1.0),
        (peer("numpy"), "times_fused", 90),
        (peer("cKDTree", "cold"), "times_fused", 300),
    ],
)
def test_a_figure_is_the_truth_and_paired_by_round(
    name: str, figure: str, value: float, whole: Study
) -> None:
    """Rounds differ by 20%, the cases of a round by a fraction of a percent: that alone is left."""
    estimate = getattr(timed(whole)[name], figure)
    assert estimate.value == pytest.approx(value, rel=0.01)
    assert estimate.high / estimate.low < 1.02


def test_a_limit_tells_its_bytes_a_second(whole: Study) -> None:
    found = timed(whole)
    for name, bytes_read in (
        (kernel("stream_read", 10**7, 8), 8 * 8e7),
        (kernel("stream_read", 10**7, workers=2), 8 * 2e7),
    ):
        bandwidth = found[name].bandwidth
        assert bandwidth
        assert bandwidth.low < bytes_read / TRUTH[name] * 1.3
        assert bandwidth.high > bytes_read / TRUTH[name] / 1.3
    assert all(each.bandwidth is None for name, each in found.items() if STREAM_READ not in name)


def test_what_would_mean_nothing_is_left_out(whole: Study) -> None:
    found = timed(whole)
    assert found[kernel("indexed", 10**7)].of_limit is None  # it reads no sample
    assert found[kernel("literal", 10_000)].times_literal is None
    assert found[kernel("fused", 10**7)].times_literal is None  # no literal at this n
    assert found[kernel("fused", 10**7)].speedup is None
    assert found[kernel("stream_read", 10**7)].of_limit is None
    assert {name for name, each in found.items() if each.times_fused} == PEERS.keys()


def test_more_than_the_bandwidth_ratio_is_shown_as_such(tmp_path: Path) -> None:
    faster = {**LARGE, kernel("fused", 10**7, workers=2): 10e-3}
    each = timed(studied(with_kernels(small(1), faster, {}), tmp_path))
    ratio = each[kernel("fused", 10**7, workers=2)].of_bandwidth_ratio
    assert ratio
    assert ratio.value == pytest.approx(2.0 / 1.6, rel=0.01)


def test_a_kernel_slower_than_literal_is_shown_as_such(tmp_path: Path) -> None:
    slower = {**SMALL, kernel("fused", 10_000): 4000e-6}
    ratio = timed(studied(with_kernels(small(1), slower), tmp_path))[kernel("fused", 10_000)]
    assert ratio.times_literal
    assert ratio.times_literal.high < 0.51


@pytest.mark.parametrize(
    ("missing", "lost"),
    [
        ("tbb", {"of_bandwidth_ratio", "speedup"}),
        ("tbb/kernel:stream_read", {"of_bandwidth_ratio"}),
        ("kernel:stream_read", {"of_limit", "of_bandwidth_ratio", "bandwidth"}),
        ("kernel:literal", {"times_literal"}),
        ("kernels/serial/kernel:fused", {"times_fused", "of_bandwidth_ratio"}),
    ],
)
def test_what_the_run_lacks_has_no_figure_and_no_column(
    missing: str, lost: set[str], tmp_path: Path
) -> None:
    document = with_kernels(small(1))
    drop(document, lambda name: name.startswith("kernels/") and missing in name)
    whole = studied(document, tmp_path)
    columns = {
        "of_limit": "of the limit", "bandwidth": "GB/s", "times_literal": "times literal",
        "speedup": "speedup, serial", "of_bandwidth_ratio": "of the bandwidth ratio",
        "times_fused": "times fused",
    }  # fmt: skip
    heads = {column for block in whole.kernels for column in kernel_table(block).head}
    for figure, column in columns.items():
        has_figure = any(getattr(each, figure) for each in timed(whole).values())
        assert (has_figure, column in heads) == (figure not in lost, figure not in lost), figure


def test_an_error_of_the_limit_is_shown_and_takes_away_what_rests_on_it(tmp_path: Path) -> None:
    document = with_kernels(small(1))
    failed = entry(document["rounds"][2], kernel("stream_read", 10**7))
    del failed["real_time"], failed["cpu_time"]
    failed |= {"error_occurred": True, "error_message": "read 7 bytes, 8 should be"}
    found = timed(studied(document, tmp_path))
    limit = found[kernel("stream_read", 10**7)]
    assert (limit.time, limit.bandwidth, limit.reason) == (None, None, "read 7 bytes, 8 should be")
    assert found[kernel("fused", 10**7)].of_limit is None
    parallel = found[kernel("fused", 10**7, workers=2)]
    assert parallel.of_limit
    assert parallel.speedup
    assert parallel.of_bandwidth_ratio is None
    assert found[kernel("fused", 10**7, 8)].of_limit


def test_a_rejected_case_has_no_figure_and_is_no_reference(tmp_path: Path) -> None:
    document = with_kernels(small(1))
    for one_round in document["rounds"]:
        entry(one_round, kernel("fused", 10_000))["counts_digest"] += 1
    whole = studied(document, tmp_path)
    found = timed(whole)
    wrong = found[kernel("fused", 10_000)]
    assert wrong.time is None
    assert "its counts differ from those of serial" in wrong.reason
    assert found[peer("numpy")].times_fused is None
    assert [each.label for each in whole.break_even] == ["n = 10,000,000, d = 2, widths = 1.0-1.2"]


def test_a_limit_alone_has_a_block(tmp_path: Path) -> None:
    alone = {kernel("stream_read", 10**8): 0.16}
    (block,) = studied(with_kernels(small(1), alone, {}), tmp_path).kernels
    assert (block.label, block.problem) == ("n = 100,000,000, d = 2", ())
    assert kernel_table(block).rows[0][0] == "serial"


def test_the_tables_of_all_cases_leave_the_family_out(plain: Study, whole: Study) -> None:
    assert case_tables(whole) == case_tables(plain)
    assert (plain.kernels, plain.break_even) == ([], [])
