"""Where a run is stored while it is measured, and how it replaces the last one.

A finished round is never deleted. A run is stored next to the folder that it is to replace, and
takes its place by two renames:

    results/latest/         the last run
    results/.latest-lock    held by the run that is being measured
    results/.latest-7/      that run; or what a run left that was killed or could not take its place
    results/.latest-7-old/  the last run, between the two renames

A folder that cannot be renamed (a mount point, such as a container's volume, or one whose parent is
not writable) is filled instead: a run is stored inside it, and its entries replace the old ones.

    results/latest/.run-lock, .run-7/, .run-7-old/

Which of the two is possible is tried before the first round, by the same renames. Whatever else the
folder holds, such as notes, or the rounds of a run that was killed inside it, stays there.
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
DEFAULT: Final = Path("results/latest")  # of the Makefile
_INSIDE: Final = ".run-"
_OF_THE_FILE_SYSTEM: Final = "lost+found"
# What a run, its report and its comparison consist of, and what a report that was killed leaves.
_OF_A_RUN: Final = re.compile(
    r"run\.json|rounds|report\.(html|md|json)|advice\.json|figures|tables|side_by_side"
    r"|verdict\.json|\.staging-.*"
)

_ROUND: Final = re.compile(r"round-.*\.json")


@dataclass
class Staged:
    """A folder for a run that has yet to take its place, which it does by complete()."""

    folder: Path
    site: "_Site"
    kept: bool = False  # since it could not

    def complete(self, run: Document) -> None:
        """Writes run.json and replaces the output.

        Raises RunError if either fails; it says where the rounds are and how to go on.
        """
        self.kept = True
        try:
            self.folder.mkdir(parents=True, exist_ok=True)  # should somebody have removed it
            write_json(self.folder / RUN, run)
        except OSError as error:
            remedy = how_to_raise(error) or "make room"
            raise RunError(
                f"{error}; the rounds are kept in {self.folder / 'rounds'}: {remedy}, then "
                "measure again, which makes a run of them first"
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
    """An empty folder for a run that is to replace the output, which no other run does meanwhile.

    Removes it at the end, unless it holds finished rounds. Makes runs of the rounds that killed
    runs left, and says where they are. Raises RunError if the output must not be replaced, cannot
    be replaced, or is being written by another run, and OSError if it cannot be made.
    """
    output = Path(os.path.realpath(output))  # behind a symbolic link, the folder itself is replaced
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
    """Where runs are stored before they replace the output: entries of `folder`, whose names are
    `prefix` and "lock", a number, or a number and "-old"."""

    output: Path
    folder: Path
    prefix: str

    @contextlib.contextmanager
    def staged(self) -> Iterator[Staged]:
        """An empty folder here; raises OSError if it could not replace the output later."""
        with locked(self.folder / f"{self.prefix}lock", self.output) as alone:
            if alone:  # so whatever else is here belongs to no run that is still alive
                self._tidy()
            stage = Staged(self._new_folder(), self)
            try:
                self._try_to_replace(stage.folder)
                yield stage
            finally:
                # What cannot be looked at, as without a descriptor, may hold finished rounds.
                with contextlib.suppress(OSError):
                    if not (stage.kept or _finished_rounds(stage.folder)):
                        shutil.rmtree(stage.folder, ignore_errors=True)
                        _old(stage.folder).rmdir()  # only where it is empty

    def replace(self, folder: Path) -> None:
        """Puts a finished run in the place of the output, or leaves both as they are.

        Where the entries of the output are replaced, readers find the old run.json or the new one,
        which comes last.
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
        """What the output holds of a run, run.json first: without it, others are not a run."""
        entries = [entry for entry in self.output.iterdir() if _is_of_a_run(entry)]
        return sorted(entries, key=lambda entry: entry.name != RUN)

    def _new_folder(self) -> Path:
        # In containers the number of a process repeats from run to run.
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
        """Puts the last run back if a run was killed between the renames."""
        if not (self.output / RUN).exists():
            if self._inside:
                rename_all([(entry, self.output / entry.name) for entry in old.iterdir()])
            else:
                old.rename(self.output)
        self._remove_last(old)

    def _remove_last(self, old: Path) -> None:
        """Removes the last run, once the output has again what is of no run."""
        try:
            for entry in list(old.iterdir()) if old.is_dir() else []:
                if not _is_of_a_run(entry):
                    entry.rename(self.output / entry.name)
        except OSError as error:
            say(sys.stderr, f"{old} is kept, since not all of it is of a run: {error}")
            return
        _remove(old)


def _recover(folder: Path) -> None:
    """Makes a run of the rounds of one that was killed, and names it; removes what has none."""
    try:
        rounds = _finished_rounds(folder)
    except OSError as error:
        say(sys.stderr, f"{folder} is kept, since it cannot be read: {error}")
        return
    try:
        run = json.loads(read_regular(folder / RUN))
        if run["rounds"]:
            return  # it was named as it was made
        if rounds:
            documents = [json.loads(read_regular(file)) for file in rounds]
            write_json(folder / RUN, {**run, "rounds": documents})
    except (OSError, ValueError, LookupError, TypeError) as error:
        if rounds:
            say(sys.stderr, f"{folder}: rounds that cannot be made a run of: {error!r}")
            return
    if not rounds:
        _remove(folder)
        return
    found = f"{folder}: {len(rounds)} rounds of a run that was killed"
    say(sys.stderr, f"{found}; `{report_on(folder)}` uses them")


def _finished_rounds(folder: Path) -> list[Path]:
    """Raises OSError where they cannot be listed, which Path.glob would call none."""
    try:
        names = os.listdir(folder / "rounds")
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [folder / "rounds" / name for name in sorted(names) if _ROUND.fullmatch(name)]


def report_on(folder: Path) -> str:
    """The command that makes a report of a run in that folder."""
    if folder == DEFAULT:
        return "make report"
    return f"make report RESULTS={shlex.quote(str(folder))}"


def _require_replaceable(output: Path) -> None:
    """Raises RunError unless the output is the folder of a run, empty, or missing."""
    if not output.exists():
        return
    if not output.is_dir() or not (
        (output / RUN).exists()
        or any(output.glob(f"{_INSIDE}*"))  # of a run that was killed as it replaced the last one
        or all(_is_ours(entry) for entry in output.iterdir())
    ):
        raise RunError(
            f"refusing to replace {output}: it is not a results folder (it has no {RUN}); "
            f"{ANOTHER_FOLDER}",
            status=2,
        )


def _is_ours(entry: Path) -> bool:
    """Whether a run stored it while it was measured, or it comes with every file system."""
    return entry.name.startswith(_INSIDE) or entry.name == _OF_THE_FILE_SYSTEM


def _is_of_a_run(entry: Path) -> bool:
    return _OF_A_RUN.fullmatch(entry.name) is not None


def _old(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}-old")


def _remove(folder: Path) -> None:
    """Removes what no run needs; a run does not fail because it stays."""
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        pass
    except OSError as error:
        say(sys.stderr, f"{folder} could not be removed: {error}")
