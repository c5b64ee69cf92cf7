"""How to read the report."""

from __future__ import annotations

from parzen_study.page.blocks import Entries, Entry, Section
from parzen_study.study import Study
from parzen_study.topics.topic import Topic

_TERMS = (
    Entry(
        "cold, warm",
        "Cold: workers are created in every timed call, as in the article; a time is the mean of "
        "as many such calls as a round has time for, after one that is not timed. Warm: workers "
        "are ready, and only the call is timed.",
    ),
    Entry(
        "speedup, serial",
        "Time of serial, by the same kernel, over time of this one: 2 means half the time, below 1 "
        "means slower than serial.",
    ),
    Entry(
        "speedup, best serial",
        "The same against the fastest serial case whatever its kernel, where the problem has "
        "several: what the mechanism and the loop gain together.",
    ),
    Entry(
        "speedup, own 1",
        "The same against the backend's own single worker: how it scales, without what it costs to "
        "have it at all.",
    ),
    Entry(
        "efficiency",
        "Speedup against serial, a worker. 100% is ideal; with more workers than usable CPUs it "
        "must fall.",
    ),
    Entry(
        "(1.93 to 1.97)",
        "The 95% interval: 19 of 20 intervals made this way hold the true value. Two figures "
        "differ when the interval of their ratio leaves out 1, not merely when they are printed "
        "differently.",
    ),
)


def section(_study: Study) -> Section:
    """The same for every run."""
    return Section("reading", "How to read this", (Entries(_TERMS, kind="terms"),))


TOPIC = Topic(order=150, section=section)
