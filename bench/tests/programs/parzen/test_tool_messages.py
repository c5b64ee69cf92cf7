"""parzen's messages about arguments and input that it rejects."""

import os
import re

import pytest
from programs import run

GOOD = {"samples": "0,0\n1,1\n", "query": "0,0", "widths": "1"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"widths": "0"}, r"width 1 of 1 is 0: a width must be finite and greater than 0"),
        ({"widths": "1,-0.5"}, r"width 2 of 2 is -0.5"),
        ({"widths": "nan"}, r"width 1 of 1 is nan"),
        ({"widths": "1,inf"}, r"width 2 of 2 is inf"),
        ({"widths": ""}, r"--widths: 1 required"),
        ({"widths": "1,,2"}, r"--widths has '', which is not a number"),
        ({"widths": "1:2"}, r"give first:last:step"),
        ({"widths": "0.1:1.2:0.25"}, r"do not lead from 0.1 to 1.2"),
        ({"widths": "1:2:0"}, r"step greater than 0"),
        ({"widths": "0:1:0.5"}, r"width 1 of 3 is 0"),
        ({"query": "0,nan"}, r"coordinate 2 of the query point is nan"),
        ({"query": "inf,0"}, r"coordinate 1 of the query point is inf"),
        ({"query": "0"}, r"standard input: the samples have 2 dimension\(s\), and --query has 1"),
        (
            {"query": "0,0,0"},
            r"standard input: the samples have 2 dimension\(s\), and --query has 3",
        ),
        ({"query": "a,b"}, r"--query has 'a', which is not a number"),
        ({"samples": ""}, r"standard input: there are no samples"),
        ({"workers": "0"}, r"0 workers cannot be started: choose 1 to 4096"),
        ({"workers": "-3"}, r"-3 workers cannot be started"),
        ({"workers": "4097"}, r"4097 workers cannot be started"),
        ({"workers": "two"}, r"two"),
        ({"workers": "1000000000000"}, r"1000000000000 workers cannot be started"),
        ({"widths": "+-1"}, r"--widths has '\+-1', which is not a number"),
        ({"widths": "1e-400"}, r"--widths has '1e-400', which is outside the range of double"),
        ({"backend": "gpu"}, r"no backend named 'gpu': choose one of serial, fork_pipe"),
        ({"kernel": "fast"}, r"no kernel named 'fast': choose one of literal, branchless"),
        ({"normaliser": "area"}, r"no normaliser named 'area': choose one of volume, as_published"),
        ({"decomposition": "by_day"}, r"unknown decomposition 'by_day'"),
        ({"colour": "red"}, r"--colour"),
    ],
    ids=str,
)
def test_bad_input_ends_with_a_message_and_no_output(change: dict[str, str], message: str) -> None:
    settings = GOOD | change
    samples = settings.pop("samples")
    arguments = [f"--{name}={value}" for name, value in settings.items()]
    done = run("parzen", "estimate", "--samples", "-", *arguments, text=samples)
    assert done.returncode == 2
    assert done.stdout == ""
    assert re.search(message, done.stderr), done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["generate", "--n", "010"], r"--n: '010' has a leading zero: remove it"),
        (["generate", "--n", "1e6"], r"--n: '1e6' is not an integer, such as 1000000"),
        (["generate", "--d", ""], r"--d: '' is not an integer"),
        (["generate", "--seed", "0x10"], r"--seed: '0x10' is not an integer"),
        (["generate", "--n", "9" * 21], r"--n: '9{21}' is too large"),
        (["generate", "--seed", str(2**63)], rf"--seed: '{2**63}' is too large"),
        (["generate", "--seed", str(-(2**63) - 1)], rf"--seed: '-{2**63 + 1}' is too small"),
        (["generate", "--n", "0"], r"0 samples of 2 dimension\(s\) cannot be generated"),
        (["generate", "--d", "-1"], r"10000 samples of -1 dimension\(s\) cannot be generated"),
        (
            ["generate", "--seed", "4294967296"],
            r"--seed is 4294967296: choose from 0 to 4294967295",
        ),
        (["generate", "--seed", "-1"], r"--seed is -1"),
        (
            ["generate", "--generator", "counter", "--seed", "-1"],
            r"--seed is -1: choose from 0 to 9223372036854775807 for generator counter",
        ),
        (
            ["generate", "--generator", "dice"],
            r"unknown generator 'dice': choose one of legacy, counter",
        ),
        (["generate", "--generator", "counter", "--n", "0"], r"0 samples of 2 dimension\(s\)"),
        (["generate", "--n", "9223372036854775807", "--d", "9"], r"more than can be addressed"),
        (
            ["estimate", "--samples", "missing.csv", "--query", "0", "--widths", "1"],
            r"missing.csv.*cannot be opened",
        ),
        (["estimate", "--samples", "/", "--query", "0", "--widths", "1"], r"/: this is a folder"),
        ([], r"subcommand"),
    ],
    ids=str,
)
def test_bad_arguments_end_with_a_message(arguments: list[str], message: str) -> None:
    done = run("parzen", *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert re.search(message, done.stderr), done.stderr


TERMINAL = "\x1b[31m\x07\u202e\n\r\x85"
ESCAPED = r"\x1b[31m\x07\u202e\n\r\u0085"
OPTIONS = {
    "estimate": "samples query widths normaliser backend kernel decomposition workers",
    "generate": "generator seed n d",
}


@pytest.mark.parametrize(
    ("command", "option"),
    [(each, option) for each, options in OPTIONS.items() for option in options.split()],
)
def test_a_message_shows_sixty_characters_of_an_argument(command: str, option: str) -> None:
    settings = dict(GOOD, samples="-") if command == "estimate" else {}
    for value in (TERMINAL, TERMINAL + 999 * "x", 999 * TERMINAL, os.fsdecode(b"\xff\xe9")):
        chosen = [f"--{name}={each}" for name, each in (settings | {option: value}).items()]
        done = run("parzen", command, *chosen, text=GOOD["samples"])
        assert (done.returncode, done.stdout) == (2, "")
        [line] = done.stderr.splitlines()
        assert line.isprintable()
        assert (ESCAPED if value[0] == "\x1b" else r"\xff\xe9") in line
        assert len(line) < 300


@pytest.mark.parametrize(
    "arguments",
    [[TERMINAL], ["--" + TERMINAL], ["estimate", "x" * 9999], ["backends", f"--x={TERMINAL * 99}"],
     ["backends", *(["x y"] * 999)], ["-" + "x" * 999]],
    ids=range(6),
)  # fmt: skip
def test_a_message_shows_sixty_characters_of_an_unexpected_argument(arguments: list[str]) -> None:
    done = run("parzen", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    assert line.isprintable()
    assert len(line) < 200


@pytest.mark.parametrize("generator", ["legacy", "counter"])
def test_samples_that_exceed_memory_are_rejected_with_their_size(generator: str) -> None:
    done = run("parzen", "generate", "--generator", generator, "--n", "1000000000000", "--d", "8")
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(
        r"parzen: 1,000,000,000,000 samples of 8 dimension\(s\) take 64000\.0 GB, "
        r"but only \d+\.\d GB of memory are available: use fewer\n",
        done.stderr,
    ), done.stderr
