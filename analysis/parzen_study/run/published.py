"""The 2014 article's own figures: the package carries a copy of results/published/article.json.

The only place of its constants in Python. Known to bench/ as well, so nothing but the standard
library is needed.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

FAMILY = "article"
KERNEL = "literal"
PYTHON_KERNEL = "article_python"  # the article's own function, which `make peers` measures
DECOMPOSITION = "by_width"


@cache
def article() -> dict[str, Any]:
    """The figures, as in the file; its keys say what each is."""
    text = files("parzen_study").joinpath("data/article.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


def sysinfo() -> dict[str, str]:
    table: dict[str, str] = article()["sysinfo_table"]
    return table


def processes() -> tuple[int, ...]:
    """How many processes the chart's bars have, besides the serial one."""
    return tuple(int(label) for label in speed_by_label() if label != "serial")


def speed_by_label() -> dict[str, float]:
    """The chart's bars: `serial` or a number of processes, and the share of the serial speed."""
    chart = article()["speedup_chart"]
    percents = (percent / 100.0 for percent in chart["percent_of_serial_speed"])
    return dict(zip(chart["labels"], percents, strict=True))


# The samples of table and chart: n of d dimensions, drawn from the seed.
SEED, N, D = (int(article()["density_table"][key]) for key in ("seed", "n", "d"))
