"""How parzen reads samples from the bytes of a file."""

import random
from pathlib import Path

import pytest

from parzen_tool import DATA, counts, estimate, follow, lines, separated

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
def test_samples_are_read_in_every_format(content: bytes) -> None:
    assert counts(content, widths="1,0.5,20") == [3, 2, 4]


def test_one_dimension_is_one_value_per_line() -> None:
    assert counts(b"x\n0.1\n -0 \n7\n", "0") == [2]
    assert counts(b"size of it\r\n0.1\r\n", "0") == [1]
    assert counts(b'"0.1"\n"-.2"\n', "0") == [2]


def test_the_smallest_and_largest_doubles_are_read() -> None:
    assert counts(b"4.9406564584124654e-324\n1.7976931348623157e+308\n", "0") == [1]


def test_a_line_of_column_numbers_is_counted_with_a_warning(tmp_path: Path) -> None:
    """pandas writes `0,1` above columns without names; it may be a sample too."""
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
def test_a_first_line_like_the_others_has_no_warning(content: bytes) -> None:
    assert estimate(content, query="0,0" if b"," in content else "0").stderr == ""


def test_a_line_without_an_end_is_rejected_before_it_fills_the_memory() -> None:
    done = estimate(b"1," * (33 << 20))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith(": line 1 is longer than 64 MiB: end every sample with a newline\n")


def test_an_unreadable_file_is_reported_with_the_reason(tmp_path: Path) -> None:
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
def test_no_bytes_break_the_program_or_reach_a_terminal_unescaped(seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(25):
        content = b"".join(draw.choices(PIECES, k=draw.choice((3, 10, 100))))
        done = estimate(content)
        assert done.returncode in (0, 2), content
        assert len(done.stderr.splitlines()) <= 1, content
        assert done.stderr.rstrip("\n").isprintable(), content
        assert len(done.stderr) < 500, content
