"""parzen, the article as a tool, as its users run it."""

import hashlib
import json
import re
import struct
import subprocess
from pathlib import Path
from typing import Any

import pytest
from programs import BACKENDS, BUILD, PUBLISHED, ROOT, output

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
    """Rows of the counter-based generator, where each sample depends only on its position."""
    settings = ("--seed", str(seed), "--n", str(n), "--d", str(d))
    text = output("parzen", "generate", "--generator", "counter", *settings)
    return [[float(value) for value in line.split(",")] for line in text.splitlines()]


def test_a_small_data_set_of_the_counter_is_the_start_of_a_large_one() -> None:
    small = counted(2**63 - 1, 5, 2)
    assert [len(row) for row in small] == [2] * 5
    assert small == [row[:2] for row in counted(2**63 - 1, 99, 3)[:5]]
    assert small != counted(2**32 - 1, 5, 2)


def test_the_default_generator_is_the_article_s(article_samples: str) -> None:
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


# Each backend with one to six workers, by another kernel each; contract.cpp has all with all.
@pytest.mark.parametrize(
    ("backend", "kernel", "workers"),
    [
        (backend, kernel, 1 + (one + other) % 6)
        for one, backend in enumerate(BACKENDS)
        for other, kernel in enumerate(KERNELS)
    ],
)
def test_the_article_s_densities_to_every_printed_digit(
    backend: str, kernel: str, workers: int, article_samples: str
) -> None:
    table = PUBLISHED["density_table"]
    expected = ["h,count,density"] + [
        f"{h},{count},{density}"
        for h, count, density in zip(table["h"], table["counts"], table["printed"], strict=True)
    ]
    text = output(
        "parzen",
        *("estimate", "--samples", "-", "--query", "0,0", "--widths", "0.1:1.2:0.1"),
        *("--normaliser", "as_published", "--backend", backend, "--kernel", kernel),
        *("--workers", str(workers)),
        text=article_samples,
    )
    assert text.replace("\n1,", "\n1.0,").splitlines() == expected


def test_every_backend_is_listed_as_built_or_not_built_with_a_reason() -> None:
    lines = output("parzen", "backends").splitlines()
    found = [re.fullmatch(r"(\w+) +(built|not built) +\S.*", line) for line in lines]
    assert all(found), lines
    states = {each[1]: each[2] for each in found if each}
    assert states.pop("serial") == "built"
    assert {"fork_pipe", "process_pool", "tbb", "openmp"} <= states.keys()


def test_samples_come_from_a_file_too(tmp_path: Path) -> None:
    file = tmp_path / "samples.csv"
    file.write_bytes(b"\xef\xbb\xbf0, 0.5\r\n+1e-1,-.2\r\n\r\n")
    arguments = ("estimate", "--samples", str(file), "--query=-0.1,0", "--widths", "2,1,0.3,2")
    assert output("parzen", *arguments) == "h,count,density\n2,2,0.25\n1,2,1\n0.3,0,0\n2,2,0.25\n"


def test_generated_samples_are_counted_without_a_file(tmp_path: Path) -> None:
    file = tmp_path / "samples.csv"
    drawn = ("--generator", "counter", "--seed", "7", "--n", "1003", "--d", "3")
    file.write_text(output("parzen", "generate", *drawn))
    problem = ("--query", "0,0,0.1", "--widths", "0.5,1,2")
    expected = output("parzen", "estimate", "--samples", str(file), *problem)
    for cut in ("by_width", "by_sample"):
        for backend in ("serial", "process_pool", "tbb"):
            chosen = ("--decomposition", cut, "--backend", backend, "--seed", "7", "--n", "1003")
            assert output("parzen", "estimate", *chosen, *problem) == expected


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "--samples is missing or empty: name a file of samples"),
        (["--samples", ""], "--samples is missing or empty"),
        (["--samples", "x", "--n", "3"], "--samples and --n are both given"),
        (["--n", "0"], "0 samples of 1 dimension(s) cannot be generated"),
        (["--n", "3", "--seed", "-1"], "--seed is -1: choose 0 or more"),
    ],
)
def test_samples_have_one_source(arguments: list[str], said: str) -> None:
    command = [str(BUILD / "parzen"), "estimate", "--query", "0", "--widths", "1", *arguments]
    for cut in ("by_width", "by_sample"):
        done = subprocess.run(
            [*command, "--decomposition", cut], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr


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
    """The objects of a target, without those of sources that no longer exist."""
    commands = json.loads((build / "compile_commands.json").read_text())
    written = [each["command"].partition(" -o ")[2].split()[0] for each in commands]
    return [each for each in written if f"/{target}.dir/" in each]


def without_libraries(folder: Path) -> Path:
    """The tool with the backends of a build that finds no thread library."""
    configure = ["cmake", "-S", str(ROOT), "-B", str(folder), "-G", "Ninja"]
    configure += ["-DCMAKE_BUILD_TYPE=None"]
    packages = ("TBB", "OpenMP", "thread_pool")
    configure += [f"-DCMAKE_DISABLE_FIND_PACKAGE_{each}=ON" for each in packages]
    configure += ["-DPTHREADPOOL_LIBRARY="]
    subprocess.run(configure, capture_output=True, check=True, timeout=120)
    backends = objects_of("backends", folder)
    # Compile only the file that lists missing backends; take the other objects from the build.
    (registry,) = (each for each in backends if each.endswith("/backends.dir/registry.cpp.o"))
    build = ["cmake", "--build", str(folder), "--target", registry]
    subprocess.run(build, capture_output=True, check=True, timeout=600)
    built = [*(set(backends) - {registry}), *objects_of("parzen_tool", BUILD.parent)]
    built += objects_of("tool_samples", BUILD.parent)
    built += ["bench/libcommand_line.a"]
    libraries = ("libparzen.a", "libloops.a", "processes/libprocesses.a", "libhost.a", "libtext.a")
    built += [f"kernels/{each}" for each in libraries]
    objects = [folder / registry, *(BUILD.parent / each for each in built)]
    link = ["c++", "-o", str(folder / "parzen"), *map(str, objects)]
    link += ["-lhwy_contrib", "-lhwy", "-lfmt"]
    subprocess.run(link, capture_output=True, check=True, timeout=120)
    return folder / "parzen"


def test_a_backend_without_its_library_is_listed_with_the_reason(tmp_path: Path) -> None:
    parzen = without_libraries(tmp_path)
    listed = subprocess.run([parzen, "backends"], capture_output=True, text=True, check=True).stdout
    found = re.findall(r"^(\w+) +(built|not built)", listed, re.MULTILINE)
    assert ("mpi_tbb", "not built") in found
    assert [each for each in found if not each[0].startswith("mpi")] == [
        ("serial", "built"),
        ("fork_pipe", "built"),
        ("process_pool", "built"),
        ("std_thread", "built"),
        ("tbb", "not built"),
        ("openmp", "not built"),
        ("std_par", "not built"),
        ("thread_pool", "not built"),
        ("pthreadpool", "not built"),
    ]
    assert re.search(
        r"^tbb +not built +oneTBB was not found, on Debian it is in libtbb-dev$",
        listed,
        re.MULTILINE,
    )
    arguments = ["estimate", "--samples", "-", "--query", "0", "--widths", "1", "--backend", "tbb"]
    rejected = subprocess.run(
        [parzen, *arguments], input="0\n", capture_output=True, text=True, check=False
    )
    assert rejected.returncode == 2
    assert "'tbb' is not in this build (oneTBB was not found" in rejected.stderr
