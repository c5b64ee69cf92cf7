"""Checks that imports of Python files go one way; for C++ see include_graph.py."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

# Of analysis/, from the top down: a module imports those of its own layer, and of the layers below
# it here. A module is of the first layer whose pattern matches it, or a package above it.
ORDER = {
    "cli": r"parzen_study\.(cli|__main__)",
    "gate": r"parzen_study\.gate",
    "report": r"parzen_study\.report",
    "sections, figures and tables of topics":
        r"parzen_study\.topics\.\w+\.(section|(\w+_)?table|(\w+_)?figure)",
    "topics.topic": r"parzen_study\.topics\.topic",
    "page": r"parzen_study\.page",
    "study": r"parzen_study\.study",
    "models of topics": r"parzen_study\.topics",
    "quality": r"parzen_study\.quality",
    "plan": r"parzen_study\.plan",
    "stats": r"parzen_study\.stats",
    "run": r"parzen_study\.run",
    "common": r"parzen_study\.common",
    "parzen_study": r"parzen_study$",
}  # fmt: skip
# What measures knows no figure, but the form of a run, which cases to run next, and what two builds
# that are measured side by side amount to, since that decides what is measured again.
FOR_THE_RUNNER = (
    r"parzen_study\.(common|run|plan|stats\.signed_rank"
    r"|gate\.(verdict|counts|two_builds\w*|layout|selftest\.stored))"
)
# Libraries that draw, and the modules that may: a study holds models, and a table is text.
DRAWING = {"matplotlib", "mpl_toolkits"}
DRAWS = (
    r"parzen_study\.(page|topics\.\w+\.(\w+_)?figure|gate\.((selftest|history)\.)?(\w+_)?figure)"
)

ROOMS = ("kernels", "bench", "analysis")
PACKAGES = {"parzen_study": "analysis", "runner": "bench"}


def matches(pattern: str, module: str) -> bool:
    return re.match(rf"(?:{pattern})(\.|$)", module) is not None


def layer_of(module: str) -> str:
    return next((layer for layer, pattern in ORDER.items() if matches(pattern, module)), "")


@dataclass(frozen=True)
class Source:
    """A Python file; `module` is empty for those of no package, such as tests."""

    file: Path
    module: str

    @property
    def is_test(self) -> bool:
        return "tests" in self.file.parts


@dataclass(frozen=True)
class Import:
    place: str
    module: str


def sources_of(root: Path) -> list[Source]:
    found = sorted(file for room in ROOMS for file in (root / room).rglob("*.py"))
    return [Source(file, module_of(file)) for file in (each.relative_to(root) for each in found)]


def module_of(file: Path) -> str:
    room, *parts = file.with_suffix("").parts
    if not parts or PACKAGES.get(parts[0]) != room:
        return ""
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(root: Path, source: Source, modules: Mapping[str, Source]) -> Iterator[Import]:
    """Wherever in the file: an import in a function, or for types alone, is an arrow as well."""
    for node in ast.walk(ast.parse((root / source.file).read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names = [each.name for each in node.names]
        elif isinstance(node, ast.ImportFrom):
            whole = node.module or ""
            if node.level:
                is_package = source.file.stem == "__init__"
                above = source.module.split(".")
                above = above[: len(above) + is_package - node.level]
                whole = ".".join([*above, *filter(None, [node.module])])
            # What is imported is a module of the package, or a name in its __init__.py.
            names = [
                inner if (inner := f"{whole}.{each.name}") in modules else whole
                for each in node.names
            ]
        else:
            continue
        for name in dict.fromkeys(names):
            yield Import(f"{source.file}:{node.lineno}", name)


def import_faults(source: Source, found: Import, helpers: set[str]) -> Iterator[str]:
    top = found.module.split(".")[0]
    says = f"{found.place}: imports {found.module}"
    if top == "runner" and source.file.parts[0] != "bench":
        yield f"{says}: {source.file.parts[0]}/ knows nothing of bench/: move what both need down"
    if top == "parzen_study" and source.file.parts[0] == "kernels":
        yield f"{says}: kernels/ knows nothing of analysis/"
    if source.is_test:
        return
    if top in helpers and top not in sys.stdlib_module_names:
        yield f"{says}: move what both need out of the tests"
    if top in DRAWING and not matches(DRAWS, source.module):
        yield f"{says}: only parzen_study.page and figures draw"
    if source.file.parts[0] == "bench":
        if top == "parzen_study" and not matches(FOR_THE_RUNNER, found.module):
            yield f"{says}: of parzen_study, bench/ may import common, run, plan and judges"
        return
    above, below = layer_of(source.module), layer_of(found.module)
    if above and below and list(ORDER).index(below) < list(ORDER).index(above):
        yield f"{says}: {below} lies above {above}: move what both need down"


def cycles(arrows: Mapping[str, list[Import]]) -> Iterator[str]:
    """A line a module that imports, over others, itself; the first is named by its place."""
    done: set[str] = set()

    def follow(module: str, path: list[Import]) -> Iterator[str]:
        above = [each.module for each in path]
        if module in above[:-1]:
            loop = path[above.index(module) :]
            names = " -> ".join(each.module for each in loop)
            yield f"{loop[1].place}: imports in a circle: {names}: move what both need down"
        elif module not in done:
            for each in arrows.get(module, []):
                yield from follow(each.module, [*path, each])
            done.add(module)

    for module in arrows:
        yield from follow(module, [Import("", module)])


def faults(root: Path) -> list[str]:
    sources = sources_of(root)
    modules = {source.module: source for source in sources if source.module}
    if not modules:
        return [f"{root}: it has no package of {' and '.join(PACKAGES)}: name a clone's folder"]
    helpers = {source.file.stem for source in sources if source.is_test}
    found: list[str] = []
    arrows: dict[str, list[Import]] = {}
    for source in sources:
        if source.module.startswith("parzen_study") and not layer_of(source.module):
            found.append(f"{source.file}: has no place in ORDER: add it to {Path(__file__).name}")
        for each in imports_of(root, source, modules):
            found += import_faults(source, each, helpers)
            if source.module and each.module in modules:
                arrows.setdefault(source.module, []).append(each)
    return [*found, *cycles(arrows)]
