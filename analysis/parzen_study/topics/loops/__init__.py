"""Family loops: when processes beat threads."""
