"""Checks that Python imports follow the layers, without cycles; for C++ see include_graph.py."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

# The layers of analysis/, top first: a module may import its own layer and those below. A module
# belongs to the first layer whose pattern matches it or one of its parent packages.
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
# What the runner may import: the format of a run, the plan of which cases to run next, the
# comparison of two builds, which decides what is measured again, and the rate at which clusters are
# simulated. No figures.
FOR_THE_RUNNER = (
    r"parzen_study\.(common|run|plan|stats\.signed_rank"
    r"|topics\.simulated\.(model|rate|stored)"
    r"|gate\.(verdict|counts|two_builds\w*|layout|selftest\.stored))"
)
# Plotting libraries, and the modules that may import them.
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
    """A Python file; `module` is empty for files outside of packages, such as tests."""

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
    """All imports of the file, also those in functions and those for type checking only."""
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
            # Each name is a module of the package, or a name in its __init__.py.
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
        room = source.file.parts[0]
        yield f"{says}: {room}/ must not import bench/: move shared code to a lower layer"
    if top == "parzen_study" and source.file.parts[0] == "kernels":
        yield f"{says}: kernels/ must not import analysis/: move shared code to a lower layer"
    if source.is_test:
        return
    if top in helpers and top not in sys.stdlib_module_names:
        yield f"{says}: move shared code out of the tests"
    if top in DRAWING and not matches(DRAWS, source.module):
        yield f"{says}: only parzen_study.page and figures may plot"
    if source.file.parts[0] == "bench":
        if top == "parzen_study" and not matches(FOR_THE_RUNNER, found.module):
            yield f"{says}: bench/ may import of it only what FOR_THE_RUNNER allows"
        return
    above, below = layer_of(source.module), layer_of(found.module)
    if above and below and list(ORDER).index(below) < list(ORDER).index(above):
        yield f"{says}: {below} is a layer above {above}: move shared code to a lower layer"


def cycles(arrows: Mapping[str, list[Import]]) -> Iterator[str]:
    """One line for each import cycle, with the place of its first import."""
    done: set[str] = set()

    def follow(module: str, path: list[Import]) -> Iterator[str]:
        above = [each.module for each in path]
        if module in above[:-1]:
            loop = path[above.index(module) :]
            names = " -> ".join(each.module for each in loop)
            yield f"{loop[1].place}: import cycle {names}: move shared code to a lower layer"
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
        return [f"{root} has no package {' or '.join(PACKAGES)}: give the folder of a clone"]
    helpers = {source.file.stem for source in sources if source.is_test}
    found: list[str] = []
    arrows: dict[str, list[Import]] = {}
    for source in sources:
        if source.module.startswith("parzen_study") and not layer_of(source.module):
            found.append(f"{source.file}: is in no layer: add it to ORDER in {Path(__file__).name}")
        for each in imports_of(root, source, modules):
            found += import_faults(source, each, helpers)
            if source.module and each.module in modules:
                arrows.setdefault(source.module, []).append(each)
    return [*found, *cycles(arrows)]
