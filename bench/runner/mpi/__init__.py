"""Ranks of MPI as programs of a run."""
