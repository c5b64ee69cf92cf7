"""Parts of paired.py: two builds of parzen_bench, measured side by side in blocks."""
