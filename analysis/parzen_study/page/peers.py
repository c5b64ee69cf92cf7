"""The Python libraries that were measured for comparison (peers), as a paragraph."""

from __future__ import annotations

from collections.abc import Mapping

from parzen_study.run.run import Run


def peers(run: Run, family: str, of_theirs: str) -> str:
    """Names and versions of the peers with cases in the family, then `of_theirs`, then the skipped
    ones; or that none was measured."""
    measured = [case for case in run.cases if case.family == family]
    named = {name for case in measured for name in (case.backend, case.get("kernel"))}
    versions = {name: version for name, version in run.peers.items() if name in named}
    if not versions:
        return "Python libraries were not measured: `make peers` measures them as well."
    picks = ", ".join(f"{name} ({version})" for name, version in versions.items())
    text = f"Python libraries, for comparison: {picks}. {of_theirs}"
    return f"{text} {skipped(run.peers_left_out)}" if run.peers_left_out else text


def skipped(reasons: Mapping[str, str]) -> str:
    """`Skipped: name (reason); name (reason).`"""
    return "Skipped: " + "; ".join(f"{name} ({why})" for name, why in reasons.items()) + "."
