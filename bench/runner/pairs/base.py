"""Builds parzen_bench of another revision of this repository, as this one is built: once each.

    build/gate/<commit>-<toolchain>/parzen_bench     kept, for later comparisons
    build/gate/<commit>-<toolchain>/build.log        what configuring and building printed

The sources are a work tree of git's, which is there only while they are built.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from parzen_study.common.shown import quoted, shown
from runner.lock import locked
from runner.process import SignalWatch, supervise
from runner.run import RunError

# Of CMake's cache: what two builds must have in common for their times to be compared.
_SAME: Final = ("CMAKE_BUILD_TYPE", "CMAKE_CXX_COMPILER", "CMAKE_CXX_FLAGS", "CMAKE_UNITY_BUILD")
_LAST_LINES: Final = 15
INVALID: Final = 12  # the status of what cannot be compared


class Base:
    """A commit of the repository that holds `root`. Raises RunError where there is no such one."""

    def __init__(self, root: Path, revision: str) -> None:
        self._root = root
        self.commit = _resolved(root, revision) if revision else _default(root)

    def parzen_bench(self, watch: SignalWatch) -> Path:
        """The program, built now unless an earlier call did.

        Raises RunError if it does not build, and InterruptionError.
        """
        options = self._options()
        toolchain = hashlib.sha256("\0".join(options).encode()).hexdigest()[:8]
        folder = self._root / "build" / "gate" / f"{self.commit[:16]}-{toolchain}"
        program = folder / "parzen_bench"
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder / ".lock", folder):
            if not program.is_file():
                with self._work_tree(folder / "source") as source:
                    built = folder / "build"
                    log = folder / "build.log"
                    with open(log, "w", encoding="utf-8") as lines:
                        for command in (
                            ["cmake", "-S", source, "-B", built, "-G", "Ninja", *options],
                            ["cmake", "--build", built, "--target", "parzen_bench"],
                        ):
                            self._run([str(each) for each in command], lines.write, watch, log)
                    made = built / "bench" / "parzen_bench"
                    if not made.is_file():
                        raise RunError(
                            f"base {self.commit[:12]} builds no bench/parzen_bench; choose a "
                            "commit that has it: BASE=commit",
                            status=INVALID,
                        )
                    made.replace(program)
                    shutil.rmtree(built, ignore_errors=True)
        return program

    def _options(self) -> list[str]:
        cache = self._root / "build" / "CMakeCache.txt"
        try:
            lines = cache.read_text("utf-8").splitlines()
        except OSError:
            raise RunError(
                "this build is not configured; run: make build", status=INVALID
            ) from None
        found = {}
        for line in lines:
            name, _, value = line.partition("=")
            found[name.partition(":")[0]] = value
        return [f"-D{name}={found[name]}" for name in _SAME if found.get(name)]

    @contextlib.contextmanager
    def _work_tree(self, folder: Path) -> Iterator[Path]:
        def remove() -> None:
            _git(self._root, "worktree", "remove", "--force", str(folder), check=False)
            shutil.rmtree(folder, ignore_errors=True)
            _git(self._root, "worktree", "prune", check=False)

        remove()  # what a killed build left
        _git(self._root, "worktree", "add", "--quiet", "--detach", str(folder), self.commit)
        try:
            yield folder
        finally:
            remove()

    def _run(self, command: Sequence[str], write: object, watch: SignalWatch, log: Path) -> None:
        lines: list[str] = []

        def keep(line: str) -> None:
            lines.append(line)
            del lines[:-_LAST_LINES]
            write(f"{line}\n")  # type: ignore[operator]

        try:
            ended = supervise(command, watch, keep)
        except OSError as error:
            raise RunError(
                f"{command[0]} cannot be started: {error.strerror}; run: make setup", status=INVALID
            ) from error
        if ended.status != 0:
            last = [shown(line, 200) for line in [*lines, *ended.error_lines]][-_LAST_LINES:]
            raise RunError(
                "\n".join(
                    [
                        f"base {self.commit[:12]} does not build: {command[0]} {ended.what()}; "
                        f"choose another commit: BASE=commit. The end of {log}:",
                        *last,
                    ]
                ),
                status=INVALID,
            )


def _resolved(root: Path, revision: str) -> str:
    done = _git(
        root, "rev-parse", "--quiet", "--verify", "--end-of-options", f"{revision}^{{commit}}",
        check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise RunError(
            f"BASE={quoted(revision)} is no commit of this repository; name one, such as "
            "BASE=HEAD~1 (a shallow clone has few: git fetch --unshallow)",
            status=INVALID,
        )
    return done.stdout.strip()


def _default(root: Path) -> str:
    """Where this branch left the main one; on that itself, the commit before."""
    head = _resolved(root, "HEAD")
    for main in ("origin/main", "main"):
        done = _git(root, "merge-base", "HEAD", main, check=False)
        if done.returncode == 0 and done.stdout.strip() != head:
            return done.stdout.strip()
    try:
        return _resolved(root, "HEAD~1")
    except RunError:
        raise RunError(
            "there is no commit before this one to compare with; name one: BASE=commit",
            status=INVALID,
        ) from None


def _git(root: Path, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments], env=environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, errors="replace", check=False,
        )  # fmt: skip
    except OSError as error:
        raise RunError(
            f"git cannot be started: {error.strerror}; install git", status=INVALID
        ) from error
    if check and done.returncode != 0:
        said = shown((done.stderr.strip() or "nothing said").splitlines()[-1], 200)
        raise RunError(f"git {arguments[0]} failed: {said}", status=INVALID)
    return done
