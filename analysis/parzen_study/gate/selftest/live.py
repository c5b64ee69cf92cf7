"""The gate's verdicts on stored comparisons: false alarms, with their bound, and detectable
effects.

Of builds that are the same each regression is a false alarm.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from statistics import median, stdev

from scipy.stats import beta

from parzen_study.common.wording import count_of
from parzen_study.gate.selftest.replay import Replayed
from parzen_study.gate.selftest.stored import NOTHING_PLANTED
from parzen_study.gate.two_builds import units_of
from parzen_study.gate.two_builds_values import unit_values


def clopper_pearson(found: int, of: int, level: float = 0.05) -> tuple[float, float]:
    """The exact interval of a share, two-sided: 0 of 20 is at most 17%.

    Clopper and Pearson, "The use of confidence or fiducial limits illustrated in the case of the
    binomial", Biometrika 26, 1934.
    """
    low = float(beta.ppf(level / 2, found, of - found + 1)) if found else 0.0
    high = float(beta.ppf(1 - level / 2, found + 1, of - found)) if found < of else 1.0
    return low, high


def share(found: int, of: int) -> str:
    """`0 of 20 (0%, 95% CI 0.0 to 17%)`."""
    low, high = clopper_pearson(found, of)
    return f"{found} of {of} ({found / of:.0%}, 95% CI {low:.1%} to {high:.1%})"


def of_equal_builds(found: Sequence[Replayed]) -> list[Replayed]:
    return [each for each in found if each.stored.planted == NOTHING_PLANTED]


def live_lines(found: Sequence[Replayed]) -> list[str]:
    """The comparisons, and what the present judge says of them; at most 80 columns."""
    hours = {each.stored.when.replace(minute=0, second=0) for each in found}
    machines = {tuple(sorted(each.stored.machine.items())) for each in found}
    where = f"begun in {count_of(len(hours), 'hour')}, on {count_of(len(machines), 'machine')}"
    lines = [f"{count_of(len(found), 'stored comparison')}, {where}"]
    equal = of_equal_builds(found)
    if equal:
        lines += _of_equal_builds(equal)
    return lines


def _of_equal_builds(equal: Sequence[Replayed]) -> list[str]:
    alarms = [each for each in equal if each.alarms]
    verdicts = Counter(each.judgement.verdict for each in equal)
    said = ", ".join(f"{number} {verdict.word}" for verdict, number in sorted(verdicts.items()))
    lines = [f"of equal builds: {said}", f"false alarms: {share(len(alarms), len(equal))}"]
    lines += [f"  {each.stored.when:%Y-%m-%d %H:%M}: {', '.join(each.alarms)}" for each in alarms]
    changed = [each for each in equal if each.judgement.verdict.word != each.stored.verdict]
    if changed:
        lines.append(f"judged otherwise when measured: {len(changed)}")
    unmeasured = sum(bool(each.unmeasured) for each in equal)
    if unmeasured:
        lines.append(
            f"in {unmeasured} stage 2 did not measure what this judge flags, which is inconclusive"
        )
    return lines


def noise_table(equal: Sequence[Replayed]) -> list[str]:
    """By unit, as medians of the comparisons: the standard deviation of the blocks of stage 1, the
    same by the median absolute deviation, which bursts do not move, and the smallest slowdown that
    the interval of its last stage would have called a regression."""
    lines = [f"{'unit':19}  {'block sd':>8}  {'without bursts':>14}  {'could have seen':>15}"]
    values: dict[str, list[list[float]]] = {}
    smallest: dict[str, list[float]] = {}
    for each in equal:
        blocks = each.stored.stages[0].blocks()
        for unit, cases in units_of(each.stored.stages[0].seconds).items():
            if len(blocks) > 1:
                values.setdefault(unit, []).append(unit_values(blocks, cases))
        for judged in each.units:
            if judged.smallest_effect is not None:
                smallest.setdefault(judged.name, []).append(judged.smallest_effect)
    for unit, found in sorted(values.items()):
        seen = smallest.get(unit)
        could = f"+{median(seen):.1%}" if seen else "nothing"
        spread, robust = median(map(stdev, found)), median(map(_robust_deviation, found))
        lines.append(f"{unit[:19]:19}  {spread:8.1%}  {robust:14.1%}  {could:>15}")
    return lines


def _robust_deviation(values: Sequence[float]) -> float:
    center = median(values)
    return 1.4826 * median(abs(value - center) for value in values)
