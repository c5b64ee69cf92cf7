"""Adds a comparison of this build with itself to the stored ones: `make gate-selftest ADD=1`.

It measures as `make gate` does: OLD is a copy of NEW, byte for byte. With --slowed both are
parzen_bench_slowed, which does more work in NEW only. All results are stored, whatever the
verdict, as one file of results/baselines/selftest/. An interrupted comparison is not stored.

The status is 0 if a file was added, else 12. The file has the gate's own verdict.
"""

import argparse
import contextlib
import filecmp
import json
import os
import re
import shlex
import shutil
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from parzen_study.common.errors import UnusableData
from parzen_study.common.output import write_whole
from parzen_study.common.regular_file import read_regular
from parzen_study.common.shown import MOST_OF_A_LINE, ArgumentParser, quoted, shown, shown_name
from parzen_study.gate.selftest.stored import FOLDER, NOTHING_PLANTED, file_name, packed
from parzen_study.gate.two_builds import CASES, LEAST_BLOCKS
from parzen_study.gate.verdict import FILE as VERDICT
from runner import gate
from runner.pairs.base import INVALID
from runner.pairs.options import FILE
from runner.progress import prepare_streams, say
from runner.run import RunError

BUILT: Final = gate.ROOT / "build" / "bench"
KEPT: Final = gate.ROOT / "build" / "gate"
_SLOWED: Final = re.compile(r"(?P<backend>[a-z_]+):(?P<percent>[0-9]{1,3})")


def stored(folder: Path, planted: str, store: Path) -> Path:
    """Adds the results of a gate in a folder; returns the new file.

    Raises RunError if the comparison did not finish, or is stored already.
    """
    verdict = _document(folder / VERDICT, "parzen-study verdict")
    stages = [_document(folder / "stage1" / FILE, "parzen-study paired")]
    if any(unit["stage"] == 2 for unit in verdict["units"]):
        stages.append(_document(folder / "stage2" / FILE, "parzen-study paired"))
    # Of invalid comparisons, only those with a failed control were measured to the end.
    unfinished = verdict["verdict"] == "invalid" and "differs from itself" not in verdict["reason"]
    if unfinished or any(stage["interrupted"] for stage in stages):
        raise _unusable(folder, f"it did not finish: {shown(verdict['reason'], MOST_OF_A_LINE)}")
    if any(stage["only_old"] or stage["only_new"] for stage in stages):
        raise _unusable(folder, "its builds have different cases")
    few = any(len(stage["blocks"]) < LEAST_BLOCKS for stage in stages)
    if store == FOLDER and (few or stages[0]["filter"] != CASES):
        wanted = f"at least {LEAST_BLOCKS} blocks, of all cases ({CASES})"
        raise _unusable(folder, f"it is too small for {FOLDER}, which takes {wanted}")
    written = (folder / "stage1" / FILE).stat().st_mtime
    content = packed(stages, planted, verdict["verdict"], datetime.fromtimestamp(written, UTC))
    file = store / file_name(content)
    if file.exists():
        raise _unusable(folder, f"it is stored already: {shown_name(file)}")
    write_whole(file, content)
    return file


def builds(slowed: str) -> tuple[Path, Path]:
    """OLD and NEW; the slowed program if an effect is planted."""
    if slowed == NOTHING_PLANTED:
        program = _built("parzen_bench", "make build")
        return _copy(program), program
    program = _built("parzen_bench_slowed", "make gate-selftest ADD=1 SLOWED=tbb:5")
    # Both time each call themselves, in an environment of the same size.
    nothing = re.sub("[0-9]", "0", slowed)
    folder = KEPT / "slowed"
    return _launcher(folder / "old", program, nothing), _launcher(folder / "new", program, slowed)


def measured(options: argparse.Namespace) -> Path:
    """Measures a comparison; returns the gate's folder."""
    old, new = builds(options.slowed)
    folder = KEPT / "selftest"
    with contextlib.suppress(OSError):  # an old verdict must not be mistaken for the new one
        (folder / VERDICT).unlink()
    names = ["--old", str(old), "--new", str(new), "--output", str(folder)]
    gate.main([*names, *options.gate])
    return folder


def _document(file: Path, form: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(read_regular(file))
        if found["format"] != form:
            raise ValueError(f"not a document of {form}")
        return found
    except OSError as error:
        raise _unusable(file.parent, f"{file.name}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _unusable(file.parent, f"{file.name}: {shown(str(error))}") from None


def _unusable(folder: Path, found: str) -> RunError:
    return RunError(
        f"nothing was added from {shown_name(folder)}: {found}; measure another comparison: "
        "make gate-selftest ADD=1",
        status=INVALID,
    )


def _built(name: str, how: str) -> Path:
    program = BUILT / name
    if not program.is_file():
        raise RunError(f"{shown_name(program)} does not exist; run: {how}", status=INVALID)
    return program


def _copy(program: Path) -> Path:
    copy = KEPT / "same" / program.name
    if not (copy.is_file() and filecmp.cmp(program, copy, shallow=False)):
        write_whole(copy, program.read_bytes())
        shutil.copymode(program, copy)
    return copy


def _launcher(file: Path, program: Path, slowed: str) -> Path:
    lines = f'#!/bin/sh\nPARZEN_SLOWED={slowed} exec {shlex.quote(str(program))} "$@"\n'
    write_whole(file, lines.encode())
    file.chmod(0o755)
    return file


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parses the command line; ends with status 2 if it is invalid."""
    parser = ArgumentParser(prog="selftest.py", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "--from", dest="folder", type=Path, metavar="FOLDER",
        help="add a comparison of equal builds by make gate, instead of a new one",
    )  # fmt: skip
    parser.add_argument(
        "--slowed", type=_slowed, default=NOTHING_PLANTED, metavar="BACKEND:PERCENT",
        help="plant an effect in NEW, such as tbb:5 or all:20",
    )  # fmt: skip
    parser.add_argument(
        "--store", type=Path, default=FOLDER, metavar="FOLDER",
        help=f"folder for the file (default: {FOLDER})",
    )  # fmt: skip
    parser.add_argument("gate", nargs="*", metavar="-- OPTION", help="options of gate.py")
    return parser.parse_args(arguments)


def _slowed(text: str) -> str:
    if text == NOTHING_PLANTED or _SLOWED.fullmatch(text):
        return text
    raise argparse.ArgumentTypeError(f"{quoted(text)} must be a backend and a percentage: tbb:5")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    prepare_streams()
    options = parse(arguments)
    try:
        folder = options.folder or measured(options)
        file = stored(folder, options.slowed, options.store)
        kept = sum(each.stat().st_size for each in file.parent.iterdir())
    except RunError as failure:
        say(sys.stderr, f"selftest.py: {failure}")
        return failure.status
    except (OSError, UnusableData) as error:
        say(sys.stderr, f"selftest.py: nothing was added: {shown(str(error), MOST_OF_A_LINE)}")
        return INVALID
    except KeyboardInterrupt:
        say(sys.stderr, "selftest.py: interrupted: nothing was added")
        return 130
    size = f"{os.stat(file).st_size / 1e3:.0f} kB, all together {kept / 1e6:.2f} MB"
    say(sys.stdout, f"added: {shown_name(file)} ({size})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
