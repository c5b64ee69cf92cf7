"""How to read the report."""

from __future__ import annotations

from parzen_study.page.blocks import Details, Entries, Entry, Section
from parzen_study.study import Study
from parzen_study.topics.topic import Topic

_TERMS = (
    Entry(
        "cold, warm",
        "Cold: every timed call creates its workers, as in the article. A time is the mean of the "
        "calls of a round, after a warm-up call. Warm: workers exist, and only the call is timed.",
    ),
    Entry(
        "speedup, serial",
        "Time of serial with the same kernel over the time of this case. 2 is half the time; below "
        "1 is slower than serial.",
    ),
    Entry(
        "speedup, best serial",
        "The same against the fastest serial case of any kernel: the gain of the mechanism and of "
        "the kernel together.",
    ),
    Entry(
        "speedup, own 1",
        "The same against the backend with one worker: how it scales, without its overhead.",
    ),
    Entry(
        "efficiency",
        "Speedup against serial divided by the workers. 100% is ideal. Oversubscription lowers it.",
    ),
    Entry(
        "(1.93 to 1.97)",
        "The 95% confidence interval (CI): 19 of 20 such intervals contain the true value. Two "
        "times differ significantly if the 95% CI of their ratio excludes 1.",
    ),
)


# Of a user's own loop: it has one kernel, and may have calls with gaps.
_TERMS_OF_OWN_LOOP = (
    Entry(
        "cold, warm, with gaps",
        "Cold: every timed call creates its workers. A time is the mean of the calls of a round, "
        "after a warm-up call. Warm: workers exist, and only the call is timed. With gaps: warm, "
        "and workers wait before every call, so they may fall asleep.",
    ),
    Entry(
        "speedup",
        "Time of serial over the time of this case. 2 is half the time; below 1 is slower than "
        "serial. With gaps, serial has the same gaps.",
    ),
    _TERMS[-1],
)


def section(study: Study) -> Section:
    """Depends only on whether the run is of a user's own loop."""
    terms = _TERMS_OF_OWN_LOOP if study.run.loop else _TERMS
    words = Details("Words and figures of this report", (Entries(terms, kind="terms"),))
    return Section("reading", "How to read this", (words,))


TOPIC = Topic(order=150, section=section, of_any_loop=True)
