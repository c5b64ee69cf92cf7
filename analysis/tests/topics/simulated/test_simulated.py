"""Simulated clusters, against clusters of known truth."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from parzen_study.common.errors import NoData, UnusableData
from parzen_study.common.wording import significant
from parzen_study.run.load import load_run
from parzen_study.study import Study, study
from parzen_study.topics.simulated.figure import EfficiencyFigure, draw
from parzen_study.topics.simulated.model import Cluster, clusters
from parzen_study.topics.simulated.rate import Rate, rate_in, rate_of
from parzen_study.topics.simulated.stored import (
    NAME,
    STRONG,
    WEAK,
    Platform,
    Stored,
    as_text,
    load,
)
from parzen_study.topics.simulated.table import tables
from synthetic import Document, write
from synthetic_simulated import (
    FLAT,
    NODES,
    RATE,
    STEP,
    STRONG_N,
    WEAK_N,
    calls,
    log_of_nodes,
    stored,
)
from synthetic_sweep import A_SAMPLE, FUSED, LITERAL, SIZES, sweep, with_sweep
from unrendered import lay_out, text_of


def one(of: Stored) -> Cluster:
    (found,) = clusters(of)
    return found


def test_efficiency_is_that_of_the_times() -> None:
    found = one(stored())
    for scaling, n in ((STRONG, STRONG_N), (WEAK, WEAK_N)):
        line = found.lines[scaling]
        assert [point.nodes for point in line.points] == list(NODES)
        assert line.n == n
        for point in line.points:
            share = point.nodes if scaling == STRONG else 1
            for end, rate in (
                (point.efficiency.value, RATE.value),
                (point.efficiency.low, RATE.high),  # a faster core hides less of the merge
                (point.efficiency.high, RATE.low),
            ):
                took = n / share / rate
                assert end == pytest.approx(took / (took + log_of_nodes(point.nodes)), rel=1e-9)


def test_node_seconds_are_what_a_cluster_is_paid_by() -> None:
    last = one(stored()).lines[STRONG].last
    seconds = STRONG_N / RATE.value + NODES[-1] * log_of_nodes(NODES[-1])
    assert last.node_seconds.value == pytest.approx(seconds)


def test_a_cluster_pays_from_where_it_is_as_fast_as_one_node() -> None:
    pays_from = one(stored()).pays_from
    assert sorted(pays_from) == list(NODES[1:])
    for nodes, seconds in pays_from.items():
        assert seconds == pytest.approx(seconds / nodes + log_of_nodes(nodes), rel=1e-6)


def test_the_model_finds_the_step_and_predicts_what_it_describes() -> None:
    prediction = one(stored()).prediction
    assert prediction is not None
    assert prediction.step == pytest.approx(STEP, rel=1e-6)
    assert prediction.error < 1e-9
    assert prediction.merge_error < 1e-6


def test_the_error_of_the_prediction_is_that_of_the_worst_time() -> None:
    """A merge of twice the steps on 1,024 nodes, which is not fitted."""

    def merge(nodes: int) -> float:
        return log_of_nodes(nodes) * (2 if nodes == 1024 else 1)

    prediction = one(stored(calls(merge))).prediction
    assert prediction is not None
    missed = 10 * STEP
    assert prediction.step == pytest.approx(STEP, rel=1e-6)
    assert prediction.nodes == 1024
    assert prediction.error == pytest.approx(
        missed / (STRONG_N / 1024 / 1e9 + 2 * missed), rel=1e-5
    )
    assert prediction.merge_error == pytest.approx(0.5, rel=1e-5)


@pytest.mark.parametrize("nodes", [(1, 2, 4), (1, 64), (1,)])
def test_nothing_is_predicted_without_both_few_and_many_nodes(nodes: tuple[int, ...]) -> None:
    assert one(stored(calls(nodes=nodes))).prediction is None


def test_a_platform_without_a_call_on_one_node_is_left_out() -> None:
    assert clusters(stored(calls(nodes=(2, 4)))) == ()


def test_a_file_keeps_every_figure(tmp_path: Path) -> None:
    assert load(tmp_path) is None
    (tmp_path / NAME).write_text(as_text(stored()))
    assert load(tmp_path) == stored()


@pytest.mark.parametrize(
    "harm",
    [
        lambda d: d.pop("rate"),
        lambda d: d.update(version=2),
        lambda d: d.update(format="other"),
        lambda d: d.update(calls=[]),
        lambda d: d["calls"].append(d["calls"][0]),
        lambda d: d["calls"][0].update(nodes=0),
        lambda d: d["calls"][0].update(nodes="2"),
        lambda d: d["calls"][0].update(platform="another"),
        lambda d: d["calls"][0].update(scaling="other"),
        lambda d: d["calls"][0].update(seconds=[2.0, 1.0, 3.0]),
        lambda d: d["calls"][0].update(seconds=[0.0, 1.0, 3.0]),
        lambda d: d["calls"][0].update(seconds=[1.0, 2.0]),
        lambda d: d["platforms"][0].update(hosts=-1),
        lambda d: d.update(simulator=3),
    ],
)
def test_a_harmed_file_is_rejected_with_what_to_do(
    harm: Callable[[dict[str, Any]], object], tmp_path: Path
) -> None:
    document = json.loads(as_text(stored()))
    harm(document)
    (tmp_path / NAME).write_text(json.dumps(document))
    with pytest.raises(UnusableData, match="make simulate"):
        load(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000])
def test_what_is_no_document_is_rejected(text: str, tmp_path: Path) -> None:
    (tmp_path / NAME).write_text(text)
    with pytest.raises(UnusableData, match="make simulate"):
        load(tmp_path)


@pytest.fixture(scope="module")
def document() -> Document:
    return with_sweep(sweep(way=FUSED))


def studied(document: Document, folder: Path) -> Study:
    return study(load_run(write(document, folder) / "run.json"))


def test_the_rate_is_that_of_serial_at_the_largest_n(document: Document, tmp_path: Path) -> None:
    found = studied(document, tmp_path)
    rate = rate_of(found.estimates, found.reasons)
    assert rate.n == max(SIZES)
    assert rate.samples.value == pytest.approx(1.0 / A_SAMPLE["fused"], rel=0.1)
    assert rate.samples.low < rate.samples.value < rate.samples.high
    assert rate_in(tmp_path) == rate
    smaller = rate_of(found.estimates, {*found.reasons, rate.case})
    assert smaller.n < rate.n


def test_there_is_no_rate_without_serial_of_fused(tmp_path: Path) -> None:
    found = studied(with_sweep(sweep(way=LITERAL)), tmp_path)
    with pytest.raises(NoData, match="make bench"):
        rate_of(found.estimates, found.reasons)


def simulated_in(document: Document, folder: Path, *, off: float = 1.0) -> Study:
    """A run with simulated clusters, whose rate is `off` times that of the run."""
    before = studied(document, folder)
    rate = rate_of(before.estimates, before.reasons)
    used = Rate(rate.case, rate.n, rate.samples.scaled(off))
    tree = Platform("fat_tree_10g", "fat tree", "10Gbps", "5us", 1024)
    both = (*calls(rate=used.samples), *calls(platform=tree.name, rate=used.samples))
    (folder / NAME).write_text(as_text(stored(both, (FLAT, tree), used)))
    return studied(document, folder)


def test_there_is_no_section_without_simulated_clusters(document: Document, tmp_path: Path) -> None:
    found = studied(document, tmp_path)
    assert found.simulated is None
    assert text_of(found, "simulated").strip() == text_of(found, "every_such_topic").strip()
    assert tables(found) == {}


def test_all_of_the_section_is_labelled_simulated(document: Document, tmp_path: Path) -> None:
    found = simulated_in(document, tmp_path)
    text = text_of(found, "simulated")
    assert "Simulated, not measured: SimGrid 3.32" in text
    assert "Simulated, 1,024 nodes have an efficiency of" in text
    assert "slowest network, 2 nodes pay from 40.0 \N{MICRO SIGN}s of serial time on" in text
    assert "the serial time from which on so many nodes pay" in text
    assert "Simulated: 1,024 nodes of one core" in text
    assert "Simulated, n = 10,000 million takes " in text
    ((name, table),) = tables(found).items()
    assert name == "simulated"
    assert len(table) == 2 * 2 * len(NODES)
    assert {"simulated_seconds_low", "simulated_efficiency", "simulated_pays_from_seconds"} <= {
        *table.columns
    }


def test_the_words_have_the_figures_of_the_data(document: Document, tmp_path: Path) -> None:
    found = simulated_in(document, tmp_path)
    assert found.simulated is not None
    strong = found.simulated.clusters[0].lines[STRONG].last.efficiency.value
    text = text_of(found, "simulated")
    assert f"{100 * strong:.2f}% (" in text
    rate = significant(found.simulated.rate.samples.value / 1e6)
    assert f"A node counts {rate} (" in text


def test_clusters_of_another_rate_are_not_shown(document: Document, tmp_path: Path) -> None:
    text = text_of(simulated_in(document, tmp_path, off=1.01), "simulated")
    assert "the rate of another run" in text
    assert "make simulate" in text
    assert "%" not in text


def test_the_figure_has_a_bar_at_every_point(document: Document, tmp_path: Path) -> None:
    found = simulated_in(document, tmp_path).simulated
    assert found is not None
    data = EfficiencyFigure(found.clusters)
    figure = draw(data)
    lay_out(figure)
    above, below = figure.axes
    assert above.get_title(loc="left") == "strong scaling, n = 10,000 million in all"
    assert below.get_title(loc="left") == "weak scaling, n = 100 million a node"
    for axes in (above, below):
        assert len(axes.containers) == len(found.clusters)
    low, high = above.get_ylim()
    ends = [p.efficiency for c in found.clusters for line in c.lines.values() for p in line.points]
    assert low < min(each.low for each in ends)
    assert max(each.high for each in ends) < high
    assert "10 Gbit/s, fat tree, strong scaling" in data.description


def test_the_committed_clusters_are_of_the_committed_run(committed: Study) -> None:
    """And the model's prediction is below the limit."""
    found = committed.simulated
    assert found is not None
    assert found.stale == ""
    for cluster in found.clusters:
        assert [point.nodes for point in cluster.lines[STRONG].points] == list(NODES)
        assert cluster.prediction is not None
        assert cluster.prediction.error < 0.15
