"""Simulated clusters: how far the backend mpi would scale, by SimGrid."""
