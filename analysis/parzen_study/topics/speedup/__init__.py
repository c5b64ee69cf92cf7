"""Speedup by workers, in the article's family."""
