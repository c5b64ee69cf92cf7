"""Samples that parzen rejects: the message has the place, what was found and what to do."""

import pytest

from parzen_tool import lines, rejection

NAMED = {
    "mixed separators": (
        lines("0.1,0.2", "# no sample", "0.3;0.4"),
        "line 3 separates its values by semicolons, and line 1 by commas: use one separator in the "
        "whole file",
    ),
    "commas, then blanks": (
        lines("0.1,0.2", "0.3 0.4"), "line 2 separates its values by blanks, and line 1 by commas"),
    "blanks, then tabs": (
        lines("0.1 0.2", "0.3\t0.4"), "line 2 separates its values by tabs, and line 1 by blanks"),
    "two separators in a line": (
        lines("0.1;0.2,0.3"), "line 1 separates its values both by semicolons and by commas"),
    "commas and blanks in a line": (
        lines("0.1,0.2 0.3"), "line 1 separates its values both by commas and by blanks"),
    "header with another separator": (
        lines("x,y", "0.1;0.2"),
        "line 2 separates its values by semicolons, and line 1 by commas"),
    "header with too few names": (
        lines("My data", "0.1,0.2,0.3"), "line 2 has 3 value(s), and line 1 has 1 name(s)"),
    "header with too many names": (
        lines("x,y,z", "0.1,0.2"), "line 2 has 2 value(s), and line 1 has 3 name(s)"),
    "header alone": (lines("x,y"), "line 1 is a header, and no sample follows it"),
    "two headers": (
        lines("x,y", "m,m", "0.1,0.2"),
        "value 1 of line 2 is 'm', not a number: only a header may contain names: write a number, "
        "or remove this column or line"),
    "names and numbers": (
        lines("0.1,o.2", "0.3,0.4"), "line 1 holds names as well as numbers, such as 'o.2'"),
    "a broken number is no name": (
        lines("0.1.2,0.3", "1,2"), "value 1 of line 1 is '0.1.2', not a number"),
    "a number in dollars is no name": (lines("$5", "1"), "value 1 of line 1 is '$5', not a number"),
    "a typographic minus": (
        lines("\u22120.5", "1"),
        "value 1 of line 1 is '\u22120.5', not a number: a minus sign is the ASCII character -"),
    "a missing word is no name": (
        lines("NA,NA", "1,2"),
        "value 1 of line 1 is 'NA', not a number: fill in the value, or remove all lines that "
        "lack one (pandas' dropna(), R's na.omit())"),
    "not finite, as written on Windows": (
        lines("0.1,-1.#IND00"), "value 2 of line 1 is '-1.#IND00', not a number: fill in the val"),
    "two byte order marks": (
        b"\xef\xbb\xbf\xef\xbb\xbf0.1\n0.2\n", r"value 1 of line 1 is '\ufeff0.1', not a number"),
    "a blank without width is no name": (
        lines("\u200b0.1", "0.2"), r"value 1 of line 1 is '\u200b0.1', not a number"),
    "a number in euros is no name": (
        lines("€5,≤6", "1,2"), "value 1 of line 1 is '€5', not a number: write numbers such as"),
    "wide digits are no name": (
        lines("\uff11", "2"), "value 1 of line 1 is '\uff11', not a number"),
    "None": (lines("0.1,0.2", "0.1,None"), "value 2 of line 2 is 'None', not a number: fill in"),
    "an empty value": (lines("0.1,0.2", "0.1,"), "value 2 of line 2 is '', not a number: fill in"),
    "an empty value in the first line": (
        lines("0.1,", "0.1,0.2"), "value 2 of line 1 is '', not a number: fill in"),
    "an empty value below a header": (
        lines("x,y", "0.1,", "0.1,"), "value 2 of line 2 is '', not a number: fill in"),
    "an empty value in quotes": (
        lines('"0.1",""', '"0.1","0.2"'), "value 2 of line 1 is '\"\"', not a number: fill in"),
    "nan": (lines("0.1,0.2", "nan,1"), "value 1 of line 2 is nan: samples must be finite: fill in"),
    "Inf": (lines("0.1,Inf"), "value 2 of line 1 is inf: samples must be finite: fill in"),
    "-Infinity": (lines("-Infinity"), "value 1 of line 1 is -inf: samples must be finite"),
    "too large": (lines("0.1,1e999"), "value 2 of line 1 is '1e999', outside the range of double"),
    "hexadecimal": (lines("0.1,0x10"), "value 2 of line 1 is '0x10', not a number"),
    "thousands": (
        lines("0.1;1,234.5"),
        "value 2 of line 1 is '1,234.5', not a number: write numbers without thousands "
        "separators"),
    "thousands or a decimal comma": (
        lines('"0.1","1,234"'),
        "value 2 of line 1 is '\"1,234\"', which has a decimal comma or a thousands separator: "
        "write a decimal point, or remove the separator"),
    "thousands with points": (
        lines("0.1;1.234.567,8"), "value 2 of line 1 is '1.234.567,8', not a number: write numbers "
        "without thousands separators"),
    "thousands with blanks": (lines("0.1,-1 234.5"), "write numbers without thousands sep"),
    "thousands with quotes": (lines("0.1,12'345"), "write numbers without thousands sep"),
    "some values quoted": (
        lines('0.1,"0.2"'), "value 2 of line 1 is '\"0.2\"', in quotes: quote all values or none"),
    "a later value without quotes": (
        lines('"0.1","0.2"', '0.1,"0.2"'), "value 1 of line 2 is '0.1', without quotes: quote all"),
    "a ragged line": (
        lines("0.1,0.2", "0.3"),
        "line 2 has 1 value(s), the lines before it have 2: every sample needs the same number of "
        "dimensions: correct or remove the line"),
    "a ragged line of one dimension": (
        lines("0.1", "0.2 0.3"), "line 2 has 2 value(s), the lines before it have 1"),
    "a separator at the end of one line": (
        lines("0.1,0.2", "0.1,0.2,"), "line 2 ends with a separator"),
    "NUL": (
        b"0.1,0.2\n0.1\0,0.2\n",
        "byte 4 of line 2 is NUL, so the file is binary or damaged: write it again as text"),
    "nothing": (
        b"", "there are no samples: give one per line, with its values separated by commas"
    ),
    "a byte order mark alone": (b"\xef\xbb\xbf", "there are no samples"),
    "comments alone": (lines("# x", "#"), "there are no samples"),
    "empty lines alone": (lines("", " "), "there are no samples"),
    "JSON": (b" [[0.1, 0.2],\n [0.3, 0.4]]\n", "this is JSON: write it as CSV, in Python by pand"),
    "ZIP": (b"PK\x03\x04\x14\0", "this is a ZIP archive, which .xlsx, .ods and .npz are too"),
    "zstd": (b"\x28\xb5\x2f\xfd\x24", "this is compressed by zstd: `zstd -dc FILE | parzen"),
    "HDF5": (b"\x89HDF\r\n\x1a\n\0", "this is HDF5: write it as CSV"),
    "Parquet": (b"PAR1\x15\x04", "this is Parquet: write it as CSV"),
    "R": (b"RDX3\nX\n\0\0", "this is data saved by R: write it as CSV, in R by write.csv(..., row"),
    "an old spreadsheet": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "this is a document of Microsoft"),
    "terminal codes": (
        b"0.1,0.2\n\x1b[31m\x07,\xff\n",
        r"value 1 of line 2 is '\x1b[31m\x07', not a number"),
    "a value of a thousand digits": (
        lines("0.1,0.2", "0.1," + 500 * "12" + "x"),
        f"value 2 of line 2 is '{19 * '12'}...{9 * '12'}x', not a number"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "message"), NAMED.values(), ids=NAMED)
def test_an_error_is_reported_with_its_place_and_advice(content: bytes, message: str) -> None:
    said = rejection(content)
    assert message in said
    assert len(said) < 400
