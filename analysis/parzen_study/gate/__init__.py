"""Verdicts: a run against the stored runs of its machine, a build against another."""
