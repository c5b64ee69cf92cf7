"""A run: run.json read, checked and typed. Everything else works on this."""
