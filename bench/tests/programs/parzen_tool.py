"""Runs parzen estimate on the bytes of a file of samples: counts, or the error message."""

import re
import subprocess
from pathlib import Path

from programs import BUILD

DATA = ["0.1,0.2", "-0.3,0.4", "5,6", "0.25,-1e-05"]  # three of these are in a window of width 1


def estimate(
    samples: bytes | Path, query: str = "0,0", widths: str = "1"
) -> subprocess.CompletedProcess[str]:
    """A tool that reads these bytes as its standard input, or that file."""
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
    """The error message, which is one line."""
    done = estimate(samples, query)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    [line] = done.stderr.splitlines()
    return line.removeprefix("parzen: standard input: ")


def lines(*text: str, end: str = "\n") -> bytes:
    return "".join(line + end for line in text).encode()


def separated(separator: str, header: str = "") -> bytes:
    rows = [line.replace(",", separator) for line in DATA]
    return lines(*([header] if header else []), *rows)


def follow(message: str, file: Path) -> Path:
    """The output of a message's command for a file."""
    found = re.search(r"`(.*FILE.*) \| parzen estimate --samples - \.\.\.`", message)
    assert found, message
    command = found[1]
    written = file.with_name(f"{file.name}.")
    shell = ["bash", "-c", command.replace("FILE", '"$0"'), str(file)]
    with written.open("wb") as out:
        done = subprocess.run(shell, stdout=out, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    return written
