"""The sections of the report, one file a section: each picks what it shows of a study, and says it.

To add one: a module with a function `section`, and a line in `page()`.
"""

from __future__ import annotations

from parzen_study import sysinfo
from parzen_study.page import Page
from parzen_study.phrasing import count_of
from parzen_study.sections import (
    advice,
    answer,
    article,
    claims,
    dispatch,
    every_case,
    grain,
    io_bound,
    loop,
    machine,
    measured,
    memory,
    reading,
    scaling,
    sizes,
    speedup,
)
from parzen_study.study import Study


def page(study: Study) -> Page:
    """The whole report, in the order in which it is read: a section that has nothing to show is not
    there."""
    run = study.run
    cpu_model = run.machine.get("cpu_model", "unknown CPU")
    usable_cpus = count_of(sysinfo.usable_cpus(run), "usable CPU")
    sections = (
        answer.section(study),
        article.section(study),
        claims.section(study),
        sizes.section(study),
        loop.section(study),
        speedup.section(study),
        scaling.section(study),
        grain.section(study),
        dispatch.section(study),
        advice.section(study),
        io_bound.section(study),
        memory.section(study),
        every_case.section(study),
        machine.section(study),
        measured.section(study),
        reading.section(),
    )
    return Page(
        title="Processes, threads or neither, and how many?",
        subtitle="A CPU-bound C++ loop, the Parzen-window estimate of a 2014 article, under every "
        f"mechanism on this machine: {cpu_model}, {usable_cpus}, "
        f"{count_of(run.rounds, 'round')}, measured {run.measured_on}.",
        about=cpu_model,
        refusals=tuple(each for each in study.findings if each.kind == "refusal"),
        warnings=tuple(each for each in study.findings if each.kind == "warning"),
        sections=tuple(filter(None, sections)),
    )
