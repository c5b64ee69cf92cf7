"""parzen, the article as a tool, as its users run it."""

import hashlib
import json
import os
import re
import struct
import subprocess
from pathlib import Path
from typing import Any

import pytest
from programs import BACKENDS, BUILD, PUBLISHED, ROOT, output, run

GOLDEN: list[dict[str, Any]] = json.loads((ROOT / "kernels/tests/golden.json").read_text())["cases"]
KERNELS = ["literal", "branchless", "eigen", "simd", "fused", "indexed"]


def generated(case: dict[str, Any]) -> str:
    return output(
        "parzen",
        "generate",
        "--seed",
        str(case["seed"]),
        "--n",
        str(case["n"]),
        "--d",
        str(case["d"]),
    )


@pytest.fixture(scope="module")
def article_samples() -> str:
    return output("parzen", "generate", "--seed", "123", "--n", "10000", "--d", "2")


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: str(case["name"]))
def test_generated_samples_have_the_golden_bytes(case: dict[str, Any]) -> None:
    values = [float(value) for line in generated(case).splitlines() for value in line.split(",")]
    assert len(values) == case["n"] * case["d"]
    digest = hashlib.sha256(struct.pack(f"<{len(values)}d", *values)).hexdigest()
    assert digest == case["sha256_le_f64_row_major"]


def counted(seed: int, n: int, d: int) -> list[list[float]]:
    """Rows of the generator that knows every sample by its place."""
    settings = ("--seed", str(seed), "--n", str(n), "--d", str(d))
    text = output("parzen", "generate", "--generator", "counter", *settings)
    return [[float(value) for value in line.split(",")] for line in text.splitlines()]


def test_the_counter_draws_a_small_data_set_as_the_beginning_of_a_large_one() -> None:
    small = counted(2**63 - 1, 5, 2)
    assert [len(row) for row in small] == [2] * 5
    assert small == [row[:2] for row in counted(2**63 - 1, 99, 3)[:5]]
    assert small != counted(2**32 - 1, 5, 2)


def test_the_generator_is_the_article_s_unless_another_is_named(article_samples: str) -> None:
    settings = ("--seed", "123", "--n", "10000", "--d", "2")
    assert output("parzen", "generate", "--generator", "legacy", *settings) == article_samples


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: str(case["name"]))
@pytest.mark.parametrize("decomposition", ["by_width", "by_sample"])
def test_estimates_have_the_golden_counts_in_the_order_of_the_widths(
    case: dict[str, Any], decomposition: str
) -> None:
    rows = output(
        "parzen",
        *("estimate", "--samples", "-", "--query", ",".join(map(repr, case["query"]))),
        *("--widths", ",".join(map(repr, case["widths"])), "--decomposition", decomposition),
        text=generated(case),
    ).splitlines()
    assert rows[0] == "h,count,density"
    assert [int(row.split(",")[1]) for row in rows[1:]] == case["counts"]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("kernel", KERNELS)
def test_the_article_s_densities_to_every_printed_digit(
    backend: str, kernel: str, article_samples: str
) -> None:
    table = PUBLISHED["density_table"]
    expected = ["h,count,density"] + [
        f"{h},{count},{density}"
        for h, count, density in zip(table["h"], table["counts"], table["printed"], strict=True)
    ]
    for workers in range(1, 7):
        text = output(
            "parzen",
            *("estimate", "--samples", "-", "--query", "0,0", "--widths", "0.1:1.2:0.1"),
            *(
                "--normaliser",
                "as_published",
                "--backend",
                backend,
                "--kernel",
                kernel,
                "--workers",
                str(workers),
            ),
            text=article_samples,
        )
        assert text.replace("\n1,", "\n1.0,").splitlines() == expected


def test_every_backend_is_listed_as_built_or_left_out_with_a_reason() -> None:
    lines = [line.split(maxsplit=2) for line in output("parzen", "backends").splitlines()]
    assert lines[0][:2] == ["serial", "built"]
    assert {"fork_pipe", "process_pool", "tbb", "openmp"} <= {name for name, *_ in lines}
    assert all(state in ("built", "left") and summary for _, state, summary in lines)


def test_samples_come_from_a_file_too(tmp_path: Path) -> None:
    file = tmp_path / "samples.csv"
    file.write_bytes(b"\xef\xbb\xbf0, 0.5\r\n+1e-1,-.2\r\n\r\n")
    arguments = ("estimate", "--samples", str(file), "--query=-0.1,0", "--widths", "2,1,0.3,2")
    assert output("parzen", *arguments) == "h,count,density\n2,2,0.25\n1,2,1\n0.3,0,0\n2,2,0.25\n"


GOOD = {"samples": "0,0\n1,1\n", "query": "0,0", "widths": "1"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"widths": "0"}, r"width 1 of 1 is 0: a width must be finite and greater than 0"),
        ({"widths": "1,-0.5"}, r"width 2 of 2 is -0.5"),
        ({"widths": "nan"}, r"width 1 of 1 is nan"),
        ({"widths": "1,inf"}, r"width 2 of 2 is inf"),
        ({"widths": ""}, r"--widths: 1 required"),
        ({"widths": "1,,2"}, r"--widths holds '', which is not a number"),
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
        ({"query": "a,b"}, r"--query holds 'a', which is not a number"),
        ({"samples": "0,0\n1,nan\n"}, r"value 2 of line 2 is nan: samples must be finite"),
        ({"samples": "0,0\n-inf,1\n"}, r"value 1 of line 2 is -inf"),
        (
            {"samples": "0,0\n1,1e999\n"},
            r"value 2 of line 2 is '1e999', outside the range of double",
        ),
        ({"samples": "0,0\n1\n"}, r"line 2 has 1 value\(s\), the lines before it have 2"),
        ({"samples": "0,0\n\n1,1\n"}, r"line 2 is empty and samples follow it"),
        ({"samples": "0,0\n1,\n"}, r"value 2 of line 2 is '', not a number"),
        ({"samples": "0,0\n1,0x10\n"}, r"value 2 of line 2 is '0x10', not a number"),
        ({"samples": ""}, r"standard input: there are no samples"),
        ({"samples": "\n\n"}, r"standard input: there are no samples"),
        ({"workers": "0"}, r"0 workers cannot be started: choose from 1 to 4096"),
        ({"workers": "-3"}, r"-3 workers cannot be started"),
        ({"workers": "4097"}, r"4097 workers cannot be started"),
        ({"workers": "two"}, r"two"),
        ({"workers": "1000000000000"}, r"1000000000000 workers cannot be started"),
        ({"widths": "+-1"}, r"--widths holds '\+-1', which is not a number"),
        ({"widths": "1e-400"}, r"--widths holds '1e-400', which is outside the range of double"),
        ({"backend": "gpu"}, r"no backend named 'gpu': choose one of serial, fork_pipe"),
        ({"kernel": "fast"}, r"no kernel named 'fast': choose one of literal, branchless"),
        ({"normaliser": "area"}, r"no normaliser named 'area': choose one of volume, as_published"),
        ({"decomposition": "by_day"}, r"no decomposition named 'by_day'"),
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
        (["generate", "--n", "010"], r"--n: '010' begins with a zero: leave it out"),
        (["generate", "--n", "1e6"], r"--n: '1e6' is not a whole number, such as 1000000"),
        (["generate", "--d", ""], r"--d: '' is not a whole number"),
        (["generate", "--seed", "0x10"], r"--seed: '0x10' is not a whole number"),
        (["generate", "--n", "9" * 21], r"--n: '9{21}' is too large"),
        (["generate", "--seed", str(2**63)], rf"--seed: '{2**63}' is too large"),
        (["generate", "--seed", str(-(2**63) - 1)], rf"--seed: '-{2**63 + 1}' is too small"),
        (["generate", "--n", "0"], r"0 samples of 2 dimension\(s\) cannot be drawn"),
        (["generate", "--d", "-1"], r"10000 samples of -1 dimension\(s\) cannot be drawn"),
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
            r"no generator named 'dice': choose one of legacy, counter",
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
def test_a_message_shows_sixty_characters_of_what_was_not_expected(arguments: list[str]) -> None:
    done = run("parzen", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    assert line.isprintable()
    assert len(line) < 200


@pytest.mark.parametrize("generator", ["legacy", "counter"])
def test_samples_that_no_memory_holds_are_rejected_with_the_figures(generator: str) -> None:
    done = run("parzen", "generate", "--generator", generator, "--n", "1000000000000", "--d", "8")
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(
        r"parzen: 1,000,000,000,000 samples of 8 dimension\(s\) take 64000\.0 GB, "
        r"and \d+\.\d GB of memory are available: take fewer\n",
        done.stderr,
    ), done.stderr


def test_output_that_cannot_be_written_is_an_error() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [BUILD / "parzen", "backends"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert "could not be written" in done.stderr


def objects_of(target: str, build: Path) -> list[str]:
    """The objects of a target, but for those of sources that the build has no longer."""
    commands = json.loads((build / "compile_commands.json").read_text())
    written = [each["command"].partition(" -o ")[2].split()[0] for each in commands]
    return [each for each in written if f"/{target}.dir/" in each]


def without_libraries(folder: Path) -> Path:
    """The tool of the build, but with the backends of one that finds no library of threads."""
    configure = ["cmake", "-S", str(ROOT), "-B", str(folder), "-G", "Ninja"]
    configure += ["-DCMAKE_BUILD_TYPE=None"]
    packages = ("TBB", "OpenMP", "thread_pool")
    configure += [f"-DCMAKE_DISABLE_FIND_PACKAGE_{each}=ON" for each in packages]
    configure += ["-DPTHREADPOOL_LIBRARY="]
    subprocess.run(configure, capture_output=True, check=True, timeout=120)
    backends = objects_of("backends", folder)
    # The file that knows what was left out; the build has compiled the others as they are.
    (registry,) = (each for each in backends if each.endswith("/backends.dir/registry.cpp.o"))
    build = ["cmake", "--build", str(folder), "--target", registry]
    subprocess.run(build, capture_output=True, check=True, timeout=600)
    built = [*(set(backends) - {registry}), *objects_of("parzen_tool", BUILD.parent)]
    built += [f"kernels/lib{each}.a" for each in ("parzen", "loops", "processes", "host", "text")]
    objects = [folder / registry, *(BUILD.parent / each for each in built)]
    libraries = ["-lhwy_contrib", "-lhwy", "-lfmt"]
    link = ["c++", "-o", str(folder / "parzen"), *map(str, objects), *libraries]
    subprocess.run(link, capture_output=True, check=True, timeout=120)
    return folder / "parzen"


def test_a_backend_without_its_library_is_left_out_with_the_reason(tmp_path: Path) -> None:
    parzen = without_libraries(tmp_path)
    listed = subprocess.run([parzen, "backends"], capture_output=True, text=True, check=True).stdout
    assert re.findall(r"^(\w+) +(built|left out)", listed, re.MULTILINE) == [
        ("serial", "built"),
        ("fork_pipe", "built"),
        ("process_pool", "built"),
        ("std_thread", "built"),
        ("tbb", "left out"),
        ("openmp", "left out"),
        ("std_par", "left out"),
        ("thread_pool", "left out"),
        ("pthreadpool", "left out"),
    ]
    assert re.search(
        r"^tbb +left out +oneTBB was not found, on Debian it is in libtbb-dev$",
        listed,
        re.MULTILINE,
    )
    arguments = ["estimate", "--samples", "-", "--query", "0", "--widths", "1", "--backend", "tbb"]
    rejected = subprocess.run(
        [parzen, *arguments], input="0\n", capture_output=True, text=True, check=False
    )
    assert rejected.returncode == 2
    assert "'tbb' was left out of this build (oneTBB was not found" in rejected.stderr
