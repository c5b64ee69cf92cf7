"""`make gate-selftest`: false alarms and power of the gate, by stored comparisons."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from parzen_study.common.errors import UnusableData
from parzen_study.common.limits import how_to_raise
from parzen_study.common.shown import MOST_OF_A_LINE, ArgumentParser, shown, shown_name
from parzen_study.gate.selftest import disturbed, others
from parzen_study.gate.selftest.live import live_lines, noise_table, of_equal_builds
from parzen_study.gate.selftest.page import write_page
from parzen_study.gate.selftest.power import (
    equal_lines,
    power_lines,
    sizes_of,
    slowed_lines,
    target_lines,
)
from parzen_study.gate.selftest.replay import replayed
from parzen_study.gate.selftest.resampled import pool_of
from parzen_study.gate.selftest.stored import FOLDER, read_all


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    parser = ArgumentParser(prog="parzen_study.gate.selftest", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--store", type=Path, default=FOLDER, metavar="FOLDER",
                        help=f"the stored comparisons (default: {FOLDER})")  # fmt: skip
    parser.add_argument("--output", type=Path, default=Path("results/gate"), metavar="FOLDER",
                        help="where selftest.html is written (default: results/gate)")  # fmt: skip
    options = parser.parse_args(arguments)
    try:
        found = [replayed(each) for each in read_all(options.store)]
        equal = of_equal_builds(found)
        pools = [pool_of(each.stored) for each in equal]
        lines = [*live_lines(found), *slowed_lines(found, pools)]
        if equal:
            sizes, rules = sizes_of(pools), others.rows(equal, pools)
            lines += ["", *noise_table(equal), "", *equal_lines(pools), "", *power_lines(sizes)]
            lines += target_lines(pools)
            lines += ["", *disturbed.lines([each.stored for each in equal])]
            lines += ["", *others.table(rules)]
            options.output.mkdir(parents=True, exist_ok=True)
            place = write_page(live_lines(found), sizes, rules, options.output)
            lines += ["", f"Page: {shown_name(place)}"]
    except UnusableData as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        remedy = how_to_raise(error) or "make room there, make it writable, or use --output"
        print(f"{shown(str(error), MOST_OF_A_LINE)}; {remedy}", file=sys.stderr)
        return 1
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
