"""Files without lines of values: parzen recognises the format by the first bytes."""

import io
import pickle
import tarfile
import zipfile

import pytest

from parzen_tool import DATA, counts, rejection

ROWS = [[float(value) for value in line.split(",")] for line in DATA]
CSV = "".join(f"{line}\n" for line in DATA).encode()


def tar() -> bytes:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as members:
        member = tarfile.TarInfo("samples.csv")
        member.size = len(CSV)
        members.addfile(member, io.BytesIO(CSV))
    return archive.getvalue()


def archive(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as members:
        for name in names:
            members.writestr(name, CSV)
    return file.getvalue()


KINDS = {
    "RTF": (rb"{\rtf1\ansi 0.1,0.2}", "a document in RTF: save it as plain text, or its table"),
    "PNG": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a picture (PNG): give the file with the numb"),
    "JPEG": (b"\xff\xd8\xff\xe0\0\x10JFIF\0", "a picture (JPEG): give the file"),
    "GIF": (b"GIF89a\x01\0\x01\0", "a picture (GIF): give the file"),
    "PDF": (b"%PDF-1.7\n%\xe2\xe3", "a PDF document: give the file"),
    "PostScript": (b"%!PS-Adobe-3.0\n", "a PostScript document: give the file"),
    "HTML": (b"<!DOCTYPE html>\n<html>", "HTML: save its table as CSV where it was made"),
    "HTML in capitals": (b"\n <HTML><BODY>", "HTML: save its table as CSV"),
    "a table that is named .xls": (b"\xef\xbb\xbf<table border=1>", "HTML: save its table as CSV"),
    "XML": (b'<?xml version="1.0"?>\n<Workbook>', "XML: save its table as CSV"),
    "JSON after a mark": (b"\xef\xbb\xbf[[1,2]]", "JSON: write it as CSV"),
    "xlsx": (archive("[Content_Types].xml"), "a ZIP archive, which .xlsx, .ods and .npz are too"),
    "an empty archive": (archive(), "a ZIP archive without files"),
    "tar": (tar(), "a tar archive: `tar -xOf FILE | parzen estimate --samples - ...`"),
    "RAR": (b"Rar!\x1a\x07\x01\0", "a RAR archive: unpack it first"),
    "MATLAB 5": (b"MATLAB 5.0 MAT-file, Platform: GLNXA64", "data saved by MATLAB: write it"),
    "MATLAB 7": (b"MATLAB 7.3 MAT-file, Platform: GLNXA64", "data saved by MATLAB: write it"),
    "Stata": (b"<stata_dta><header><release>118", "data saved by Stata: write it as CSV"),
    "SPSS": (b"$FL2@(#) SPSS DATA FILE", "data saved by SPSS: write it as CSV"),
    # Protocols 0 and 1 have no signature; neither was the default of any Python 3.
    **{
        f"pickle {protocol}": (pickle.dumps(ROWS, protocol), "a pickle of Python: write it as CSV")
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)
    },
}


@pytest.mark.parametrize(("content", "kind"), KINDS.values(), ids=KINDS)
def test_a_format_is_reported_with_advice(content: bytes, kind: str) -> None:
    said = rejection(content)
    assert said.startswith(f"this is {kind}")
    assert len(said) < 300


@pytest.mark.parametrize(
    "header", ["PAR1,PAR2", "PKG,PNG", "GIF,PDF", "MATLAB,R", "Rar,tar", "rtf,html", "table,xml"]
)
def test_a_header_may_contain_the_names_of_formats(header: str) -> None:
    assert counts(f"{header}\n".encode() + CSV) == [3]


def test_a_missing_value_is_not_a_tag() -> None:
    assert "value 1 of line 1 is '<NA>', not a number" in rejection(b"<NA>,1\n")
