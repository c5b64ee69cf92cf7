"""Prints the translation units that have changed since a commit, as patterns for run-clang-tidy.

    python3 kernels/tests/lint/changed_units.py BUILD COMMIT

BUILD has a compile_commands.json. A unit has changed if its file, or a file that it includes
directly or indirectly, differs from the commit. All units have if build or lint settings have.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from include_graph import INCLUDE, included

# Build and lint settings: a change to one affects every unit. Matches the end of a file name.
OF_ALL = re.compile(
    r"(CMakeLists\.txt|CMakePresets\.json|\.cmake|\.clang-tidy|requirements-lint\.txt|\.in)$"
)


def changed_files(root: Path, commit: str) -> set[Path]:
    """Relative to the root. Raises CalledProcessError if git does not know the commit."""
    commands = (
        ["diff", "--name-only", "-z", commit, "--"],
        ["ls-files", "--others", "--exclude-standard", "-z"],
    )
    printed = (
        subprocess.run(["git", "-C", root, *each], check=True, stdout=subprocess.PIPE).stdout
        for each in commands
    )
    return {Path(name.decode()) for names in printed for name in names.split(b"\0") if name}


def files_of_unit(root: Path, unit: Path) -> set[Path]:
    """The unit and all project files that it includes, relative to the root."""
    found: set[Path] = set()
    waiting = [unit.resolve().relative_to(root)]
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            includes = (
                included(root, file, name) for _, name in INCLUDE.findall((root / file).read_text())
            )
            waiting += [each for each in includes if each]
    return found


def changed_units(root: Path, build: Path, changed: Iterable[Path]) -> list[Path]:
    """Sorted; all units of the build if its settings have changed."""
    changed = set(changed)
    commands = json.loads((build / "compile_commands.json").read_text())
    units = sorted({Path(each["file"]) for each in commands})
    if any(OF_ALL.search(file.name) for file in changed):
        return units
    return [unit for unit in units if not changed.isdisjoint(files_of_unit(root, unit))]


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="changed_units.py", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("build", type=Path)
    parser.add_argument("commit")
    options = parser.parse_args()
    root = Path(__file__).resolve().parents[3]
    try:
        changed = changed_files(root, options.commit)
    except subprocess.CalledProcessError:
        print(
            f"SINCE={options.commit} is not a commit of this clone: give one, or omit SINCE",
            file=sys.stderr,
        )
        return 1
    for unit in changed_units(root, options.build, changed):
        print(f"^{re.escape(str(unit))}$")
    return 0


if __name__ == "__main__":
    sys.exit(main())
