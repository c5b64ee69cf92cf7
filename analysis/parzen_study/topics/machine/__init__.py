"""The machine: what identifies it, and its state before and after."""
