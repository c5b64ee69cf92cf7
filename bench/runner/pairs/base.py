"""Builds parzen_bench of another commit of this repository, with this build's options: once each.

    build/gate/<commit>-<toolchain>/parzen_bench     kept for later comparisons
    build/gate/<commit>-<toolchain>/build.log        the output of configuring and building

The sources are a work tree of git. It and the build folder exist only during the build.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from parzen_study.common.limits import how_to_raise
from parzen_study.common.shown import MOST_OF_A_LINE, quoted, shown, shown_name
from runner.lock import locked
from runner.pairs.processes import require_processes
from runner.process import SignalWatch, supervise
from runner.run import RunError

# Variables of CMake's cache that two builds must share for a comparison of times.
_SAME: Final = ("CMAKE_BUILD_TYPE", "CMAKE_CXX_COMPILER", "CMAKE_CXX_FLAGS", "CMAKE_UNITY_BUILD")
_LAST_LINES: Final = 15
INVALID: Final = 12  # the status if there is nothing to compare

Write = Callable[[str], object]


class Base:
    """A commit of the repository in `root`. Raises RunError if there is no such commit."""

    def __init__(self, root: Path, revision: str) -> None:
        self._root = root
        _require_repository(root)
        self.commit = _resolved(root, revision) if revision else _default(root)

    def parzen_bench(self, watch: SignalWatch) -> Path:
        """The program; builds it unless an earlier call did.

        Raises RunError if it does not build, and InterruptionError.
        """
        try:
            return self._built(watch)
        except OSError as error:
            raise self._folder_error(error) from error

    def _built(self, watch: SignalWatch) -> Path:
        options = self._options()
        toolchain = hashlib.sha256("\0".join(options).encode()).hexdigest()[:8]
        folder = self._root / "build" / "gate" / f"{self.commit[:16]}-{toolchain}"
        program = folder / "parzen_bench"
        if not program.is_file():
            try:
                require_processes()
            except OSError as error:
                raise RunError(f"the base: {error.strerror}", status=INVALID) from error
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder / ".lock", folder, "wait until it ends: it builds the same base"):
            if not program.is_file():
                built, log = folder / "build", folder / "build.log"
                with (
                    _removed_afterwards(built),
                    self._work_tree(folder / "source", watch) as source,
                ):
                    # Line buffered, so that a full disk is an error of writing, not of closing.
                    with open(log, "w", encoding="utf-8", buffering=1) as lines:
                        for command in (
                            ["cmake", "-S", source, "-B", built, "-G", "Ninja", *options],
                            ["cmake", "--build", built, "--target", "parzen_bench"],
                        ):
                            self._run([str(each) for each in command], lines.write, watch, log)
                    made = built / "bench" / "parzen_bench"
                    if not made.is_file():
                        raise RunError(
                            f"base {self.commit[:12]} has no bench/parzen_bench; choose another "
                            "commit: BASE=commit",
                            status=INVALID,
                        )
                    made.replace(program)
        return program

    def _folder_error(self, error: OSError) -> RunError:
        remedy = how_to_raise(error) or (
            f"free disk space for {shown_name(self._root / 'build')}, or make it writable"
        )
        return RunError(
            f"base {self.commit[:12]} cannot be built: {shown(str(error), MOST_OF_A_LINE)}; "
            f"{remedy}",
            status=INVALID,
        )

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
    def _work_tree(self, folder: Path, watch: SignalWatch) -> Iterator[Path]:
        def remove() -> None:
            # Forced twice: git locks a work tree until it is complete.
            _git(self._root, "worktree", "remove", "--force", "--force", str(folder))
            shutil.rmtree(folder, ignore_errors=True)
            _git(self._root, "worktree", "prune")

        remove()  # left over from a killed build
        try:
            # It may take long, if git fetches objects that a partial clone lacks. So it must end
            # with this program. The user's hooks must not run for this work tree.
            add = ["worktree", "add", "--quiet", "--detach", str(folder), self.commit]
            unset = [f"--unset={name}" for name in sorted(os.environ.keys() - _environment())]
            git = ["git", "-C", str(self._root), "-c", "core.hooksPath=/dev/null", *add]
            ended = supervise(
                ["env", *unset, "GIT_TERMINAL_PROMPT=0", *git], watch, lambda _line: None
            )
            if ended.status != 0:
                said = shown(" ".join(ended.error_lines) or ended.what(), MOST_OF_A_LINE)
                raise RunError(
                    f"git worktree failed: {said}; the sources of a base need space in "
                    f"{shown_name(self._root / 'build')}",
                    status=INVALID,
                )
            yield folder
        finally:
            remove()

    def _run(self, command: Sequence[str], write: Write, watch: SignalWatch, log: Path) -> None:
        lines: list[str] = []

        def keep(line: str) -> None:
            lines.append(line)
            del lines[:-_LAST_LINES]
            try:
                write(f"{line}\n")
            except OSError as error:
                error.filename = str(log)
                raise self._folder_error(error) from error

        try:
            ended = supervise(command, watch, keep)
        except OSError as error:
            raise RunError(
                f"{command[0]} cannot be started: {error.strerror}; "
                f"{how_to_raise(error) or 'run: make setup'}",
                status=INVALID,
            ) from error
        if ended.status != 0:
            last = [shown(line, 200) for line in [*lines, *ended.error_lines]][-_LAST_LINES:]
            raise RunError(
                "\n".join(
                    [
                        f"base {self.commit[:12]} does not build: {command[0]} "
                        f"{ended.what()}; "
                        f"choose another commit: BASE=commit, or fix this error, the end "
                        f"of {shown_name(log)}:",
                        *last,
                    ]
                ),
                status=INVALID,
            )


def _resolved(root: Path, revision: str) -> str:
    done = _git(
        root, "rev-parse", "--quiet", "--verify", "--end-of-options", f"{revision}^{{commit}}",
    )  # fmt: skip
    if done.returncode != 0:
        raise RunError(
            f"BASE={quoted(revision)} is not a commit of this repository; name one, such as "
            "BASE=HEAD~1 (a shallow clone has few: git fetch --unshallow)",
            status=INVALID,
        )
    return done.stdout.strip()


def _default(root: Path) -> str:
    """The commit where this branch left main; on main, the commit before."""
    head = _resolved(root, "HEAD")
    for main in ("origin/main", "main"):
        done = _git(root, "merge-base", "HEAD", main)
        if done.returncode == 0 and done.stdout.strip() != head:
            return done.stdout.strip()
    try:
        return _resolved(root, "HEAD~1")
    except RunError:
        raise RunError(
            "this commit has no parent to compare with; name a commit: BASE=commit (a shallow "
            "clone has few: git fetch --unshallow)",
            status=INVALID,
        ) from None


def _require_repository(root: Path) -> None:
    done = _git(root, "rev-parse", "--show-prefix")
    if done.returncode == 0 and not done.stdout.strip():
        return
    if "safe.directory" in done.stderr:  # git prints this in every language
        folder = shlex.quote(str(root))
        raise RunError(
            "git does not trust a repository of another user, as in a container that mounts one; "
            f"run: git config --global --add safe.directory {folder}",
            status=INVALID,
        )
    said = " ".join(done.stderr.split()) or "it is inside another repository"
    raise RunError(
        f"{shown_name(root)} is not a usable git repository: {shown(said, MOST_OF_A_LINE)}; "
        "without one, name a parzen_bench instead of BASE: gate.py --old BINARY",
        status=INVALID,
    )


def _environment() -> dict[str, str]:
    """Without the variables by which git passes its repository to hooks."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or name.startswith("GIT_CONFIG_")
    }


@contextlib.contextmanager
def _removed_afterwards(folder: Path) -> Iterator[None]:
    shutil.rmtree(folder, ignore_errors=True)  # left over from a killed build
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _git(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            ["git", "-C", str(root), *arguments], env=_environment(), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, errors="replace", check=False,
        )  # fmt: skip
    except OSError as error:
        raise RunError(
            f"git cannot be started: {error.strerror}; {how_to_raise(error) or 'install git'}",
            status=INVALID,
        ) from error
