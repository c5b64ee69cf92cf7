"""The answer by size, in words: what to use for how many samples."""

from __future__ import annotations

import math
from dataclasses import dataclass

from parzen_study.answer import WORTHWHILE
from parzen_study.phrasing import number_of, with_interval
from parzen_study.sizes import BreakEven, Payer, Sizes, break_even, ratio


@dataclass(frozen=True)
class SizeAnswer:
    """`advice` in a few words, `sentence` with all figures."""

    start: str
    label: str
    advice: str
    sentence: str


def size_answer(found: Sizes) -> SizeAnswer | None:
    """None where no backend says whether it is threads or processes."""
    if not found.mechanisms:
        return None
    first, *others = found.mechanisms
    label = f"kernel {found.kernel or 'none'}, {found.decomposition or 'not cut'}"
    told = [_first_in_words(first), *(_other_in_words(each, first) for each in others)]
    sentence = "; ".join(told)
    return SizeAnswer(found.start, label, _advice(first), f"{sentence}. {_at_the_largest(found)}")


def in_words(found: BreakEven) -> str:
    """A break-even n with its interval: `from n = 41,000 (39,000 to 43,000)`."""
    if found.always:
        return f"at every n measured, from {found.smallest:,} on"
    if found.never:
        return f"never, up to n = {found.largest:,}"
    if not math.isfinite(found.n.value):
        return (
            f"not clearly up to n = {found.largest:,} (the interval begins at "
            f"{number_of(found.n.low)})"
        )
    if found.n.value == 0.0:
        return f"from {found.smallest:,} on (the interval ends at {_bound(found, found.n.high)})"
    low, high = (_bound(found, bound) for bound in (found.n.low, found.n.high))
    within = "" if low == high else f" ({low} to {high})"
    return f"from n = {number_of(found.n.value)}{within}"


def _bound(found: BreakEven, n: float) -> str:
    if n == 0.0:
        return f"below {found.smallest:,}"
    return number_of(n) if math.isfinite(n) else f"beyond {found.largest:,}"


def _first_in_words(first: Payer) -> str:
    found = first.break_even
    if found.always:
        return f"{first.name.capitalize()} are the faster {in_words(found)}"
    if found.never:
        serial = f"Serial is best up to n = {found.largest:,}, the largest measured"
        return f"{serial}: {first.name} never pay"
    if not math.isfinite(found.n.value):
        return f"As far as these rounds can tell serial is best: {first.name} pay {in_words(found)}"
    if found.n.value == 0.0:
        return f"{first.name.capitalize()} pay {in_words(found)}"
    below = in_words(found).removeprefix("from n = ")
    return f"Below n = {below} serial is best, from there {first.name}"


def _other_in_words(other: Payer, first: Payer) -> str:
    if other.break_even.never and first.break_even.never:
        return f"nor do {other.name}"
    text = f"{other.name} pay {in_words(other.break_even)}"
    common = set(other.curve.sizes) & set(first.curve.sizes)
    if len(common) > 1:
        overtakes = break_even(other.curve.at(common), first.curve.at(common))
        if overtakes.certain:
            text += f" and are the faster of the two {in_words(overtakes)}"
    return text


def _advice(first: Payer) -> str:
    found = first.break_even
    if found.always:
        return f"{first.name}, from n = {found.smallest:,} on"
    if found.never:
        return f"stay serial, up to n = {found.largest:,}"
    if not (math.isfinite(found.n.value) and math.isfinite(found.n.high)):
        return "undecided: these rounds cannot tell"
    if found.n.value == 0.0:
        return f"{first.name} at nearly every size"
    return f"serial below n = {number_of(found.n.value)}, then {first.name}"


def _at_the_largest(found: Sizes) -> str:
    """What each mechanism gains where there is most to gain, and whether it matters which."""
    told = ", ".join(
        f"{each.name} {with_interval(each.speedups[-1][1])} times" for each in found.mechanisms
    )
    text = f"At n = {found.serial.sizes[-1]:,}: {told} the speed of serial"
    if len(found.mechanisms) == 2:
        one, other = found.mechanisms
        if one.curve.sizes[-1] == other.curve.sizes[-1]:
            text += _lead(one, other)
    return f"{text}."


def _lead(one: Payer, other: Payer) -> str:
    lead = ratio(one.curve, other.curve, -1)
    if lead.low >= 1.0 / WORTHWHILE and lead.high <= WORTHWHILE:
        return ": either will do there"
    return ""
