"""Names of cases."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parzen_study.run.case import INTEGERS, filter_matcher, parse_case

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
        ("loops/tbb/loop:sum/size:many", "whole number"),
        ("loops/tbb/loop:sum/size:12345678901234567890", "whole number"),
        ("article/tbb/n:1/n:2", "'n' is listed twice"),
        ("article/t\x1b[2Jbb", "x1b"),
        ("article/tbb/unit:a\nb", "not of the form key:value"),
        ("article/tbb/unit:" + "x" * 65, "not of the form key:value"),
        ("article/t\N{LATIN SMALL LETTER E WITH ACUTE}bb", "family/backend"),
    ],
)
def test_a_name_of_another_form_is_rejected(name: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_case(name)


def test_cases_that_differ_in_mechanism_alone_solve_one_problem() -> None:
    one = parse_case("article/serial/kernel:literal/n:10/d:2/workers:1/start:cold")
    same = parse_case("article/tbb/kernel:fused/n:10/d:2/workers:4/start:warm")
    other = parse_case("article/tbb/kernel:literal/n:11/d:2/workers:4/start:warm")
    assert one.problem == same.problem != other.problem


def test_cases_of_dispatch_have_no_samples_to_count() -> None:
    assert parse_case("article/tbb/n:10/workers:2").counts_samples
    assert not parse_case("dispatch/tbb/operation:map/tasks:100/workers:2").counts_samples


def test_what_only_reads_the_samples_counts_none() -> None:
    limit = "kernels/serial/kernel:{}/n:10000/d:2/workers:1/start:warm"
    assert not parse_case(limit.format("stream_read")).counts_samples
    assert parse_case(limit.format("stream_reader")).counts_samples


@pytest.mark.parametrize(
    ("case_filter", "kept"),
    [
        ("", ["a/tbb/n:1", "a/tbb/n:10"]),
        ("all", ["a/tbb/n:1", "a/tbb/n:10"]),
        ("n:1/", ["a/tbb/n:1"]),
        ("-n:1/", ["a/tbb/n:10"]),
        ("real_time$", ["a/tbb/n:1", "a/tbb/n:10"]),
        ("n:1$", []),
    ],
)
def test_a_filter_is_matched_against_the_full_name(case_filter: str, kept: list[str]) -> None:
    """As Google Benchmark does it: anywhere in what it prints."""
    assert list(filter(filter_matcher(case_filter), ["a/tbb/n:1", "a/tbb/n:10"])) == kept


def test_a_filter_that_is_no_regular_expression_is_rejected() -> None:
    with pytest.raises(ValueError, match=r"'\('"):
        filter_matcher("(")
