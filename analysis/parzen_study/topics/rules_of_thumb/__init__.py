"""Rules of thumb that others give, judged by this run."""
