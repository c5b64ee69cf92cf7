"""The package is laid out as its docstring says: no import runs up, no file grows too long."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import parzen_study
from places import ANALYSIS, TESTS

PACKAGE = ANALYSIS / "parzen_study"
MODELS, VIEWS = "topics (models)", "topics (figures, tables, sections)"
_MOST_FILES, _MOST_LINES, _MOST_LINES_OF_TEST = 20, 320, 400


def order(docstring: str) -> list[str]:
    """The layers, lowest first, from the first paragraph with arrows."""
    paragraph = next(each for each in docstring.split("\n\n") if "->" in each)
    return [each.strip() for each in paragraph.split("->")]


LAYERS = order(parzen_study.__doc__ or "")


def layer(module: str) -> str:
    """Of a module, named without the package: `run.load` is of `run`."""
    first, last = module.split(".")[0], module.split(".")[-1]
    if first != "topics":
        return first
    return VIEWS if last in {"section", "topic"} or last.endswith(("figure", "table")) else MODELS


def imported(source: str, modules: set[str]) -> Iterator[str]:
    """The modules of the package that a source imports, wherever in it."""
    for node in ast.walk(ast.parse(source)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [each.name for each in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{each.name}" for each in node.names]
        for name in names:
            own = name.removeprefix("parzen_study.")
            while own != name and own:
                if own in modules:
                    yield own
                    break
                own = own.rpartition(".")[0]


def imports_up(sources: dict[str, str], layers: list[str]) -> list[str]:
    """Every import of a higher layer, `who imports whom`; and every module of no layer."""
    rank = {name: number for number, name in enumerate(layers)}
    wrong = [f"{module} is in no layer" for module in sources if layer(module) not in rank]
    for module, source in sources.items():
        for other in imported(source, set(sources)):
            if rank.get(layer(other), -1) > rank.get(layer(module), -1):
                wrong.append(f"{module} imports {other}")
    return wrong


def sources() -> dict[str, str]:
    """Every module but for packages' own and `__main__`, with its text."""
    return {
        ".".join(path.relative_to(PACKAGE).with_suffix("").parts): path.read_text(encoding="utf-8")
        for path in PACKAGE.rglob("*.py")
        if not path.name.startswith("__")
    }


def test_no_import_runs_up() -> None:
    assert imports_up(sources(), LAYERS) == []


def test_nothing_imports_what_measures() -> None:
    wrong = re.compile(r"^\s*(from|import) runner\b", re.MULTILINE)
    assert not [path for path in PACKAGE.rglob("*.py") if wrong.search(path.read_text("utf-8"))]


def test_topics_do_not_import_each_other_in_a_circle() -> None:
    found = sources()
    folders: dict[str, set[str]] = {}
    for module, source in found.items():
        for other in imported(source, set(found)):
            one, two = (re.match(r"topics\.(\w+)\.", each) for each in (module, other))
            if one and two and one[1] != two[1]:
                folders.setdefault(one[1], set()).add(two[1])
    assert folders
    TopologicalSorter(folders).prepare()  # raises CycleError with the circle


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from parzen_study.topics.grain.model import lines", []),
        (
            "from parzen_study.topics.grain import section",
            ["run.load imports topics.grain.section"],
        ),
        ("def f():\n    import parzen_study.cli", ["run.load imports cli"]),
        ("if TYPE_CHECKING:\n    from parzen_study import study", ["run.load imports study"]),
    ],
)
def test_an_import_that_runs_up_is_found(source: str, found: list[str]) -> None:
    modules = {"run.load": source, "topics.grain.model": "", "topics.grain.section": ""}
    modules |= {"study": "", "cli": ""}
    layers = [MODELS, "run", "study", VIEWS, "cli"]
    assert imports_up(modules, layers) == found


def test_a_module_of_no_layer_is_found() -> None:
    assert imports_up({"attic.old": ""}, ["run"]) == ["attic.old is in no layer"]


def test_every_layer_has_a_module() -> None:
    assert {layer(module) for module in sources()} == set(LAYERS)


def test_the_command_line_loads_no_library_of_figures() -> None:
    code = (
        "import sys, parzen_study.cli; "
        "heavy = {'pandas', 'numpy', 'scipy', 'matplotlib', 'jinja2', 'jsonschema'}; "
        "print(*heavy & sys.modules.keys())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={"PYTHONPATH": str(ANALYSIS)},
    )  # fmt: skip
    assert done.stdout == "\n"


@pytest.mark.parametrize(("top", "most"), [(PACKAGE, _MOST_LINES), (TESTS, _MOST_LINES_OF_TEST)])
def test_folders_and_files_stay_small(top: Path, most: int) -> None:
    long = [path for path in top.rglob("*.py") if len(path.read_text("utf-8").splitlines()) > most]
    folders = [folder for folder in (top, *top.rglob("*")) if folder.is_dir()]
    full = [each for each in folders if len(list(each.glob("*.py"))) > _MOST_FILES]
    assert (long, full) == ([], [])
