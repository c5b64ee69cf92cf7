"""Simulated clusters: the backend mpi under SimGrid."""
