"""Samples that a command makes readable: the message has the command, which leads to the right
counts."""

import shutil
import subprocess
from pathlib import Path

import pytest

from parzen_tool import DATA, counts, estimate, follow, lines, rejection, separated


def rows(separator: str = ",") -> list[str]:
    return [line.replace(",", separator) for line in DATA]


GERMAN = [line.replace(",", ";").replace(".", ",") for line in DATA]

# The message has a command that makes the file readable, or makes the next message right.
ADVISED = {
    "decimal commas": (lines(*GERMAN), r"value 1 of line 1 is '0,1', which has a decimal comma"),
    "decimal commas and a header": (lines("x;y", *GERMAN), "value 1 of line 2 is '0,1', which has"),
    "decimal commas and tabs": (
        lines(*(line.replace(";", "\t") for line in GERMAN)),
        "line 1 separates its values by tabs and has decimal commas"),
    "decimal commas and blanks": (
        lines(*(line.replace(";", "  ") for line in GERMAN)),
        "line 1 separates its values by blanks and has decimal commas"),
    "decimal commas in quotes": (
        lines(*('"' + line.replace(";", '","') + '"' for line in GERMAN)),
        "which has a decimal comma"),
    "decimal commas from the second line on": (
        lines("0;0", *GERMAN[:2], "7;7"), "value 1 of line 2 is '0,1', which has a decimal"),
    "separators at the end": (
        lines(*(line + "," for line in DATA)), "every line ends with a separator, as line 1 does"),
    "separators at the end, CRLF": (
        lines(*(line + ";" for line in rows(";")), end="\r\n"), "every line ends with a separator"),
    "tabs at the end": (lines(*(line + "\t" for line in rows("\t"))), "every line ends with a sep"),
    "separators at the end of header and lines": (
        lines("x,y,", *(line + "," for line in DATA)), "line 1 ends with a separator"),
    "separators at the end below a header": (
        lines("x,y", *(line + "," for line in DATA)), "line 2 ends with a separator"),
    "pandas' index": (
        lines(",x,y", *(f"{i},{line}" for i, line in enumerate(DATA))),
        "the first name in line 1 is empty, as pandas and R write it above row names, which are "
        "not a dimension: write without them (index=False, row.names = FALSE), or"),
    "pandas' index and columns without names": (
        lines(",0,1", *(f"{i},{line}" for i, line in enumerate(DATA))),
        "the first name in line 1 is empty"),
    "R's row names": (
        lines('"","V1","V2"', *(f'"{i}",{line}' for i, line in enumerate(DATA, start=1))),
        "the first name in line 1 is empty"),
    "R's row names in a table": (
        lines('"V1" "V2"', *(f'"{i}" {line}' for i, line in enumerate(rows(" "), start=1))),
        "line 2 has 3 values, and line 1 has a name less, as R writes row names"),
    "R's row names without a header": (
        lines(*(f'"{i}",{line}' for i, line in enumerate(DATA, start=1))),
        "value 1 of line 1 is '\"1\"' in quotes, and the others have none: if these are row names"),
    "names in every row": (
        lines(*(f"row{i},{line}" for i, line in enumerate(DATA))),
        "value 1 of line 1 is 'row0', a name: if these are row names"),
    "a header with a number": (
        lines("x,2", *DATA), "line 1 holds names as well as numbers, such as 'x': correct it, or"),
    "a title": (lines("My data", *DATA[:3], DATA[3]), "line 2 has 2 value(s), and line 1 has"),
    "empty lines": (
        lines(DATA[0], "", *DATA[1:3], " \t", DATA[3]),
        "line 2 is empty, and samples follow it: remove empty lines"),
    "empty lines, CRLF": (lines(DATA[0], "", *DATA[1:], end="\r\n"), "line 2 is empty, and"),
    "CR alone": (
        lines(*DATA, end="\r"), "a carriage return alone ends a line at line 1"),
    "CR alone below a comment": (lines("# x", *DATA, end="\r"), "a carriage return alone ends"),
    "CR alone below a header": (lines("x,y", *DATA, end="\r"), "a carriage return alone ends"),
    "CR and CRLF": (
        lines(DATA[0], end="\r\n") + lines(*DATA[1:], end="\r"), "a carriage return alone ends"),
    "comments behind values": (
        lines(*(line + " # measured" for line in DATA)), "a comment has a line of its own"),
    "bars": (lines(*rows("|")), "value 1 of line 1 is '0.1|0.2', not a number: write commas"),
    "Fortran": (lines(*(line.replace("1e-05", "1D-05") for line in DATA)), "'-1D-05', not a num"),
    "single quotes": (
        lines(*("'" + line.replace(",", "','") + "'" for line in DATA)), "remove the quotes"),
    "an open quote": (lines('"0.1,0.2', *DATA[1:]), "close the quotes, or remove them"),
    "quotes here and there": (
        lines('0.1,"0.2"', *DATA[1:]), "in quotes: quote all values or none"),
    "UTF-16": (separated(",").decode().encode("utf-16"), "this is UTF-16"),
    "UTF-16 without a mark": (separated(",").decode().encode("utf-16-le"), "this is UTF-16"),
    "UTF-16, the other order": (separated(",").decode().encode("utf-16-be"), "this is UTF-16"),
    "UTF-32": (separated(",").decode().encode("utf-32"), "this is UTF-32"),
    "UTF-32 without a mark": (separated(",").decode().encode("utf-32-be"), "this is UTF-32"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "message"), ADVISED.values(), ids=ADVISED)
def test_the_command_of_a_message_leads_to_the_right_counts(
    content: bytes, message: str, tmp_path: Path
) -> None:
    file = tmp_path / "samples"
    file.write_bytes(content)
    assert message in rejection(content)
    for _ in range(3):
        done = estimate(file)
        if done.returncode == 0:
            break
        file = follow(done.stderr, file)
    assert counts(file, widths="1,0.5,20") == [3, 2, 4]


@pytest.mark.parametrize(
    ("compress", "message"),
    [
        ("gzip", "compressed by gzip"), ("bzip2", "compressed by bzip2"),
        ("xz", "compressed by xz"), ("zstd", "compressed by zstd"), ("lz4", "compressed by lz4"),
    ],
)  # fmt: skip
def test_a_compressed_file_is_reported_with_a_command_that_unpacks_it(
    compress: str, message: str, tmp_path: Path
) -> None:
    if not shutil.which(compress):
        pytest.skip(f"there is no {compress}")
    file = tmp_path / "samples"
    packed = subprocess.run([compress, "-c"], input=separated(","), capture_output=True, check=True)
    file.write_bytes(packed.stdout)
    done = estimate(file)
    assert (done.returncode, message in done.stderr) == (2, True), done.stderr
    assert counts(follow(done.stderr, file)) == [3]


def test_samples_of_numpy_are_reported_with_a_command_that_prints_them(tmp_path: Path) -> None:
    numpy = pytest.importorskip("numpy")
    file = tmp_path / "samples.npy"
    numpy.save(file, [[float(value) for value in line.split(",")] for line in DATA])
    done = estimate(file)
    assert "this is an array of NumPy: `python3 -c" in done.stderr
    written = tmp_path / "samples.txt"
    numpy.savetxt(
        written, numpy.load(file)
    )  # like the command, but with this interpreter's modules
    assert counts(written) == [3]
