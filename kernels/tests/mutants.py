#!/usr/bin/env python3
"""Mutation tests: applies each mutant of mutants.toml and checks that its tests fail.

Builds a copy of the sources once. For each mutant it replaces the text, rebuilds the program
incrementally and runs the mutant's tests. These must fail, crash or hang; of a list of filters,
each one by itself. Status 1 if a mutant survives or does not build, if its text is not in the
sources exactly once, if a filter matches no test, or if a fault test has no mutant.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TABLE = Path(__file__).with_name("mutants.toml")
FAULTS = Path(__file__).with_name("faults")
TESTS = (Path(__file__).parent, ROOT / "bench" / "tests")
SOURCES = ("CMakeLists.txt", "bench", "kernels")
# Builds quickly, but optimised. Without assertions: a failed assertion is not a failed test.
OPTIONS = ("-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_CXX_FLAGS_RELEASE=-O1 -DNDEBUG")
PATIENCE_S = 20
PR_SET_CHILD_SUBREAPER = 36
ADDR_NO_RANDOMIZE = 0x0040000


@dataclass(frozen=True)
class Mutant:
    name: str
    file: str  # in kernels/
    old: str
    new: str
    program: str
    tests: str | list[str]  # for --gtest_filter; each filter of a list must have a failure

    def filters(self) -> list[str]:
        return [self.tests] if isinstance(self.tests, str) else self.tests


def update(source: Path, copy: Path) -> None:
    """Copies files that differ, so that an existing build is incremental."""
    if source.is_dir():
        for entry in source.iterdir():
            update(entry, copy / entry.name)
    elif not copy.exists() or copy.read_bytes() != source.read_bytes():
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, copy)


class Tree:
    """A copy of the sources and its build."""

    def __init__(self, folder: Path) -> None:
        self.sources = folder / "sources"
        self.build_folder = folder / "build"
        for name in SOURCES:
            update(ROOT / name, self.sources / name)
        command = [
            "cmake",
            "-S",
            str(self.sources),
            "-B",
            str(self.build_folder),
            "-G",
            "Ninja",
            *OPTIONS,
        ]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    def builds(self, *programs: str) -> bool:
        command = ["cmake", "--build", str(self.build_folder), "--target", *programs]
        built = subprocess.run(command, capture_output=True, text=True, check=False)
        if built.returncode != 0:
            print(built.stdout[-3000:])
        return built.returncode == 0

    def passes(self, program: str, tests: str) -> bool:
        """Whether the tests run and succeed within PATIENCE_S."""
        (path,) = self.build_folder.glob(f"**/{program}")
        command = [str(path), f"--gtest_filter={tests}", "--gtest_brief=1"]
        log = self.build_folder / "tests.log"
        with log.open("w") as output:
            running = subprocess.Popen(
                command, stdout=output, stderr=output, start_new_session=True
            )
            try:
                status = running.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                status = 1
            finally:
                end_all_children()
        if " 0 tests from" in log.read_text(errors="replace"):
            raise SystemExit(f"mutants: {program} has no test {tests}: correct the filter")
        return status == 0


def children() -> list[int]:
    """The child processes, with orphaned descendants: this process is a subreaper."""
    own = f"PPid:\t{os.getpid()}\n"
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        with contextlib.suppress(OSError):
            if own in status.read_text():
                found.append(int(status.parent.name))
    return found


def end_all_children() -> None:
    """Kills what a mutant has left running."""
    while left := children():
        for child in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(child, 0)


def judge(tree: Tree, mutant: Mutant) -> str:
    """The mutant's outcome: "killed", or what is wrong."""
    path = tree.sources / "kernels" / mutant.file
    original = path.read_text()
    path.write_text(original.replace(mutant.old, mutant.new))
    try:
        if not tree.builds(mutant.program):
            return "DOES NOT BUILD"
        unmoved = [tests for tests in mutant.filters() if tree.passes(mutant.program, tests)]
        return "SURVIVED " + " ".join(unmoved) if unmoved else "killed"
    finally:
        path.write_text(original)


def require_texts(mutants: list[Mutant]) -> None:
    """Each mutant's text must be in its file exactly once: otherwise it does not apply."""
    stale = [
        f"{times} times in {mutant.file}: {mutant.name}"
        for mutant in mutants
        if (times := (ROOT / "kernels" / mutant.file).read_text().count(mutant.old)) != 1
    ]
    if stale:
        raise SystemExit(
            "mutants: update these, whose text is not in the file exactly once:\n"
            + "\n".join(stale)
        )


def tests_in(*folders: Path) -> set[str]:
    """Suite.Name of every test, from the sources."""
    written = re.compile(r"^TEST(?:_[FP])?\((\w+),\s*(\w+)\)", re.MULTILINE)
    files = [file for folder in folders for file in folder.rglob("*.cpp")]
    return {".".join(names) for file in files for names in written.findall(file.read_text())}


def require_tests(mutants: list[Mutant]) -> None:
    """A filter without a test finds nothing. A pattern is `Prefix/Suite.Name/Parameter`, of which
    only `Suite.Name` is checked here: the rest is known to the program alone."""
    written = tests_in(*TESTS)
    unmatched = [
        f"{pattern}: {mutant.name}"
        for mutant in mutants
        for filter_ in mutant.filters()
        for pattern in filter_.split(":")
        for name in [part for part in pattern.split("/") if "." in part]
        if not any(fnmatchcase(test, name) for test in written)
    ]
    if unmatched:
        raise SystemExit(
            "mutants: correct these filters, which match no test:\n" + "\n".join(unmatched)
        )


def require_fault_tests(mutants: list[Mutant]) -> None:
    """A fault test without a mutant may be unable to fail."""
    named = {
        pattern.partition("/")[0]
        for mutant in mutants
        if mutant.program == "faults_test"
        for filter_ in mutant.filters()
        for pattern in filter_.split(":")
    }
    unnamed = sorted(
        test
        for test in tests_in(FAULTS)
        if not any(fnmatchcase(test, pattern) for pattern in named)
    )
    if unnamed:
        raise SystemExit(
            "mutants: add a mutant for each of these fault tests:\n" + "\n".join(unnamed)
        )


def require_baseline(tree: Tree, mutants: list[Mutant]) -> None:
    """All tests must pass without a mutant."""
    tests = {(mutant.program, filter_) for mutant in mutants for filter_ in mutant.filters()}
    if not tree.builds(*sorted({program for program, _ in tests})):
        raise SystemExit("mutants: the sources do not build without a mutant: fix them first")
    for program, filter_ in sorted(tests):
        if not tree.passes(program, filter_):
            print((tree.build_folder / "tests.log").read_text(errors="replace")[-3000:])
            raise SystemExit(f"mutants: {program} fails without a mutant: {filter_}")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "--only", default="", help="only mutants with this text in their name or file"
    )
    parser.add_argument("--build", type=Path, help="a folder in which to keep the build")
    parser.add_argument(
        "--check",
        action="store_true",
        help="check only that texts and tests are there, and that each fault test has a mutant",
    )
    arguments = parser.parse_args()
    table = tomllib.loads(TABLE.read_text())["mutant"]
    mutants = [Mutant(**entry) for entry in table]
    require_fault_tests(mutants)
    require_tests(mutants)
    mutants = [m for m in mutants if arguments.only in m.name or arguments.only in m.file]
    require_texts(mutants)
    if arguments.check:
        return 0
    mutants.sort(key=lambda mutant: (mutant.program, mutant.file))  # so that little is rebuilt
    if ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise SystemExit("mutants: prctl(PR_SET_CHILD_SUBREAPER) failed")
    # ThreadSanitizer's runtime may not start otherwise (Makefile, test-threads). The call may fail.
    ctypes.CDLL(None).personality(ADDR_NO_RANDOMIZE)
    failed = 0
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        tree = Tree(arguments.build or Path(folder))
        require_baseline(tree, mutants)
        for mutant in mutants:
            begin = time.monotonic()
            outcome = judge(tree, mutant)
            failed += outcome != "killed"
            seconds = time.monotonic() - begin
            print(f"{outcome:8} {seconds:5.1f} s  {mutant.file}: {mutant.name}", flush=True)
    print(f"{len(mutants) - failed} of {len(mutants)} mutants were killed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
