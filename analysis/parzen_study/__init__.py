"""What a run of the suite means: `run.json` in, report, figures, tables and verdicts out.

A module imports only from its own layer and from those to its left (tests/test_layout.py):

    common -> run -> stats -> plan -> quality -> topics (models) -> study -> page
        -> topics (figures, tables, sections) -> report -> gate -> cli

    common/   messages, files, limits, words for figures; knows no run
    run/      the only reader of run.json: load.py reads, schema.py checks its form, run.py is what
              it gives; case names,
              machine (sysinfo.py), fingerprint, the article's own figures (published.py),
              rejected rounds, which rounds another program disturbed, and whose loop (own_loop.py)
    stats/    bootstrap.py (medians and intervals), prediction.py (of a further run),
              estimates.py (speedups, efficiencies), thresholds.py (break-even),
              pooled.py (what several loops say of a further one),
              laws.py (Amdahl, Gustafson, USL)
    plan      which cases a further round should run
    quality/  warnings.py, rejections.py (cases that cannot be true), rules.py (the twelve)
    topics/   one folder a topic of the report: model.py works it out, figure.py draws it,
              table.py has it as figures, section.py says it. topic.py finds them
    study     the models of a run, worked out once
    page/     what sections are made of: blocks, style and colours of figures, tables of cases
    report/   page.py joins the sections; html, markdown and data (JSON) write them; terminal,
              side_by_side (two runs)
    gate/     stored.py reads the stored runs, baseline.py adds one; comparable.py, stored_times.py
              -> compare.py -> judge.py -> verdict.py
              counts.py judges exact counts; two_builds*.py what `make gate` measures, measured.py,
              page.py and figure.py show it, selftest/ says how often it is wrong, layout/ what
              layout alone does; overheads.py is of two machines; history/ finds changes over stored
              runs; command.py has the commands
    cli       the commands

To find what computes a thing, take its section's folder in topics/, then model.py there; what
several topics share is in stats/. pandas, which takes seconds to load, is for reports alone:
`Run.frame` loads it when it is asked for, and neither a comparison nor what the runner asks of
`plan` and `run` does.
"""
