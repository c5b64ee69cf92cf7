"""Problems by name: `n = 10,000`, and whatever else tells two problems of the same n apart; and
what a number of cases have in common."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from parzen_study.run import published
from parzen_study.run.case import Case

Problem = tuple[str, ...]
# A problem, the kernel that counts and how it is split: what mechanisms may be compared within.
Variant = tuple[Problem, str, str]


def labels(cases: Iterable[Case]) -> dict[Problem, str]:
    """A label per problem, in order of family and size; no two alike."""
    return {
        problem: ", ".join(f"{key} = {readable(value)}" for key, value in parts)
        for problem, parts in _distinct_parts(cases).items()
    }


def variant_of(case: Case) -> Variant:
    return (case.problem, case.get("kernel"), case.get("decomposition"))


def variant_labels(cases: Iterable[Case]) -> dict[Variant, str]:
    """The same a variant, the article's kernel first: the kernel is named where the problem has
    several, and so is the decomposition where the kernel has."""
    every = list(cases)
    label_of = labels(every)
    order = {problem: number for number, problem in enumerate(label_of)}
    variants = sorted(
        {variant_of(case) for case in every},
        key=lambda v: (order[v[0]], v[1] != published.KERNEL, *v[1:]),
    )
    found = {}
    for problem, kernel, decomposition in variants:
        label = label_of[problem]
        if len({each[1] for each in variants if each[0] == problem}) > 1:
            label += f", kernel {kernel or 'none'}"
        if sum(each[:2] == (problem, kernel) for each in variants) > 1:
            label += f", decomposition {decomposition or 'none'}"
        found[problem, kernel, decomposition] = label.removeprefix(", ")
    return found


def slugs(cases: Iterable[Case]) -> dict[Problem, tuple[str, ...]]:
    """The same for file names: `n10000`, and further parameters that differ."""
    return {
        problem: tuple(f"{key}{value}" for key, value in parts)
        for problem, parts in _distinct_parts(cases).items()
    }


def _distinct_parts(cases: Iterable[Case]) -> dict[Problem, list[tuple[str, str]]]:
    """n, and those of the other parameters in which problems of the same family and n differ."""
    one_of = {case.problem: case for case in cases}
    alike: dict[tuple[str, str], list[Case]] = defaultdict(list)
    for case in one_of.values():
        alike[case.family, case.get("n")].append(case)
    parts: dict[Problem, list[tuple[str, str]]] = {}
    for problem, case in sorted(one_of.items(), key=lambda item: item[1].problem_order()):
        same = alike[case.family, case.get("n")]
        keys = dict.fromkeys(key for each in same for key in each.problem_parameters())
        differing = [key for key in keys if len({each.get(key) for each in same}) > 1]
        named = (["n"] if case.get("n") else []) + [key for key in differing if key != "n"]
        parts[problem] = [(key, case.get(key) or "none") for key in named]
    return parts


def readable(value: str) -> str:
    """A parameter's value; a number with its thousands separated."""
    return f"{int(value):,}" if value.isdecimal() else value


def shared_and_varying(
    cases: Sequence[Case], titled: Collection[str] = ()
) -> tuple[str, list[str]]:
    """The parameters that all cases share, in words, and those that differ; without `titled`, which
    the title of a table names."""
    keys = dict.fromkeys(key for case in cases for key, _ in case.parameters if key not in titled)
    shared, varying = [], []
    for key in keys:
        values = {case.get(key) for case in cases}
        if len(values) == 1:
            shared.append(f"{key} {readable(values.pop())}")
        else:
            varying.append(key)
    together = _decomposition_by_kernel(cases)
    if "decomposition" in varying and together:
        varying.remove("decomposition")
        return "; ".join(filter(None, (", ".join(shared), together))), varying
    return ", ".join(shared), varying


def _decomposition_by_kernel(cases: Sequence[Case]) -> str:
    """The decomposition of each kernel, where a kernel has only one; or empty."""
    split = dict.fromkeys(
        (case.get("kernel"), case.get("decomposition"))
        for case in cases
        if case.get("decomposition")
    )
    if len(split) > len({kernel for kernel, _ in split}):
        return ""
    return ", ".join(f"kernel {kernel or 'none'} {how}" for kernel, how in split)
