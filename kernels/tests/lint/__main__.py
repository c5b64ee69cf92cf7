"""Project-specific lint checks: `python3 kernels/tests/lint [ROOT]`.

Checks include and import order, the length of files and sentences, and words to avoid. Prints one
line for each fault, with what to do. Status 1 if there is a fault.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import import_graph
import include_graph
import plain_words
import short_sentences
import source_sizes

CHECKS = (
    *(include_graph.faults, import_graph.faults, source_sizes.faults),
    *(plain_words.faults, short_sentences.faults),
)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="lint", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("root", nargs="?", type=Path, default=Path(__file__).resolve().parents[3])
    root = parser.parse_args().root
    found = [fault for check in CHECKS for fault in check(root)]
    print("".join(f"{fault}\n" for fault in found), end="")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
