"""What layout does to times: measured with shuffled links.

effects         what is stored, and what it says of each unit
packed          times of many processes in a small file, which the self-test writes as well
"""
