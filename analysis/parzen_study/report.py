"""The report: report.html (one file, nothing outside it), figures/ and tables/ of a run."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from matplotlib.figure import Figure

from parzen_study import (
    case_table,
    checks,
    dispatch,
    kernels,
    published,
    stats,
    sysinfo,
    tables,
)
from parzen_study.answer import WORTHWHILE
from parzen_study.figures import article_chart, cube, roofline, speedup, style
from parzen_study.output import staged
from parzen_study.phrasing import count_of
from parzen_study.run import Run
from parzen_study.study import Study


@dataclass(frozen=True)
class InlineFigure:
    """A figure inside the page, with its text alternative."""

    name: str
    svg: Markup
    description: str


@dataclass(frozen=True)
class Gallery:
    """All figures of the page."""

    article: list[InlineFigure]
    roofline: list[InlineFigure]
    speedup: list[InlineFigure]
    cube: InlineFigure


def write_report(study: Study, folder: Path) -> None:
    """Write report.html, figures/ and tables/ into the run's folder, all or none.

    The same run gives the same bytes: nothing here reads a clock, an environment or a path.
    """
    with staged(folder) as staging:
        for name in ("figures", "tables"):
            (staging / name).mkdir()
        gallery = _draw_all(study, staging / "figures")
        tables.write(staging / "tables", study)
        page = _render(study, gallery)
        (staging / "report.html").write_text(page, encoding="utf-8", newline="\n")


def _draw_all(study: Study, folder: Path) -> Gallery:
    def drawn(name: str, description: str, draw: Callable[[], Figure]) -> InlineFigure:
        svg = style.write(name, draw, folder)
        # Safe: matplotlib writes every text of the drawing as an outline.
        return InlineFigure(name, Markup(style.inline_svg(name, svg)), description)

    # A figure without intervals is not drawn.
    charts = study.charts if study.estimates.has_intervals else []
    rooflines = study.rooflines if study.estimates.has_intervals else []
    speedups = study.speedups if study.estimates.has_intervals else []
    return Gallery(
        article=[
            drawn(each.name, each.description, partial(article_chart.draw, each)) for each in charts
        ],
        roofline=[
            drawn(each.name, each.description, partial(roofline.draw, each)) for each in rooflines
        ],
        speedup=[
            drawn(each.name, each.description, partial(speedup.draw, each)) for each in speedups
        ],
        cube=drawn(cube.NAME, cube.DESCRIPTION, cube.draw),
    )


def _unbroken(text: str) -> Markup:
    """A cell's text, with no place for a line break but before an interval and behind an
    underscore."""
    joined = text.replace(" ", "\N{NO-BREAK SPACE}").replace("\N{NO-BREAK SPACE}(", " (")
    return escape(joined).replace("_", Markup("_<wbr>"))


def _peers_of(run: Run, family: str) -> dict[str, str]:
    """The versions of the peers that have cases in a family, by name."""
    measured = {case.backend for case in run.cases if case.family == family}
    return {name: version for name, version in run.peers.items() if name in measured}


def _script() -> str:
    return files("parzen_study").joinpath("templates/sort.js").read_text(encoding="utf-8")


def _policy(script: str) -> str:
    """What a browser lets the page do: run this script, have its own styles, and load nothing."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; "
        f"style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    )


def _render(study: Study, gallery: Gallery) -> str:
    environment = Environment(
        loader=PackageLoader("parzen_study"),
        autoescape=True,  # names, models and messages come from outside
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["unbroken"] = _unbroken
    run = study.run
    script = _script()
    return environment.get_template("report.html").render(
        run=run,
        study=study,
        gallery=gallery,
        script=Markup(script),
        policy=_policy(script),
        cpu_model=run.machine.get("cpu_model", "unknown CPU"),
        usable_cpus=count_of(sysinfo.usable_cpus(run), "usable CPU"),
        refusals=[each for each in study.findings if each.kind == "refusal"],
        warnings=[each for each in study.findings if each.kind == "warning"],
        case_tables=case_table.case_tables(study),
        dispatch_tables=[case_table.dispatch_table(block) for block in study.dispatch],
        densities=tables.densities(run),
        erratum=tables.erratum(),
        article_rows=sysinfo.article_rows(run, published.sysinfo()),
        machine_rows=sysinfo.machine_rows(run),
        state_rows=sysinfo.state_rows(run),
        published=published.article()["speedup_chart"],
        worthwhile=WORTHWHILE,
        kernel_tables=[case_table.kernel_table(block) for block in study.kernels],
        kernel_peers=_peers_of(run, kernels.FAMILY),
        huge_pages=kernels.huge_pages_in_words(run, study.kernels),
        dispatch_peers=_peers_of(run, dispatch.FAMILY),
        pool=dispatch.POOL,
        peers_compared=any(cost.times_pool for block in study.dispatch for cost in block.costs),
        implausible=checks.IMPLAUSIBLE_EFFICIENCY,
        stats=stats,
    )
