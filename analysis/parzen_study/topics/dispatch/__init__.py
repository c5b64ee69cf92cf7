"""What each mechanism costs with no work in it."""
