"""Contents of spreadsheets and labelled tables other than numbers.

No sample is lost, and following the advice of a message leads to the right counts.
"""

import re
import subprocess

import pytest

from parzen_tool import counts, lines, rejection

MISSING = (
    "not a number: fill in the value, or remove all lines that lack one (pandas' dropna(), R's "
    "na.omit())"
)


@pytest.mark.parametrize(
    "error",
    [
        *("#N/A", "#DIV/0!", "#VALUE!", "#REF!", "#NUM!", "#NAME?", "#NULL!", "#n/a", "#NA"),
        *("#SPILL!", "#CALC!", "#BUSY!", "#FIELD!", "#CONNECT!", "#GETTING_DATA"),
    ],
)
@pytest.mark.parametrize("separator", [",", ";", "\t", " "])
def test_an_error_of_excel_is_a_missing_value_not_a_comment(error: str, separator: str) -> None:
    first = lines(f"{error}{separator}1", f"0.1{separator}0.2")
    assert rejection(first) == f"value 1 of line 1 is '{error}', {MISSING}"
    later = lines(f"x{separator}y", f"0{separator}0", f"{error}{separator}1")
    assert rejection(later) == f"value 1 of line 3 is '{error}', {MISSING}"


@pytest.mark.parametrize("comment", ["# N/A", "#", "#N/Available", "#DIV/0 is no number", "##N/A"])
def test_a_comment_that_resembles_an_error_of_excel_is_a_comment(comment: str) -> None:
    assert counts(lines(comment, "0.1,0.2", "-0.3,0.4")) == [2]


@pytest.mark.parametrize("first", ["sep=;", "sep=,", '"sep=;"', "sep=", "sep=\t"])
def test_excels_line_that_names_the_separator_is_skipped(first: str) -> None:
    assert counts(lines(first, "x;y", "0.1;0.2", "3;3", end="\r\n")) == [1]


def test_such_a_line_elsewhere_is_not_skipped() -> None:
    assert rejection(lines("1,2", "sep=;")).startswith("line 2 ")


FOLLOWED = {
    "no-break spaces": (
        ["0.1,\u00a00.2", "0.3,\u00a03"],
        r"value 2 of line 1 is '\\u00a00.2', not a number: it has a no-break space \(U\+00A0\): ",
        [1],
    ),
    "labels": (
        ["0.1,0.2,Iris-setosa", "3,3,Iris-setosa", "0.2,0.1,Iris-virginica"],
        "value 3 of line 1 is 'Iris-setosa', a name, and line 2 has one there as well: if the "
        "column holds labels, remove it: ",
        [2],
    ),
    "labels between": (
        ["0.1;red;0.2", "3;blue;3"],
        "value 2 of line 1 is 'red', a name, and line 2 has one there as well: ",
        [1],
    ),
    "labels after blanks": (
        ["0.1  0.2   a", "3 3 b"],
        "value 3 of line 1 is 'a', a name, and line 2 has one there as well: ",
        [1],
    ),
    "labels after tabs": (
        ["0.1\t0.2\ta", "3\t3\tb"],
        "value 3 of line 1 is 'a', a name, and line 2 has one there as well: ",
        [1],
    ),
    "names of lines": (
        ["a,0.1,0.2", "b,3,3"],
        "value 1 of line 1 is 'a', a name: if these are row ",
        [1],
    ),
    "empty columns": (["x,y,,", "0.1,0.2,,", "3,3,,"], "line 1 ends with 2 separators: ", [1]),
    "empty columns of semicolons": (
        ["x;y;;;", "0.1;0.2;;;"],
        "line 1 ends with 3 separators: ",
        [1],
    ),
    "a comment of another language": (
        ["// x y", "0.1 0.2", "3 3"],
        "value 1 of line 1 is '//', neither a name nor a number: correct it, or remove the line: ",
        [1],
    ),
}


@pytest.mark.parametrize(("rows", "said", "expected"), FOLLOWED.values(), ids=FOLLOWED)
def test_following_the_advice_loses_no_sample(
    rows: list[str], said: str, expected: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = lines(*rows)
    message = rejection(content)
    assert re.match(said, message), message
    (command,) = re.findall(r"`(.*) \| parzen estimate --samples - \.\.\.`", message)
    file = tmp_path_factory.mktemp("advice") / "FILE"
    file.write_bytes(content)
    done = subprocess.run(
        ["bash", "-c", command], cwd=file.parent, capture_output=True, check=True, timeout=60
    )
    assert counts(done.stdout) == expected


@pytest.mark.parametrize("row", ['"1,000.5",2.0', '2.0,"1,000.5"', '"-12,345,678.0",0'])
def test_thousands_separators_in_quotes_are_reported(row: str) -> None:
    for content in (lines("x,y", row), lines(row)):
        assert rejection(content).endswith(": write numbers without thousands separators")


@pytest.mark.parametrize("value", ["5%", "1.0m", "0x10", "$5", "2024-01-01"])
def test_an_invalid_number_is_not_called_a_name(value: str) -> None:
    for content in (lines(f"{value},1", "1,1"), lines("1,1", f"{value},1")):
        assert rejection(content).endswith(": write numbers such as -1.5 or 2e-3")


@pytest.mark.parametrize("rows", [["x,y", "1,setosa"], ["1,2", "1,True"], ["1,2", "setosa,2"]])
def test_a_name_below_the_header_is_called_a_name(rows: list[str]) -> None:
    assert rejection(lines(*rows)).endswith(
        "not a number: only a header may contain names: write a number, or remove this column or "
        "line"
    )
