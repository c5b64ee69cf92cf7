"""`make gate-selftest`: how often the gate cries wolf, and what it notices, by stored comparisons.

stored          a comparison as a file: written by the runner, read here
"""
