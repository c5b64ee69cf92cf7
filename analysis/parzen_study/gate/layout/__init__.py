"""The effect of code layout on times, measured with shuffled links.

effects         the stored file, and the effect on each unit
packed          times of many processes in a small file, which the self-test writes as well
"""
