"""The answer: what to use, in words."""
