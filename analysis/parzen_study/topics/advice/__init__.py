"""Advice for a loop that is not written yet: a model of what a call takes, fitted from a run."""
