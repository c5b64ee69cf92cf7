"""The fingerprint of machine and build: times are compared only within one."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping

from parzen_study.run.run import UNKNOWN, Run

# Exactly what decides the times of a build on a machine. Host name, load, date and revision are not
# among them: the same machine must find its baseline again after a reboot and after a commit.
ITEMS = (
    "cpu_model", "cpu_flags", "physical_cores", "smt", "usable_cpus", "cpu_quota", "memory_bytes",
    "virtualisation", "mitigations", "kernel", "libc", "compiler", "compiler_flags", "build_type",
)  # fmt: skip
# And every item whose name begins so: which caches there are and which libraries are linked varies.
FAMILIES = ("cache_", "library_")


def fingerprint_items(machine: Mapping[str, str]) -> dict[str, str]:
    """The items of the fingerprint. Memory is rounded to GiB: MemTotal moves by some pages from
    boot to boot, with what the kernel reserves."""
    others = sorted(key for key in machine if key.startswith(FAMILIES))
    items = {key: machine.get(key) or UNKNOWN for key in (*ITEMS, *others)}
    if re.fullmatch("[0-9]{1,18}", items["memory_bytes"]):
        items["memory_bytes"] = f"{round(int(items['memory_bytes']) / 2**30)} GiB"
    return items


def fingerprint(run: Run) -> str:
    """The name: the CPU model, readable, and 12 hexadecimal digits of SHA-256 over the items.

    Lower-case letters, digits and hyphens alone, so that it names a folder on every system.
    """
    items = fingerprint_items(run.machine)
    canonical = json.dumps(items, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    digest = hashlib.sha256(canonical.encode("ascii")).hexdigest()[:12]
    slug = re.sub(r"\((r|tm|c)\)", "", items["cpu_model"].lower())
    slug = re.sub(r"[^a-z0-9]+", "-", slug).strip("-")[:40].strip("-")
    return f"{slug or UNKNOWN}-{digest}"


def differences(one: Run, other: Run) -> dict[str, tuple[str, str]]:
    """The items of the fingerprint in which two runs differ, with both values."""
    left, right = fingerprint_items(one.machine), fingerprint_items(other.machine)
    both = {
        key: (left.get(key, UNKNOWN), right.get(key, UNKNOWN))
        for key in dict.fromkeys([*left, *right])
    }
    return {key: pair for key, pair in both.items() if pair[0] != pair[1]}
