"""The Python that measures. `rounds.py`, `paired.py` and `instructions.py` are programs, for make
and by hand; the peers are a module for `--peers`, which PYTHONPATH=analysis:bench leads to.

    rounds              `make bench`: the choices, the order of events
    measuring           the rounds of a run, each checked and stored
    options             its command line
    plan                how much a run measures, and which cases
    program             what is asked of a program
    own_loop            a user's own loop: which one a run is of
    own_loop_program    its program, which may crash or hang in a case
    process             a process group that never outlives its call
    allocation          which cases a further round runs
    idle                what else the CPUs do before the first round
    load                what other programs use of them in a round
    progress            remaining time, bar, lines
    run                 which documents are merged, and how they are written
    folder, lock        where a run is stored, and how it replaces the last one
    paired, pairs/      `make paired`: two builds side by side
    python_baselines/   `make peers`: what a user of Python would otherwise pick
    instructions        `make instructions`: what callgrind counts in one call of a kernel

Of the analysis it imports what needs the standard library alone.
"""
