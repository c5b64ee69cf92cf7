"""The answer by problem size, as details."""
