"""The templates of the forms that have one."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined


@cache
def environment(*, autoescape: bool) -> Environment:
    """Templates of the package, each compiled when it is first used; `kind` is a filter that names
    a block's type."""
    made = Environment(
        loader=PackageLoader("parzen_study.report"),
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["kind"] = lambda block: type(block).__name__
    return made
