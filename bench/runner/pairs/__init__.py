"""What paired.py consists of: two builds of parzen_bench, measured side by side in blocks."""
