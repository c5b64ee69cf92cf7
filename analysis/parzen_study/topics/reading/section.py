"""How to read the report."""

from __future__ import annotations

from parzen_study.page.blocks import Details, Entries, Entry, Section
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


# Of a run of a user's own loop: it has one way to compute, and may have calls after a pause.
_TERMS_OF_OWN_LOOP = (
    Entry(
        "cold, warm, after a pause",
        "Cold: workers are created in every timed call; a time is the mean of as many such calls "
        "as a round has time for, after one that is not timed. Warm: workers exist, and only the "
        "call is timed. After a pause: warm, and every call follows a pause, so that workers and "
        "caches may sleep.",
    ),
    Entry(
        "speedup",
        "Time of serial over time of this case: 2 means half the time, below 1 means slower than "
        "serial. After a pause serial has one before every call as well.",
    ),
    _TERMS[-1],
)


def section(study: Study) -> Section:
    """The same for every run of the suite, and for every run of a user's own loop."""
    terms = _TERMS_OF_OWN_LOOP if study.run.loop else _TERMS
    words = Details("Words and figures of this report", (Entries(terms, kind="terms"),))
    return Section("reading", "How to read this", (words,))


TOPIC = Topic(order=150, section=section, of_any_loop=True)
