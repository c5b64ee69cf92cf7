"""`make gate-selftest`: false alarms and power of the gate, by stored comparisons.

stored          a comparison as a file: written by the runner, read here
replay, live    each comparison, judged again by the present judge
resampled       thousands of suites of their blocks, judged likewise
power           the share of planted slowdowns that is found
disturbed       false alarms on a disturbed machine
others          the same data by the rules of other tools
"""
