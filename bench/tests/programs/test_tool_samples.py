"""How parzen reads samples: the file's bytes, and what comes of them."""

import random
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from programs import BUILD

DATA = ["0.1,0.2", "-0.3,0.4", "5,6", "0.25,-1e-05"]  # three of these are in a window of width 1


def estimate(
    samples: bytes | Path, query: str = "0,0", widths: str = "1"
) -> subprocess.CompletedProcess[str]:
    """One that reads these bytes as its standard input, or that file."""
    named = str(samples) if isinstance(samples, Path) else "-"
    done = subprocess.run(
        [BUILD / "parzen", "estimate", "--samples", named, "--query", query, "--widths", widths],
        input=b"" if isinstance(samples, Path) else samples,
        capture_output=True,
        timeout=120,
        check=False,
    )
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
    )


def counts(samples: bytes | Path, query: str = "0,0", widths: str = "1") -> list[int]:
    done = estimate(samples, query, widths)
    assert (done.returncode, done.stderr) == (0, "")
    return [int(line.split(",")[1]) for line in done.stdout.splitlines()[1:]]


def rejection(samples: bytes | Path, query: str = "0,0") -> str:
    """The message, which is one line."""
    done = estimate(samples, query)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    [line] = done.stderr.splitlines()
    return line.removeprefix("parzen: standard input: ")


def lines(*text: str, end: str = "\n") -> bytes:
    return "".join(line + end for line in text).encode()


def separated(separator: str, header: str = "") -> bytes:
    rows = [line.replace(",", separator) for line in DATA]
    return lines(*([header] if header else []), *rows)


READ = {
    "commas": separated(","),
    "commas and blanks": separated("  , \t"),
    "semicolons": separated(";"),
    "semicolons and blanks": separated(" ; "),
    "tabs": separated("\t"),
    "tabs and blanks": separated(" \t "),
    "a blank": separated(" "),
    "columns of blanks": lines("  0.1    0.2", " -0.3    0.4  ", "  5      6", "  0.25  -1e-05 "),
    "no newline at the end": separated(",").rstrip(b"\n"),
    "CRLF": lines(*DATA, end="\r\n"),
    "byte order mark": b"\xef\xbb\xbf" + separated(","),
    "byte order mark and header": b"\xef\xbb\xbf" + separated(",", "x,y"),
    "byte order mark and comment": b"\xef\xbb\xbf# x\n" + separated(","),
    "empty lines at the end": separated(",") + b"\n \r\n\t\n",
    "header of pandas": separated(",", "x,y"),
    "header of R": separated(",", '"V1","V2"'),
    "header of R's write.table": separated(" ", '"V1" "V2"'),
    "header of a spreadsheet": separated(";", "Höhe, in m;Länge, in m"),
    "header in Latin-1": "Höhe;Länge\n".encode("latin-1") + separated(";"),
    "header of words": separated(",", "height (m), weight of it"),
    "header after comments": lines("# by hand", "", end="\n")[:-1] + separated("\t", "a\tb"),
    "header with tabs and blanks": separated("\t", "height (m)\tweight (kg)"),
    "names with marks": separated(",", "_x,中2"),
    "names behind marks beyond ASCII": separated(",", "°C,\u200b“Länge”"),
    "NumPy's savetxt": lines(
        "# x y", "1.000000000000000056e-01 2.000000000000000111e-01",
        "-2.999999999999999889e-01 4.000000000000000222e-01",
        "5.000000000000000000e+00 6.000000000000000000e+00",
        "2.500000000000000000e-01 -1.000000000000000082e-05",
    ),
    "comments anywhere": lines("#", DATA[0], "  # 9,9", *DATA[1:], "# the end"),
    "every value quoted": lines(*('"' + line.replace(",", '","') + '"' for line in DATA)),
    "quoted with blanks": lines(*('"' + line.replace(",", '" ; "') + '"' for line in DATA)),
    "numbers of R and NumPy": lines("1e-01,2E-1", "-.3,+0.4", "5.,6.0e+00", "+.25,-1e-05"),
}  # fmt: skip


@pytest.mark.parametrize("content", READ.values(), ids=READ)
def test_samples_are_read_however_they_are_written(content: bytes) -> None:
    assert counts(content, widths="1,0.5,20") == [3, 2, 4]


def test_one_dimension_is_a_value_a_line() -> None:
    assert counts(b"x\n0.1\n -0 \n7\n", "0") == [2]
    assert counts(b"size of it\r\n0.1\r\n", "0") == [1]
    assert counts(b'"0.1"\n"-.2"\n', "0") == [2]


def test_the_smallest_and_largest_doubles_are_read() -> None:
    assert counts(b"4.9406564584124654e-324\n1.7976931348623157e+308\n", "0") == [1]


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
        "value 1 of line 2 is 'm', not a number: only a header may hold names: write a number, "
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
        "value 1 of line 1 is 'NA', not a number: fill in the value, or leave out all lines that "
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
        "value 2 of line 1 is '1,234.5', not a number: write numbers without separators of "
        "thousands"),
    "thousands or a decimal comma": (
        lines('"0.1","1,234"'),
        "value 2 of line 1 is '\"1,234\"', which has a decimal comma or a separator of thousands: "
        "write a point in its place, or nothing"),
    "thousands with points": (
        lines("0.1;1.234.567,8"), "value 2 of line 1 is '1.234.567,8', not a number: write numbers "
        "without separators of thousands"),
    "thousands with blanks": (lines("0.1,-1 234.5"), "write numbers without separators of th"),
    "thousands with quotes": (lines("0.1,12'345"), "write numbers without separators of th"),
    "some values quoted": (
        lines('0.1,"0.2"'), "value 2 of line 1 is '\"0.2\"', in quotes: quote all values or none"),
    "a later value without quotes": (
        lines('"0.1","0.2"', '0.1,"0.2"'), "value 1 of line 2 is '0.1', without quotes: quote all"),
    "a ragged line": (
        lines("0.1,0.2", "0.3"),
        "line 2 has 1 value(s), the lines before it have 2: every sample needs the same number of "
        "dimensions: correct the line, or leave it out"),
    "a ragged line of one dimension": (
        lines("0.1", "0.2 0.3"), "line 2 has 2 value(s), the lines before it have 1"),
    "a separator at the end of one line": (
        lines("0.1,0.2", "0.1,0.2,"), "line 2 ends with a separator"),
    "NUL": (
        b"0.1,0.2\n0.1\0,0.2\n",
        "byte 4 of line 2 is NUL, so the file is binary or damaged: write it again as text"),
    "nothing": (b"", "there are no samples: give one a line, its values with commas between"),
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
def test_what_is_wrong_is_named_with_its_place_and_what_to_do(content: bytes, message: str) -> None:
    said = rejection(content)
    assert message in said
    assert len(said) < 400


def rows(separator: str = ",") -> list[str]:
    return [line.replace(",", separator) for line in DATA]


GERMAN = [line.replace(",", ";").replace(".", ",") for line in DATA]

# The message names a command that makes the file readable, or a part of it that leads to the next.
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
        "line 2 is empty and samples follow it, but a line is a sample"),
    "empty lines, CRLF": (lines(DATA[0], "", *DATA[1:], end="\r\n"), "line 2 is empty and"),
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
        lines(*("'" + line.replace(",", "','") + "'" for line in DATA)), "leave out the quotes"),
    "an open quote": (lines('"0.1,0.2', *DATA[1:]), "close the quotes, or leave them out"),
    "quotes here and there": (
        lines('0.1,"0.2"', *DATA[1:]), "in quotes: quote all values or none"),
    "UTF-16": (separated(",").decode().encode("utf-16"), "this is UTF-16"),
    "UTF-16 without a mark": (separated(",").decode().encode("utf-16-le"), "this is UTF-16"),
    "UTF-16, the other order": (separated(",").decode().encode("utf-16-be"), "this is UTF-16"),
    "UTF-32": (separated(",").decode().encode("utf-32"), "this is UTF-32"),
    "UTF-32 without a mark": (separated(",").decode().encode("utf-32-be"), "this is UTF-32"),
}  # fmt: skip


def follow(message: str, file: Path) -> Path:
    """What the command that a message names makes of a file."""
    found = re.search(r"`(.*FILE.*) \| parzen estimate --samples - \.\.\.`", message)
    assert found, message
    command = found[1]
    written = file.with_name(f"{file.name}.")
    shell = ["bash", "-c", command.replace("FILE", '"$0"'), str(file)]
    with written.open("wb") as out:
        done = subprocess.run(shell, stdout=out, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    return written


@pytest.mark.parametrize(("content", "message"), ADVISED.values(), ids=ADVISED)
def test_the_command_that_a_message_names_leads_to_the_right_counts(
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
def test_a_compressed_file_is_named_with_what_unpacks_it(
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


def test_column_numbers_above_numbers_are_counted_with_a_warning(tmp_path: Path) -> None:
    """pandas writes `0,1` above columns without names, which may be a sample as well."""
    file = tmp_path / "samples"
    file.write_bytes(lines("0,1", "0.1,0.2", "-0.3,0.4", "1.0,2e-05"))
    done = estimate(file, widths="20")
    assert (done.returncode, done.stdout) == (0, "h,count,density\n20,4,0.0025\n")
    [warning] = done.stderr.splitlines()
    assert "samples: line 1 is counted as a sample: if it is a header, as pandas writes" in warning
    assert counts(follow(done.stderr, file), widths="20") == [3]


@pytest.mark.parametrize(
    "content",
    [
        lines("0,1"), lines("0,1", "0.5,2"), lines("0,1", "0.5,0.5", "1,0"), lines("1,0", "0.5,2."),
        lines("x,y", "0,1", "0.5,0.5"), lines("0.0,1.0", "0.5,0.5"), lines("0", "1", "2.5"),
    ],
)  # fmt: skip
def test_nothing_is_warned_of_where_the_first_line_is_like_the_others(content: bytes) -> None:
    assert estimate(content, query="0,0" if b"," in content else "0").stderr == ""


def test_samples_of_numpy_are_named_with_what_prints_them(tmp_path: Path) -> None:
    numpy = pytest.importorskip("numpy")
    file = tmp_path / "samples.npy"
    numpy.save(file, [[float(value) for value in line.split(",")] for line in DATA])
    done = estimate(file)
    assert "this is an array of NumPy: `python3 -c" in done.stderr
    written = tmp_path / "samples.txt"
    numpy.savetxt(written, numpy.load(file))  # as the command does, by this interpreter's modules
    assert counts(written) == [3]


def test_a_line_without_an_end_is_rejected_before_it_fills_the_memory() -> None:
    done = estimate(b"1," * (33 << 20))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith(": line 1 is longer than 64 MiB: end every sample with a newline\n")


def test_a_file_that_cannot_be_read_is_named_with_the_reason(tmp_path: Path) -> None:
    for name, reason in (
        (tmp_path, "this is a folder: name a file of samples"),
        (
            tmp_path / "none",
            "the file cannot be opened (No such file or directory): check its name",
        ),
        (Path("/" + "x" * 5000), "(File name too long)"),
        (tmp_path / "\x1b[31m\u202e\n", r"\x1b[31m\u202e\n: the file cannot be opened"),
    ):
        done = estimate(name)
        assert (done.returncode, done.stdout) == (2, "")
        assert reason in done.stderr
        assert len(done.stderr.splitlines()) == 1
        assert len(done.stderr) < 300


PIECES = [
    *(b"0 1 2.5 -3 +4 5e1 .5 6. 1e999 nan inf NA x 0x1 1,5 1d5".split()),
    *(b", ; \t | \" ' # \r \n \r\n \0 \xff\xfe \xef\xbb\xbf \x1f\x8b PK".split(b" ")),
    b" ", b"\n", b",",
    *("\x1b[31m \x07 \x7f \x85 \u202e \u200b \u2028 \ufeff é 中 \U0001f600".encode().split(b" ")),
    b"\xe9", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf", b"x" * 99, b"7" * 99,
]  # fmt: skip


@pytest.mark.parametrize("seed", range(8))
def test_no_bytes_break_the_program_or_reach_a_terminal_as_they_are(seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(25):
        content = b"".join(draw.choices(PIECES, k=draw.choice((3, 10, 100))))
        done = estimate(content)
        assert done.returncode in (0, 2), content
        assert len(done.stderr.splitlines()) <= 1, content
        assert done.stderr.rstrip("\n").isprintable(), content
        assert len(done.stderr) < 500, content
