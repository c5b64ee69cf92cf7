"""What a run of the suite means: `run.json` in, report, figures, tables and verdicts out.

Data flows one way through the modules:

    load -> checks    (can it be true?)       -> study -> sections -> page -> report (three forms)
         -> estimates (medians, speedups)           -> answer, claims, rules (the words)
                                                    -> dispatch, kernels (costs beside their limits)
                                                    -> break_even (when sorting once pays)
                                                    -> grain, scaling, last_core, io_bound
         -> sysinfo, fingerprint              -> compare -> terminal

`load` alone reads runs; everything after it works on the typed `Run`. `peers` stands apart: it is
measured, not analysed.
"""
