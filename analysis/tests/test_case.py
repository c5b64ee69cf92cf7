"""Names of cases."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parzen_study.case import INTEGERS, parse_case

words = st.from_regex(r"[A-Za-z0-9_.+-]{1,8}", fullmatch=True)
parameters = st.dictionaries(
    words.map(lambda word: f"k{word}").filter(lambda word: word not in INTEGERS), words, max_size=4
)


@given(words, words, parameters)
def test_a_name_gives_back_its_parts(family: str, backend: str, given_: dict[str, str]) -> None:
    name = "/".join([family, backend, *(f"{key}:{value}" for key, value in given_.items())])
    case = parse_case(name + "/process_time/real_time")
    assert (case.name, case.family, case.backend) == (name, family, backend)
    assert dict(case.parameters) == given_


@pytest.mark.parametrize(
    "appended",
    ["", "/real_time", "/iterations:3/repeats:2/process_time/real_time/threads:4", "/manual_time"],
)
def test_what_google_benchmark_appends_is_no_part_of_a_case(appended: str) -> None:
    assert parse_case("article/tbb/n:10" + appended).name == "article/tbb/n:10"


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("article", "family/backend"),
        ("/tbb", "family/backend"),
        ("article/tbb/workers", "'workers'"),
        ("article/tbb/workers:two", "whole number"),
        ("article/tbb/n:1/n:2", "'n' stands twice"),
        ("article/t\x1b[2Jbb", "x1b"),
        ("article/tbb/unit:a\nb", "not of the form key:value"),
        ("article/tbb/unit:" + "x" * 65, "not of the form key:value"),
        ("article/t\N{LATIN SMALL LETTER E WITH ACUTE}bb", "family/backend"),
    ],
)
def test_a_name_of_another_form_is_refused(name: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_case(name)


def test_cases_that_differ_in_mechanism_alone_solve_one_problem() -> None:
    one = parse_case("article/serial/kernel:literal/n:10/d:2/workers:1/start:cold")
    same = parse_case("article/tbb/kernel:fused/n:10/d:2/workers:4/start:warm")
    other = parse_case("article/tbb/kernel:literal/n:11/d:2/workers:4/start:warm")
    assert one.problem == same.problem != other.problem
