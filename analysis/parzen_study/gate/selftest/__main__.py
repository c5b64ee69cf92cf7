"""`make gate-selftest`: how often the gate cries wolf, by what is stored of it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from parzen_study.common.errors import UnusableData
from parzen_study.common.shown import ArgumentParser
from parzen_study.gate.selftest import disturbed, others
from parzen_study.gate.selftest.live import live_lines, noise_table, of_equal_builds
from parzen_study.gate.selftest.power import equal_lines, power_lines, slowed_lines
from parzen_study.gate.selftest.replay import replayed
from parzen_study.gate.selftest.resampled import pool_of
from parzen_study.gate.selftest.stored import FOLDER, read_all


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    parser = ArgumentParser(prog="parzen_study.gate.selftest", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--store", type=Path, default=FOLDER, metavar="FOLDER",
                        help=f"the stored comparisons (default: {FOLDER})")  # fmt: skip
    parser.add_argument(
        "--markdown", action="store_true", help="print the table of other rules, as Markdown"
    )
    options = parser.parse_args(arguments)
    try:
        found = [replayed(each) for each in read_all(options.store)]
    except UnusableData as error:
        print(error, file=sys.stderr)
        return 1
    equal = of_equal_builds(found)
    pools = [pool_of(each.stored) for each in equal]
    if options.markdown:
        lines = others.markdown(others.rows(equal, pools)) if equal else []
    else:
        lines = [*live_lines(found), *slowed_lines(found, pools)]
        if equal:
            lines += ["", *noise_table(equal), "", *equal_lines(pools), "", *power_lines(pools)]
            lines += ["", *disturbed.lines([each.stored for each in equal])]
            lines += ["", *others.table(others.rows(equal, pools))]
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
