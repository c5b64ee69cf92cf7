"""The programs' messages about invalid command lines."""

import re
import subprocess
from pathlib import Path

import pytest
from programs import BUILD, output, run

SUBCOMMANDS = "choose one of estimate, generate, backends"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], f"a subcommand is missing: {SUBCOMMANDS}"),
        (["foo"], f"there is no subcommand named 'foo': {SUBCOMMANDS}"),
        (["estimat", "--n", "3"], f"there is no subcommand named 'estimat': {SUBCOMMANDS}"),
        (["", "3"], f"there is no subcommand named '': {SUBCOMMANDS}"),
        (
            ["--workers", "2", "estimate"],
            "'--workers' is an option of estimate: write it after the subcommand",
        ),
        (
            ["--n=3", "generate"],
            "'--n=3' is an option of estimate, generate: write it after the subcommand",
        ),
        (
            ["--seed", "3"],
            "'--seed' is an option of estimate, generate: write it after the subcommand",
        ),
        (
            ["backends", "--n", "3"],
            "'--n' is an option of estimate, generate: write it after the subcommand",
        ),
        (
            ["estimate", "--worker", "2"],
            "unexpected argument '--worker': see parzen estimate --help",
        ),
        (["estimate", "generate"], "unexpected argument 'generate': see parzen estimate --help"),
        (["generate", "5"], "unexpected argument '5': see parzen generate --help"),
        (["--colour"], "unexpected argument '--colour': see parzen --help"),
        (["estimate", "--query", "0"], "--widths is required: see parzen estimate --help"),
    ],
    ids=str,
)  # fmt: skip
def test_parzen_lists_its_subcommands_or_the_place_of_an_option(
    arguments: list[str], message: str
) -> None:
    done = run("parzen", *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"parzen: {message}\n")


@pytest.mark.parametrize(
    "program", ["count_calls", "count_once", "parzen", "parzen_bench", "walkthrough"]
)
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_every_program_prints_its_usage(program: str, option: str) -> None:
    assert re.search(rf"^Usage: {program} ", output(program, option), re.MULTILINE)


@pytest.mark.parametrize(
    ("program", "arguments", "message"),
    [
        ("walkthrough", ["x"], "unexpected argument 'x': see walkthrough --help"),
        ("walkthrough", ["--x"], "unexpected argument '--x': see walkthrough --help"),
        ("count_calls", [], "SCHEDULER is required: see count_calls --help"),
        ("count_calls", ["x"], "not a scheduler: 'x'; choose one that --schedulers lists"),
        ("count_calls", ["tbb warm", "0"], "CALLS: '0' is less than 1: see count_calls --help"),
        ("count_once", [], "KERNEL is required: see count_once --help"),
        ("count_once", ["x"], "there is no kernel named 'x': choose one of literal, "),
        ("count_once", ["simd", "y"], "SAMPLES: 'y' is not an integer, such as 1000000: see "),
        ("count_once", ["simd", "010"], "SAMPLES: '010' has a leading zero: remove it: see "),
        ("count_once", ["simd", "9" * 20], f"SAMPLES: '{'9' * 20}' is too large: see "),
        ("count_once", ["simd", "0"], "0 samples of 2 dimension(s) cannot be generated: "),
        ("count_once", ["simd", "-1"], "-1 samples of 2 dimension(s) cannot be generated: "),
        ("count_once", ["simd", "9", "9"], "unexpected argument '9': see count_once --help"),
        ("parzen_bench", ["--order-seed=-1"], "--order-seed: '-1' must not be negative: see "),
        ("parzen_bench", [f"--order-seed={2**64}"], f"--order-seed: '{2**64}' is too large: see "),
        ("parzen_bench", [f"--memory={2**64}"], f"--memory: '{2**64}' is too large: see "),
    ],
    ids=str,
)  # fmt: skip
def test_the_other_programs_report_errors(program: str, arguments: list[str], message: str) -> None:
    done = run(program, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"{program}: {message}")
    assert done.stderr.count("\n") == 1


def test_the_whole_range_of_a_seed_can_be_written() -> None:
    generate = ("generate", "--generator", "counter", "--n", "1", "--seed")
    assert output("parzen", *generate, str(2**63 - 1)) != output("parzen", *generate, "0")
    listing = ("--benchmark_list_tests=true", "--benchmark_filter=^dispatch/memcpy/")
    assert output("parzen_bench", "--order-seed", str(2**64 - 1), *listing)


ESTIMATE = ["estimate", "--query", "0,0", "--widths", "1", "--samples"]
NOT_OPEN = "it is closed, or not open for reading: redirect a file to it, or name one by --samples"


@pytest.mark.parametrize(
    ("redirection", "message"),
    [
        ("<&-", NOT_OPEN),
        ("0>/dev/null", NOT_OPEN),
        ("</", "this is a folder: name a file of samples"),
        (
            "</dev/null",
            "there are no samples: give one per line, with its values separated by commas",
        ),
    ],
)
def test_errors_of_standard_input_are_reported(redirection: str, message: str) -> None:
    done = subprocess.run(
        ["sh", "-c", f'exec "$0" "$@" {redirection}', BUILD / "parzen", *ESTIMATE, "-"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    said = f"parzen: standard input: {message}\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", said)


def test_an_empty_file_name_is_an_error() -> None:
    done = run("parzen", *ESTIMATE, "")
    said = (
        "parzen: --samples is missing or empty: name a file of samples, or - for standard input, "
        "or have samples generated by --n\n"
    )
    assert (done.returncode, done.stdout, done.stderr) == (2, "", said)


def test_a_file_that_fails_during_reading_is_reported() -> None:
    # No process has memory at address 0, where reading starts.
    done = run("parzen", *ESTIMATE, "/proc/self/mem")
    said = "/proc/self/mem: reading failed (Input/output error): check the file and its device"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"parzen: {said}\n")


def test_samples_of_other_dimensions_are_reported_with_their_file(tmp_path: Path) -> None:
    file = tmp_path / "samples.csv"
    file.write_text("1,2,3\n")
    done = run("parzen", *ESTIMATE, str(file))
    said = f"parzen: {file}: the samples have 3 dimension(s), and --query has 2 coordinate(s): "
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == said + "give one coordinate per dimension\n"
