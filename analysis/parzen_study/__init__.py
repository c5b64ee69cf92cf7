"""What a run of the suite means: `run.json` in, report, figures, tables and verdicts out.

Data flows one way through the modules:

    load -> checks    (can it be true?)       -> study -> sections -> page -> report (three forms)
         (refused_rounds, disturbance, refusals)    -> answer, by_size, claims, rules (the words)
         -> estimates (medians, speedups)           -> sizes (from which n on it pays)
         (stats)                                    -> dispatch, kernels (costs beside their limits)
                                                    -> break_even (when sorting once pays)
                                                    -> grain, scaling, laws, last_core, io_bound
                                                    -> worker_cost (what each one more costs)
                                                    -> tables, side_by_side
         -> sysinfo, fingerprint              -> baseline, comparable -> compare -> judge -> verdict
                                              -> terminal, terminal_comparison

`load` alone reads runs; everything after it works on the typed `Run`. `plan` and `disturbance`,
which bench/runner/ asks while it measures, know no `Run` and load no pandas.
"""
