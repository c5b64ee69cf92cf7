"""Stores a run while it is measured, and replaces the last run with it.

A finished round is never deleted. A run is stored next to the folder that it will replace, and
takes its place by two renames:

    results/latest/         the last run
    results/.latest-lock    locked by the run in progress
    results/.latest-7/      that run; or one that was killed or could not take its place
    results/.latest-7-old/  the last run, between the two renames

A folder that cannot be renamed is filled instead. That is a mount point, such as a container's
volume, or a folder whose parent is not writable. The run is then stored inside it, and its entries
replace the old ones.

    results/latest/.run-lock, .run-7/, .run-7-old/

Both ways are tried before the first round, by the same renames. Other files of the folder stay,
such as notes, or the rounds of a killed run inside it.
"""

import contextlib
import itertools
import json
import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from parzen_study.common.limits import how_to_raise
from parzen_study.common.output import rename_all, reverse
from parzen_study.common.regular_file import read_regular
from runner.lock import locked
from runner.progress import say
from runner.run import ANOTHER_FOLDER, Document, RunError, write_json

RUN: Final = "run.json"
DEFAULT: Final = Path("results/latest")  # as in the Makefile
_INSIDE: Final = ".run-"
_OF_THE_FILE_SYSTEM: Final = "lost+found"
# The files of a run, its report and its comparison, and of a report that was killed.
_OF_A_RUN: Final = re.compile(
    r"run\.json|rounds|report\.(html|md|json)|(advice|simulated)\.json|figures|tables|side_by_side"
    r"|verdict\.json|\.staging-.*"
)

_ROUND: Final = re.compile(r"round-.*\.json")


@dataclass
class Staged:
    """A folder for a run; complete() moves it to its place."""

    folder: Path
    site: "_Site"
    kept: bool = False  # since it could not be moved

    def complete(self, run: Document) -> None:
        """Writes run.json and replaces the output.

        Raises RunError if either fails, with the place of the rounds and the next step.
        """
        self.kept = True
        try:
            self.folder.mkdir(parents=True, exist_ok=True)  # in case it was removed
            write_json(self.folder / RUN, run)
        except OSError as error:
            remedy = how_to_raise(error) or "free disk space"
            raise RunError(
                f"{error}; the rounds are kept in {self.folder / 'rounds'}: {remedy}, then "
                "measure again, which first makes a run of them"
            ) from error
        try:
            _require_replaceable(self.site.output)
            self.site.replace(self.folder)
        except (OSError, RunError) as error:
            raise RunError(
                f"{self.site.output} could not be replaced ({error}); the run is kept: "
                f"`{report_on(self.folder)}` uses it"
            ) from error
        self.kept = False


@contextlib.contextmanager
def staged(output: Path) -> Iterator[Staged]:
    """Makes an empty folder for a run that will replace the output. No other run can use it
    meanwhile.

    Removes it at the end, unless it has finished rounds. Makes runs of the rounds of killed
    runs, and prints their folders. Raises RunError if the output must not or cannot be replaced,
    or another run is writing it, and OSError if the folder cannot be made.
    """
    output = Path(os.path.realpath(output))  # follows symbolic links
    _require_replaceable(output)
    output.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        try:
            stage = stack.enter_context(_Site(output, output.parent, f".{output.name}-").staged())
        except OSError as outside:
            if not output.is_dir():
                raise
            try:
                stage = stack.enter_context(_Site(output, output, _INSIDE).staged())
            except OSError as inside:
                remedy = how_to_raise(inside) or f"make it writable, or {ANOTHER_FOLDER}"
                raise RunError(
                    f"{output} can be neither replaced ({outside}) nor filled ({inside}); {remedy}"
                ) from inside
        yield stage


@dataclass(frozen=True)
class _Site:
    """Stores runs before they replace the output: as entries of `folder`. Their names are `prefix`
    and "lock", a number, or a number and "-old"."""

    output: Path
    folder: Path
    prefix: str

    @contextlib.contextmanager
    def staged(self) -> Iterator[Staged]:
        """Makes an empty folder here; raises OSError if it could not replace the output later."""
        with locked(self.folder / f"{self.prefix}lock", self.output) as alone:
            if alone:  # so every other entry here belongs to a run that has ended
                self._tidy()
            stage = Staged(self._new_folder(), self)
            try:
                self._try_to_replace(stage.folder)
                yield stage
            finally:
                # A folder that cannot be read, for instance without descriptors, may have finished
                # rounds.
                with contextlib.suppress(OSError):
                    if not (stage.kept or _finished_rounds(stage.folder)):
                        shutil.rmtree(stage.folder, ignore_errors=True)
                        _old(stage.folder).rmdir()  # works only if it is empty

    def replace(self, folder: Path) -> None:
        """Moves a finished run to the output, or changes nothing.

        If entries are replaced, run.json comes last: readers find the old run or the new one.
        """
        old = _old(folder)
        if self._inside:
            old.mkdir()
            taken = [(entry, old / entry.name) for entry in self._entries() if entry.name != RUN]
            new = sorted(folder.iterdir(), key=lambda entry: entry.name == RUN)
            rename_all([*taken, *((entry, self.output / entry.name) for entry in new)])
        else:
            rename_all(self._swap(folder, old))
        self._remove_last(old)

    def _try_to_replace(self, folder: Path) -> None:
        old = _old(folder)
        if self._inside:
            old.mkdir()
            moves = [(entry, old / entry.name) for entry in self._entries()]
        else:
            moves = self._swap(folder, old)
        rename_all(moves)
        rename_all(reverse(moves))
        if self._inside:
            old.rmdir()

    @property
    def _inside(self) -> bool:
        return self.folder == self.output

    def _swap(self, folder: Path, old: Path) -> list[tuple[Path, Path]]:
        last = [(self.output, old)] if self.output.exists() else []
        return [*last, (folder, self.output)]

    def _entries(self) -> list[Path]:
        """The output's entries of a run, run.json first: without it, the others are not a run."""
        entries = [entry for entry in self.output.iterdir() if _is_of_a_run(entry)]
        return sorted(entries, key=lambda entry: entry.name != RUN)

    def _new_folder(self) -> Path:
        # In containers a process number can repeat from run to run.
        numbered = (self.folder / f"{self.prefix}{n}" for n in itertools.count(os.getpid()))
        folder = next(each for each in numbered if not (each.exists() or _old(each).exists()))
        folder.mkdir()
        return folder

    def _tidy(self) -> None:
        pattern = re.compile(re.escape(self.prefix) + r"\d+(-old)?")
        for folder in sorted(self.folder.iterdir()):
            match = pattern.fullmatch(folder.name)
            if not match or not folder.is_dir():
                continue
            if match[1]:
                self._restore(folder)
            else:
                _recover(folder)

    def _restore(self, old: Path) -> None:
        """Moves the last run back if a run was killed between the renames."""
        if not (self.output / RUN).exists():
            if self._inside:
                rename_all([(entry, self.output / entry.name) for entry in old.iterdir()])
            else:
                old.rename(self.output)
        self._remove_last(old)

    def _remove_last(self, old: Path) -> None:
        """Removes the last run, after moving other files back to the output."""
        try:
            for entry in list(old.iterdir()) if old.is_dir() else []:
                if not _is_of_a_run(entry):
                    entry.rename(self.output / entry.name)
        except OSError as error:
            say(sys.stderr, f"{old} is kept: cannot move other files out of it: {error}")
            return
        _remove(old)


def _recover(folder: Path) -> None:
    """Makes a run of a killed run's rounds and prints its folder; removes a folder
    without rounds."""
    try:
        rounds = _finished_rounds(folder)
    except OSError as error:
        say(sys.stderr, f"{folder} is kept: it cannot be read: {error}")
        return
    try:
        run = json.loads(read_regular(folder / RUN))
        if run["rounds"]:
            return  # its run.json exists, and was reported then
        if rounds:
            documents = [json.loads(read_regular(file)) for file in rounds]
            write_json(folder / RUN, {**run, "rounds": documents})
    except (OSError, ValueError, LookupError, TypeError) as error:
        if rounds:
            say(sys.stderr, f"{folder}: cannot make a run of its rounds: {error!r}")
            return
    if not rounds:
        _remove(folder)
        return
    found = f"{folder}: {len(rounds)} rounds of a run that was killed"
    say(sys.stderr, f"{found}; `{report_on(folder)}` uses them")


def _finished_rounds(folder: Path) -> list[Path]:
    """Raises OSError if they cannot be listed; Path.glob would return an empty list."""
    try:
        names = os.listdir(folder / "rounds")
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [folder / "rounds" / name for name in sorted(names) if _ROUND.fullmatch(name)]


def report_on(folder: Path) -> str:
    """The command that makes a report of the run in that folder."""
    if folder == DEFAULT:
        return "make report"
    return f"make report RESULTS={shlex.quote(str(folder))}"


def _require_replaceable(output: Path) -> None:
    """Raises RunError unless the output is the folder of a run, empty, or missing."""
    if not output.exists():
        return
    if not output.is_dir() or not (
        (output / RUN).exists()
        or any(output.glob(f"{_INSIDE}*"))  # of a run that was killed while replacing the last one
        or all(_is_ours(entry) for entry in output.iterdir())
    ):
        raise RunError(
            f"refusing to replace {output}: it is not a results folder (it has no {RUN}); "
            f"{ANOTHER_FOLDER}",
            status=2,
        )


def _is_ours(entry: Path) -> bool:
    """Whether a run stored it during measurement, or every file system has it."""
    return entry.name.startswith(_INSIDE) or entry.name == _OF_THE_FILE_SYSTEM


def _is_of_a_run(entry: Path) -> bool:
    return _OF_A_RUN.fullmatch(entry.name) is not None


def _old(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}-old")


def _remove(folder: Path) -> None:
    """Removes what no run needs; a failure is only logged."""
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        pass
    except OSError as error:
        say(sys.stderr, f"{folder} could not be removed: {error}")
