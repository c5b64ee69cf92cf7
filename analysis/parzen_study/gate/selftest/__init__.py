"""`make gate-selftest`: false alarms and power of the gate, by stored comparisons.

stored          a comparison as a file: written by the runner, read here
replay, live    each judged again by the present judge, and what came out
resampled       thousands of suites of their blocks, judged likewise
power           what is noticed of a slowdown that is planted in these
    disturbed       what is called slower where the machine was disturbed
    others          the same data by the rules of other tools
"""
