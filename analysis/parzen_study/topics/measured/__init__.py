"""How it was measured, and how to measure it again."""
