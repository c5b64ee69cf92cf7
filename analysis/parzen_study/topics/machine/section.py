"""The machine: what identifies it, and its state before and after."""

from __future__ import annotations

from parzen_study.page.blocks import Section, Table
from parzen_study.run import sysinfo
from parzen_study.study import Study
from parzen_study.topics.machine.table import tables
from parzen_study.topics.topic import Topic


def section(study: Study) -> Section:
    """Always there: an item that could not be read is `unknown`."""
    state = Table(
        title="State of the machine, before the first round and after the last",
        head=("item", "before", "after"),
        rows=tuple((row.label, row.before, row.after) for row in sysinfo.state_rows(study.run)),
        words=True,
    )
    machine = Table(
        title="Machine and build",
        head=("item", "here"),
        rows=tuple((row.label, row.value) for row in sysinfo.machine_rows(study.run)),
        words=True,
    )
    return Section("system", "The machine", (state, machine))


TOPIC = Topic(order=130, section=section, tables=tables, of_any_loop=True)
