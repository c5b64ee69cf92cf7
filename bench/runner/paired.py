"""Compares the times of two builds of parzen_bench, measured side by side: `make paired`.

A block is four fresh processes in the order ABBA or BAAB, chosen at random: A is OLD, B is NEW.
All four run the same cases in the same order under the same memory bound. Each block gives one
ratio per case. Confidence intervals over blocks are by Wilcoxon's signed-rank test
(pairs/statistics.py).

The verdict is pass (status 0) if the whole 95% interval of every backend and start is below the
margin: NEW is not slower by as much. It is regressed (10) if one of these, or a case, is slower
and not below the margin. It is also regressed if a case fails in NEW only. Otherwise it is
inconclusive (11), or invalid (12) without any time. Without a verdict the status is 1 (a
failure) or 2 (wrong usage).
"""

import os
import signal
import sys

if __name__ == "__main__":
    # Until a run handles signals itself, Ctrl-C ends the program without a traceback, also while
    # the modules below are imported.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, lambda _number, _frame: os._exit(130))
    # Sets the import path for any start. This folder is removed: its modules are in package
    # `runner`.
    _here = os.path.dirname(os.path.realpath(__file__))
    _top = os.path.dirname(os.path.dirname(_here))
    sys.path = [
        *(os.path.join(_top, folder) for folder in ("bench", "analysis")),
        *(folder for folder in sys.path if os.path.realpath(folder) != _here),
    ]

import argparse
from collections.abc import Sequence

from parzen_study.common.limits import how_to_raise
from parzen_study.common.shown import MOST_OF_A_LINE, shown, shown_name
from runner.lock import locked
from runner.pairs.blocks import NAMES
from runner.pairs.options import FILE, parse
from runner.pairs.series import Blocks, folder_error, planned, require_program, revision
from runner.pairs.text import counted, judged, left_out, table
from runner.process import InterruptionError, SignalWatch
from runner.program import forget_google_benchmark_variables
from runner.progress import prepare_streams, say
from runner.run import RunError


def paired(options: argparse.Namespace, watch: SignalWatch) -> int:
    """Compares two builds as the options say; returns the exit status."""
    plan = planned(options, watch)
    options.output.mkdir(parents=True, exist_ok=True)
    with locked(options.output / ".paired-lock", options.output):
        blocks = Blocks(plan, options)
        stop = blocks.measure()
        result, errors = blocks.result(), blocks.errors()
        judgement = judged(result, errors, options.margin)
        ended = {
            "interrupted": stop is not None,
            "verdict": judgement.verdict.word,
            "reason": judgement.text,
            "margin": options.margin,
            "errors": errors,
            "result": result.as_json(options.margin) if result else None,
        }
        try:
            blocks.store(ended)
        except OSError as error:  # the results are printed all the same
            stop = stop or folder_error(error)
    old, new = (revision(blocks.finished, build) for build in "AB")
    text = [
        f"A: OLD, {old}\nB: NEW, {new}\n{counted(len(plan.cases), 'case')}, "
        f"{counted(len(blocks.finished), 'block')} of four processes, seed {options.seed}\n"
        f"All times: {shown_name(options.output / FILE)}",
        left_out(plan.only_old, plan.only_new, errors),
        table(result, options.margin) if result else "",
        judgement.line,
    ]
    say(sys.stdout, "\n\n".join(filter(None, text)))
    if stop:
        say(sys.stderr, f"paired.py: {stop}; kept {counted(len(blocks.finished), 'block')}")
        return stop.status
    return int(judgement.verdict)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    prepare_streams()
    options = parse(arguments, __doc__)
    if ignored := forget_google_benchmark_variables():
        say(
            sys.stderr,
            f"paired.py: ignoring {', '.join(ignored)} from the environment: they would change "
            "what Google Benchmark runs or prints",
        )
    try:
        require_program(options.old, NAMES["A"])
        require_program(options.new, NAMES["B"])
        with SignalWatch() as watch:
            return paired(options, watch)
    except InterruptionError as stop:
        say(sys.stderr, f"paired.py: {stop} before a block finished: nothing was written")
        return stop.status
    except RunError as failure:
        say(sys.stderr, f"paired.py: {failure}")
        return failure.status
    except OSError as error:
        remedy = how_to_raise(error) or "free disk space there, make it writable, or use --output"
        say(sys.stderr, f"paired.py: {shown(str(error), MOST_OF_A_LINE)}; {remedy}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
