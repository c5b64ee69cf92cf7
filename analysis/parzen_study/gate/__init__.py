"""Verdicts: a run against the baseline of its machine."""
