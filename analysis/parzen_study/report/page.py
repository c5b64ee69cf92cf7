"""The page of one run: its title, its findings, and the section of each topic."""

from __future__ import annotations

from parzen_study.common.wording import count_of
from parzen_study.page.blocks import Page
from parzen_study.run import sysinfo
from parzen_study.run.run import Run
from parzen_study.study import Study
from parzen_study.topics.topic import topics_of
from parzen_study.topics.zones import words as zones_words


def page(study: Study) -> Page:
    """The whole report. Empty sections are skipped."""
    run = study.run
    cpu_model = run.machine.get("cpu_model", "unknown CPU")
    usable_cpus = count_of(sysinfo.usable_cpus(run), "usable CPU")
    title = "Processes, threads or neither, and how many?"
    loop = "CPU-bound loops in C++"
    if run.loop:
        title = f"Loop {run.loop.name}: {title[0].lower()}{title[1:]}"
        loop = f"The loop of {run.loop.file}"
    return Page(
        title=title,
        subtitle=f"{loop} on {cpu_model}, {usable_cpus}, {_rounds(run)}, "
        f"{run.measured_on}{f'; {zones_words.SURE}' if study.zones else ''}.",
        about=cpu_model,
        rejections=tuple(each for each in study.findings if each.kind == "rejection"),
        warnings=tuple(each for each in study.findings if each.kind == "warning"),
        sections=tuple(filter(None, (topic.section(study) for topic in topics_of(study)))),
    )


def _rounds(run: Run) -> str:
    """`5 to 24 rounds per case`: the cases that are least sure have the most."""
    if run.fewest_rounds == run.most_rounds:
        return count_of(run.rounds, "round")
    return f"{run.fewest_rounds} to {run.most_rounds} rounds per case"
