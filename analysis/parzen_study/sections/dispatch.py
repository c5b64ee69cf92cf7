"""What each mechanism costs with no work in it."""

from __future__ import annotations

from parzen_study import case_table, dispatch
from parzen_study.page import Paragraph, Section
from parzen_study.sections.peers import peers
from parzen_study.study import Study


def section(study: Study) -> Section | None:
    """None where the run has no family dispatch."""
    if not study.dispatch:
        return None
    compared = any(cost.times_pool for block in study.dispatch for cost in block.costs)
    beside = (
        f"A peer is set beside {dispatch.POOL} with as many workers, by whichever way of waiting "
        "is faster."
        if compared
        else f"The run has no {dispatch.POOL} to set them beside."
    )
    return Section(
        "dispatch",
        "What dispatch costs",
        (
            Paragraph(
                "Each mechanism with no work in it: median over rounds, 95% interval in brackets. "
                "A limit is the same step with nothing around it, a byte to another process and "
                "back by the same way of waiting or a copy of the same bytes, measured in the same "
                "run; ratios are paired round by round, as speedups are. Where processors is 1, "
                "all processes of the case are kept on one; elsewhere the system chooses, and a "
                "wake-up that has to reach another processor costs several times as much."
            ),
            Paragraph(
                peers(
                    study.run,
                    dispatch.FAMILY,
                    "The lifetime of a peer holds one task, since executors start no worker before "
                    f"it. {beside}",
                )
            ),
            *(case_table.dispatch_table(block) for block in study.dispatch),
        ),
    )
