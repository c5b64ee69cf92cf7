"""All cases that solve a problem."""
