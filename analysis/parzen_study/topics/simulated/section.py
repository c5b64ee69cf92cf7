"""Simulated clusters: how far the same loop would scale on MPI."""

from __future__ import annotations

from functools import partial

from parzen_study.common.wording import seconds, size
from parzen_study.page.blocks import (
    Block,
    Details,
    Drawing,
    Entries,
    Entry,
    Gallery,
    Paragraph,
    Section,
    Table,
    method,
)
from parzen_study.stats.wording import time_with_interval, with_interval
from parzen_study.study import Study
from parzen_study.topics.simulated.figure import NAME, EfficiencyFigure, draw, share
from parzen_study.topics.simulated.model import FITTED, Cluster, Simulated
from parzen_study.topics.simulated.stored import STRONG, WEAK
from parzen_study.topics.simulated.table import tables
from parzen_study.topics.topic import Topic

_TITLE = "Simulated clusters"
# Of the table of break-evens; all are in tables/simulated.csv.
_NODES = (2, 8, 64, 256, 1024)


def section(study: Study) -> Section | None:
    """None where the folder of the run has no simulated clusters."""
    found = study.simulated
    if found is None:
        return None
    whole = [
        each for each in found.clusters if {STRONG, WEAK} <= each.lines.keys() and each.pays_from
    ]
    if found.stale or not whole:
        why = found.stale or "no platform has calls on one node and on several"
        text = f"Simulated clusters are not shown: {why}. Simulate again: `make simulate`."
        return Section("simulated", _TITLE, (Paragraph(text),))
    data = EfficiencyFigure(tuple(whole))
    caption = (
        "Simulated, not measured: parallel efficiency by nodes. Bars are the 95% CI of one core's "
        "measured rate."
    )
    drawing = Drawing(NAME, caption, data.description, partial(draw, data))
    blocks: list[Block] = [
        Paragraph(_about(found)),
        Entries(_answers(whole)),
        Gallery((drawing,)),
        Details("By network", _table(whole)),
        _predictions(whole),
        _method(found),
    ]
    return Section("simulated", _TITLE, tuple(blocks))


def _about(found: Simulated) -> str:
    rate = with_interval(found.rate.samples.scaled(1e-6))
    return (
        f"Simulated, not measured: {found.simulator} runs the backend mpi on clusters that do not "
        f"exist. A node is one core with one rank. The answer is 100 integers: larger ones merge "
        f"more slowly. A node counts {rate} million samples a second, as serial does "
        f"here at n = {size(found.rate.n)}."
    )


def _answers(clusters: list[Cluster]) -> tuple[Entry, ...]:
    worst = min(clusters, key=lambda each: each.lines[STRONG].last.efficiency.value)
    weakest = min(clusters, key=lambda each: each.lines[WEAK].last.efficiency.value)
    strong, weak = worst.lines[STRONG], weakest.lines[WEAK]
    entries = [
        Entry(
            "How far does it scale?",
            f"Simulated, {strong.last.nodes:,} nodes have an efficiency of "
            f"{share(strong.last.efficiency)} or more at n = {size(strong.n)}. "
            f"With n = {size(weak.n)} a node it is {share(weak.last.efficiency)} or more. "
            f"The slowest network is {worst.platform.label}.",
        )
    ]
    numbers = sorted({nodes for each in clusters for nodes in each.pays_from})
    if numbers:
        fewest, most = (
            seconds(max(each.pays_from[nodes] for each in clusters))
            for nodes in (numbers[0], numbers[-1])
        )
        entries.append(
            Entry(
                "From which size on is a cluster faster?",
                f"A cluster pays if a call takes less time than on one node. Simulated, on the "
                f"slowest network, {numbers[0]:,} nodes pay from {fewest} of serial time on, and "
                f"{numbers[-1]:,} nodes from {most}. Below {fewest}, use one node.",
            )
        )
    entries.append(
        Entry(
            "What does the speed cost?",
            f"Simulated, n = {size(strong.n)} takes {with_interval(strong.last.node_seconds)} "
            f"node-seconds on {strong.last.nodes:,} nodes. "
            f"It takes {with_interval(strong.points[0].node_seconds)} on one.",
        )
    )
    return tuple(entries)


def _table(clusters: list[Cluster]) -> tuple[Table, Paragraph, Table]:
    strong, weak = (clusters[0].lines[scaling] for scaling in (STRONG, WEAK))
    table = Table(
        title=f"Simulated: {strong.last.nodes:,} nodes of one core",
        head=(
            *("network", "efficiency (strong)", "efficiency (weak)", "pays from serial time"),
            "node-seconds (strong)",
        ),
        rows=tuple(
            (
                each.platform.label,
                share(each.lines[STRONG].last.efficiency),
                share(each.lines[WEAK].last.efficiency),
                seconds(each.pays_from[strong.last.nodes]),
                with_interval(each.lines[STRONG].last.node_seconds),
            )
            for each in clusters
        ),
    )
    note = (
        f"Strong: n = {size(strong.n)} in all; one node takes "
        f"{with_interval(strong.points[0].node_seconds)} node-seconds. "
        f"Weak: n = {size(weak.n)} a node."
    )
    numbers = sorted(set(_NODES).intersection(*(each.pays_from for each in clusters)))
    pays = Table(
        title="Simulated: the serial time from which on so many nodes pay",
        head=("network", *(f"{nodes:,} nodes" for nodes in numbers)),
        rows=tuple(
            (each.platform.label, *(seconds(each.pays_from[nodes]) for nodes in numbers))
            for each in clusters
        ),
    )
    return table, Paragraph(note, note=True), pays


def _predictions(clusters: list[Cluster]) -> Details:
    rows = tuple(
        (
            each.platform.label,
            seconds(each.prediction.step),
            f"{each.prediction.error:.1%}",
            f"{each.prediction.merge_error:.0%}",
        )
        for each in clusters
        if each.prediction
    )
    text = (
        f"The model is n / (nodes x rate) + s log2(nodes). Its s is fitted to 2 to {FITTED} nodes. "
        "It predicts the simulated times on more nodes with these largest errors. It does not know "
        "the upper switches of a fat tree, so do not use it there for short calls."
    )
    table = Table(
        title="Simulated: a model of few nodes predicts many",
        head=("network", "s", "error of the time", "error of the merge alone"),
        rows=rows,
    )
    return Details("What a model predicts", (Paragraph(text), table))


def _method(found: Simulated) -> Details:
    platforms = [each.platform for each in found.clusters]
    networks = "; ".join(
        dict.fromkeys(f"{each.latency} a link of {each.bandwidth}" for each in platforms)
    )
    times = time_with_interval(found.rate.samples.inverse().scaled(found.rate.n))
    return method(
        f"The program is the backend's own source, compiled for SMPI. Its loop takes the time that "
        f"its samples would, and merges 100 counts, by recursive doubling. The rate is that of "
        f"`{found.rate.case}`: {times}.",
        f"The platforms assume a latency: {networks}. A fat tree has 32 nodes a switch, and half "
        "the bandwidth above it.",
        "Not simulated: starting the ranks, reading or making samples, other programs, and noise. "
        "Times are of calls on running ranks. A node keeps its rate however few samples it has. "
        "With several cores per node, there are fewer nodes to merge for as many cores.",
        f"Settings: `{' '.join(found.settings)}`.",
    )


TOPIC = Topic(order=105, section=section, tables=tables)
