"""instructions.py: the counts, and the messages if it cannot count."""

import errno
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from programs import BUILD, ROOT

from runner.counting.instructions import CountingError, called_cost, count, main, valgrind_here

SCRIPT = ROOT / "bench/runner/counting/instructions.py"
PROGRAM = BUILD / "count_once"
needs_valgrind = pytest.mark.skipif(shutil.which("valgrind") is None, reason="no valgrind")

# As callgrind 3.19.0 writes it: the counted function, its caller and its callees.
PROFILE = """\
fn=main
cfn=counted_call
calls=1 0
0 1015

fn=counted_call
0 13
cfn=parzen::count_fused(parzen::Problem const&)
calls=1 0
0 1000
0 2

fn=parzen::count_fused(parzen::Problem const&)
0 300
cfn=parzen::N_AVX2::count(parzen::Columns const&)
calls=5 0
0 700
"""


def counted(
    *arguments: str, program: Path = PROGRAM, folder: Path = ROOT, search: str | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            SCRIPT,
            f"--program={program}",
            *arguments,
        ],
        cwd=folder,
        env=None if search is None else {"PATH": search},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def rows(text: str) -> dict[str, list[str]]:
    """The cells after the kernel's name, a line per kernel."""
    lines = [re.split(r" {2,}", line) for line in text.split("\n\n")[1].splitlines()]
    assert lines[0] == [
        *("kernel", "instructions", "a sample", "a sample and width", "instruction set")
    ]
    return {name: cells for name, *cells in lines[1:]}


def instructions(kernel: str, n: int) -> int:
    done = counted(f"--n={n}", kernel)
    assert done.returncode == 0, done.stderr
    return int(rows(done.stdout)[kernel][0].replace(",", ""))


def script(folder: Path, text: str, name: str = "count_once") -> Path:
    file = folder / name
    file.write_text(f"#!/bin/sh\n{text}\n", "utf-8")
    file.chmod(0o755)
    return file


LISTS_FUSED = '[ "$1" = --kernels ] && echo fused && exit\n'


@needs_valgrind
def test_serial_executes_at_most_5_percent_more_than_a_handwritten_loop() -> None:
    valgrind, _ = valgrind_here()
    program = BUILD / "count_dot"
    by_hand = count(valgrind, program, "by_hand").instructions
    serial = count(valgrind, program, "serial").instructions
    assert by_hand > 1_000_000
    assert by_hand < serial <= 1.05 * by_hand


@needs_valgrind
def test_the_literal_kernel_has_the_same_cost_per_sample() -> None:
    small, middle, large = (instructions("literal", n) for n in (1000, 2000, 3000))
    # Not exactly: it depends on which samples are outside in their first coordinate.
    assert middle - small == pytest.approx(small, rel=0.05)
    assert large - middle == pytest.approx(small, rel=0.05)
    assert 10 < small / 1000 / 100 < 40


@needs_valgrind
def test_the_counts_are_the_kernel_s_and_the_same_in_a_second_run(tmp_path: Path) -> None:
    done = counted("--n=500", "literal", "fused", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    head = done.stdout.splitlines()[0]
    assert "valgrind-3" in head
    assert "n:500/d:2/m:100/" in head
    found = rows(done.stdout)
    assert list(found) == ["literal", "fused"]
    for total, a_sample, a_sample_and_width, _ in found.values():
        exact = int(total.replace(",", ""))
        assert float(a_sample.replace(",", "")) == pytest.approx(exact / 500, abs=0.005)
        assert float(a_sample_and_width) == pytest.approx(exact / 500 / 100, abs=0.00005)
    assert found["literal"][3] == "as compiled"
    assert re.fullmatch(r"[A-Z][A-Z0-9_]+", found["fused"][3])
    assert list(tmp_path.iterdir()) == []
    again = rows(counted("--n=500", "literal", "fused").stdout)
    assert again["literal"] == found["literal"]
    # In some runs the bins of fused have another address, which changes memset by one step.
    totals = [int(each["fused"][0].replace(",", "")) for each in (found, again)]
    assert abs(totals[0] - totals[1]) <= 7


@needs_valgrind
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("echo last words >&2; kill -SEGV $$", ["count_once fused", "SIGSEGV", "last words"]),
        ("exit 3", ["count_once fused", "status 3", "nothing"]),
        ("exit 0", ["counted_call", "made 0 calls", "make build"]),
    ],
)
def test_the_messages_of_a_failing_program_are_printed(
    text: str, said: list[str], tmp_path: Path
) -> None:
    done = counted("fused", program=script(tmp_path, LISTS_FUSED + text))
    assert (done.returncode, done.stdout) == (1, "")
    for part in said:
        assert part in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("kernels", "unknown"),
    [
        (["slow"], "'slow'"),
        (["literal", "slow", "Fused", "slow"], "'slow', 'Fused'"),
        (["", "\x1b[31m"], "'', '\\x1b[31m'"),
    ],
)
def test_unknown_kernels_are_an_error_with_the_known_ones_before_valgrind_starts(
    kernels: list[str], unknown: str, tmp_path: Path
) -> None:
    script(tmp_path, f"echo started > {tmp_path}/started", "valgrind")
    done = counted(*kernels, search=str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"instructions.py: not a kernel: {unknown}; choose from: literal")
    assert {"literal", "fused"} <= set(re.split(r"[ ,\n]+", done.stderr))
    assert not (tmp_path / "started").exists()


@pytest.mark.parametrize(("mode", "said"), [(0o755, "exit status 3"), (0o644, "denied")])
def test_a_program_that_lists_no_kernels_is_an_error_with_advice(
    mode: int, said: str, tmp_path: Path
) -> None:
    program = script(tmp_path, "exit 3")
    program.chmod(mode)
    done = counted("fused", program=program)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert f"{program} does not list its kernels" in done.stderr
    assert said in done.stderr
    assert done.stderr.endswith("; run: make build\n")


def test_missing_valgrind_is_an_error_with_advice(tmp_path: Path) -> None:
    done = counted("fused", search=str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "instructions.py: valgrind was not found; on Debian: apt-get install valgrind\n"
    )


@needs_valgrind
def test_a_missing_folder_for_temporary_files_is_an_error_of_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def none_is_writable() -> str:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    monkeypatch.setattr("tempfile.gettempdir", none_is_writable)
    assert main([f"--program={PROGRAM}", "literal"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "No usable temporary directory found; check that" in said.err
    assert said.err.count("\n") == 1


def test_a_missing_program_is_an_error_with_advice(tmp_path: Path) -> None:
    done = counted("fused", program=tmp_path / "count_once")
    assert done.returncode == 1
    assert "make build" in done.stderr


def test_the_cost_is_that_of_the_kernel_without_its_caller() -> None:
    assert called_cost(PROFILE, PROGRAM) == 1000


@pytest.mark.parametrize(
    ("profile", "calls"),
    [
        ("", 0),
        (PROFILE.replace("cfn=parzen::count_fused", "fn=parzen::count_fused"), 0),
        (PROFILE.replace("calls=1 0\n0 1000", "calls=2 0\n0 1000"), 2),
        (PROFILE + PROFILE, 2),
    ],
)
def test_a_profile_without_exactly_one_call_is_rejected(profile: str, calls: int) -> None:
    with pytest.raises(CountingError, match=f"made {calls} calls"):
        called_cost(profile, PROGRAM)
