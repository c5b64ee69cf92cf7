"""Analyses a run of the suite: `run.json` in, report, figures, tables and verdicts out.

A module imports only from its own layer and from those to its left (tests/test_layout.py):

    common -> run -> stats -> plan -> quality -> topics (models) -> study -> page
        -> topics (figures, tables, sections) -> report -> gate -> cli

    common/   messages, files, limits, words for figures; knows no run
    run/      the only reader of run.json: load.py reads, schema.py checks, run.py is the result;
              case names, machine (sysinfo.py), fingerprint, the article's figures (published.py),
              rejected and disturbed rounds, the user's own loop (own_loop.py)
    stats/    bootstrap.py (medians and intervals), prediction.py (of a further run),
              estimates.py (speedups, efficiencies), thresholds.py (break-even),
              pooled.py (a prediction for a further loop),
              laws.py (Amdahl, Gustafson, USL)
    plan      which cases a further round should run
    quality/  warnings.py, rejections.py (invalid cases), rules.py (the twelve)
    topics/   one folder per topic of the report: model.py computes, figure.py draws, table.py has
              the figures for programs, section.py the text. topic.py finds them
    study     the models of a run, computed once
    page/     the parts of sections: blocks, style and colours of figures, tables of cases
    report/   page.py joins the sections; html, markdown and data (JSON) write them; terminal,
              side_by_side (two runs)
    gate/     stored.py reads the stored runs, baseline.py adds one; comparable.py, stored_times.py
              -> compare.py -> judge.py -> verdict.py
              counts.py judges exact counts; two_builds*.py judges `make gate`, measured.py,
              page.py and figure.py show it, selftest/ has its error rates, layout/ the effect of
              code layout; overheads.py compares two machines; history/ finds changes over stored
              runs; command.py has the commands
    cli       the commands

To find what computes a figure, open the folder of its section in topics/, then model.py; code that
several topics share is in stats/. pandas takes seconds to load, so only reports use it: `Run.frame`
loads it on first use, and comparisons and the runner do not use it.
"""
