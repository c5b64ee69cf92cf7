"""Counts what a build executes, by callgrind and strace: the same in every run, on any machine."""
