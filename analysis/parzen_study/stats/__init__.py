"""Estimates: figures with intervals, from the times of rounds."""
