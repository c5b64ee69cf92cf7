"""The Python that measures. `rounds.py`, `paired.py` and `instructions.py` are programs, for make
and by hand. The peers are a module for `--peers`, found by PYTHONPATH=analysis:bench.

    rounds              `make bench`: the options, the order of events
    measuring           the rounds of a run, each checked and stored
    options             its command line
    plan                how much a run measures, and which cases
    program             a program and its answers
    own_loop            a user's own loop: which one a run is of
    own_loop_program    its program, which may crash or hang in a case
    process             a process group that ends with the call
    allocation          which cases a further round runs
    idle                waits for idle CPUs before the first round
    load                use of the CPUs by other programs during a round
    progress            remaining time, bar, lines
    run                 merges documents and writes them
    folder, lock        stores a run, and replaces the last one with it
    paired, pairs/      `make paired`: two builds side by side
    python_baselines/   `make peers`: Python's own pools and libraries
    counting/           `make instructions`, `make counts`: counts by callgrind and strace

It imports only those modules of the analysis that need the standard library alone.
"""
