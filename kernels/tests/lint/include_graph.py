"""Checks that C++ includes follow the layers; for Python see import_graph.py."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

# Layers, top first: a file may include its own folder and those below. A folder that is not listed
# belongs to its nearest listed parent. Only tests may include files of tests.
ORDER = (
    "bench/tests",
    "bench",
    "bench/own_loop",
    "bench/programs/parzen",
    "bench/programs",
    "bench/families",
    "bench/cases",
    "bench/machine/usage",
    "bench/machine",
    "bench/command_line",
    "kernels/tests",
    "kernels/parzen/counting",
    "kernels/parzen/random",
    "kernels/parzen",
    "kernels/backends",
    "kernels/loops",
    "kernels/processes",
    "kernels/processes/pool",
    "kernels/processes/workers",
    "kernels/processes/transport",
    "kernels/processes/os",
    "kernels/host",
    "kernels/text",
)
INCLUDE_ROOTS = ("kernels", "bench", "kernels/tests", "bench/tests")
SUFFIXES = (".cpp", ".hpp")

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]', re.MULTILINE)
BACKEND = re.compile(r"^add_backend\((\w+)", re.MULTILINE)


def files_of(root: Path) -> list[Path]:
    """Relative to the root, sorted."""
    found = (file for room in ("kernels", "bench") for file in (root / room).rglob("*.*"))
    return sorted(file.relative_to(root) for file in found)


def folder_of(file: Path) -> str:
    return next((str(above) for above in file.parents if str(above) in ORDER), "")


def is_test(file: Path) -> bool:
    return "tests" in file.parts


def included(root: Path, file: Path, name: str) -> Path | None:
    """The included file, as the compiler finds it."""
    for folder in (file.parent, *map(Path, INCLUDE_ROOTS)):
        path = root / folder / name
        if path.is_file():
            return path.resolve().relative_to(root.resolve())
    return None


def include_faults(root: Path, files: list[Path], generated: set[str]) -> Iterator[str]:
    lists = root / "kernels/backends/CMakeLists.txt"
    backends = set(BACKEND.findall(lists.read_text())) if lists.exists() else set()
    for file in files:
        folder = folder_of(file)
        if not folder:
            yield f"{file}: its folder is in no layer: add it to ORDER in {Path(__file__).name}"
            continue
        text = (root / file).read_text()
        for match in INCLUDE.finditer(text):
            quote, name = match.groups()
            place = f"{file}:{text.count(chr(10), 0, match.start(2)) + 1}"
            target = included(root, file, name)
            if target is None:
                if quote == '"' and name not in generated:
                    yield f'{place}: there is no "{name}": include libraries with <...>'
                continue
            below = folder_of(target)
            if is_test(target) and not is_test(file):
                yield f"{place}: includes {target}: move shared code out of the tests"
            elif not below or ORDER.index(below) < ORDER.index(folder):
                layer = below or target.parent
                yield f"{place}: includes {target}: {layer}/ is a layer above {folder}/"
            elif (
                folder == below == "kernels/backends"
                and target.stem in backends
                and target.stem != file.stem
            ):
                yield f"{place}: includes the backend {target}: move shared code out of it"


def faults(root: Path) -> list[str]:
    all_files = files_of(root)
    files = [file for file in all_files if file.suffix in SUFFIXES]
    if not files:
        return [f"{root} has no sources in kernels/ and bench/: give the folder of a clone"]
    generated = {file.stem for file in all_files if file.suffix == ".in"}
    return list(include_faults(root, files, generated))
