"""How to read the report."""
