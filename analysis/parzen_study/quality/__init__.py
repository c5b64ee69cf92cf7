"""Whether a run can be true: warnings, rejected cases, the twelve rules."""
