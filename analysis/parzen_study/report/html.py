"""The page: one file that loads nothing."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Collection, Mapping
from importlib.resources import files

from markupsafe import Markup, escape

from parzen_study.page import style
from parzen_study.page.blocks import Page
from parzen_study.report.environment import environment

_SCRIPTS = ("sort.js", "notes.js", "details.js")


def html(page: Page, svgs: Mapping[str, str]) -> str:
    """`svgs` are the figures as SVG files, by name."""
    templates_folder = files("parzen_study.report").joinpath("templates")
    script = "".join(
        templates_folder.joinpath(name).read_text(encoding="utf-8") for name in _SCRIPTS
    )
    notes = {name: each.notes for each in page.drawings() for name in each.forms}
    templates = environment(autoescape=True)  # names, models and messages come from outside
    templates.filters |= {"unbroken": _unbroken, "code": _code}
    drawn, glyphs = _with_shared_glyphs(
        {
            name: _inline(f"s{number}", svg, notes.get(name, ()))
            for number, (name, svg) in enumerate(svgs.items())
        }
    )
    return templates.get_template("report.html").render(
        page=page,
        places=_kinds(page),
        # Safe: matplotlib writes every text of a drawing as an outline.
        drawn={name: Markup(drawing) for name, drawing in drawn.items()},
        glyphs=Markup(glyphs),
        script=Markup(script),
        policy=_policy(script),
    )


def _kinds(page: Page) -> dict[str, str]:
    """What a link's target is, in a word, by its name."""
    kinds = {section.name: "section" for section in page.sections}
    return kinds | {each.place: "figure" for each in page.drawings()}


def _policy(script: str) -> str:
    """What a browser lets the page do: run this script, have its own styles, and load nothing."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; "
        f"style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    )


def _unbroken(text: str) -> Markup:
    """A cell's text, with no place for a line break but before an interval and behind an
    underscore."""
    joined = text.replace(" ", "\N{NO-BREAK SPACE}").replace("\N{NO-BREAK SPACE}(", " (")
    return escape(joined).replace("_", Markup("_<wbr>"))


def _code(text: str) -> Markup:
    """A text with what stands between backticks as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


# As matplotlib defines the outline of a character, once a figure.
_GLYPH = re.compile(r'<path id="([^"]+)"((?: d="[^"]*")?) transform="scale\(0\.015625\)"/>')


def _with_shared_glyphs(drawings: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """The drawings without the outlines of their characters, and these as one drawing of no size:
    otherwise they are a sixth of the page."""
    ids: dict[str, str] = {}  # by outline
    shared = {}
    for name, drawing in drawings.items():
        own = {
            found[1]: ids.setdefault(found[2], f"g{len(ids)}") for found in _GLYPH.finditer(drawing)
        }
        without = _GLYPH.sub("", drawing).replace("<defs></defs>", "")
        for old, new in own.items():
            without = without.replace(f'href="#{old}"', f'href="#{new}"')
        shared[name] = without
    paths = "".join(
        f'<path id="{id_}"{outline} transform="scale(0.015625)"/>' for outline, id_ in ids.items()
    )
    hidden = 'aria-hidden="true" style="position: absolute; width: 0; height: 0"'
    return shared, f"<svg {hidden}><defs>{paths}</defs></svg>" if shared else ""


def _inline(name: str, svg: str, notes: Collection[tuple[str, str]]) -> str:
    """The drawing with a title for each of these marks, that takes the focus as well."""
    drawing = style.inline_svg(name, svg, [mark for mark, _ in notes])
    for mark, text in notes:
        said = escape(text)
        drawing = drawing.replace(
            f'<g id="{name}-{mark}">',
            f'<g id="{name}-{mark}" tabindex="0" role="img" aria-label="{said}" data-note="{said}">'
            f"<title>{said}</title>",
        )
    return drawing
