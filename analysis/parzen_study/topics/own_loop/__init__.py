"""A user's own loop: the answer of a run that is of one."""
