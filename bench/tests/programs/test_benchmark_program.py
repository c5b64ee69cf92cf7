"""parzen_bench and walkthrough as their users run them."""

import itertools
import json
import os
import re
import resource
import subprocess
from pathlib import Path

import pytest
from programs import BACKENDS, BUILD, PUBLISHED, output, run


def test_walkthrough_prints_what_the_article_prints() -> None:
    text = output("walkthrough")
    for line in ("apply", "map", "apply_async", "map_async"):
        assert re.search(rf"^ +{line} +\[1, 8, 27, 64, 125, 216\]$", text, re.MULTILINE)
    assert re.search(r'\["\w{5}"(, "\w{5}"){3}\]', text)
    assert "p(x) = 0.3\n" in text
    assert "actual probability density: 0.159154943092" in text
    for printed, count in zip(
        PUBLISHED["density_table"]["printed"], PUBLISHED["density_table"]["counts"], strict=True
    ):
        assert re.search(rf" {count} +{re.escape(str(printed))} +{re.escape(str(printed))} ", text)
    assert "Erratum" in text
    assert max(map(len, text.splitlines())) <= 80


def test_the_benchmark_program_describes_the_machine_and_names_its_cases(tmp_path: Path) -> None:
    described = json.loads(output("parzen_bench", "--machine"))
    assert set(described) == {"machine", "state"}
    cases = output("parzen_bench", "--benchmark_list_tests=true").split()
    assert cases
    assert len(set(cases)) == len(cases)

    file = tmp_path / "round.json"
    output(
        "parzen_bench",
        *(
            "--order-seed",
            "7",
            "--benchmark_min_time=0.001",
            "--benchmark_filter=^article/.*/n:10000/.*/workers:[12]/",
        ),
        *(f"--benchmark_out={file}", "--benchmark_out_format=json"),
    )
    document = json.loads(file.read_text())
    context = document["context"]
    assert context["order_seed"] == "7"
    assert context["article.counts"] == ",".join(map(str, PUBLISHED["density_table"]["counts"]))
    assert context["backends.built"].split(",") == BACKENDS
    mechanisms = dict(pair.split(": ") for pair in context["backends.mechanisms"].split("; "))
    assert list(mechanisms) == BACKENDS
    assert mechanisms["serial"] == "neither"
    assert mechanisms["tbb"] == mechanisms["openmp"] == "threads"
    assert mechanisms["fork_pipe"] == mechanisms["process_pool"] == "processes"
    assert {key.removeprefix("machine.") for key in context if key.startswith("machine.")} == set(
        described["machine"]
    )
    assert {key.removeprefix("state.") for key in context if key.startswith("state.")} == set(
        described["state"]
    )
    assert document["benchmarks"]
    assert len({benchmark["counts_digest"] for benchmark in document["benchmarks"]}) == 1
    for benchmark in document["benchmarks"]:
        assert "error_occurred" not in benchmark
        name, children = benchmark["name"], benchmark["children_cpu_time"]
        if "fork_pipe" in name or "process_pool" in name:
            assert children > 0
        else:  # the fork server may go to sleep after the last pool
            assert children * benchmark["iterations"] < 0.001


def test_the_program_raises_its_limit_on_descriptors() -> None:
    few, hard = 64, resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    ended = subprocess.run(
        [
            "sh",
            *("-c", f'ulimit -Sn {few} && exec "$0" "$@"', BUILD / "parzen_bench"),
            "--benchmark_filter=^io_bound/process_pool/operation:pipe/tasks:16/workers:16/",
            "--benchmark_format=json",
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    [benchmark] = json.loads(ended.stdout)["benchmarks"]
    assert hard <= few or "error_message" not in benchmark


def test_an_error_of_the_program_itself_is_one_line_and_status_1() -> None:
    ended = subprocess.run(
        ["sh", "-c", 'ulimit -n 4 && exec "$0"', BUILD / "parzen_bench"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    # Cases that need more descriptors were skipped, with one line each.
    assert re.fullmatch(r"parzen_bench: .*raise ulimit -n.*", ended.stderr.splitlines()[-1])


def test_the_seed_sets_the_order_of_cases() -> None:
    def order(seed: str) -> list[str]:
        return output("parzen_bench", "--order-seed", seed, "--benchmark_list_tests=true").split()

    assert order("1") == order("1")
    assert order("1") != order("2")
    assert sorted(order("1")) == sorted(order("2"))


def test_cases_of_one_size_run_together_so_that_no_other_samples_are_in_memory() -> None:
    starts = set()
    for seed in range(8):
        names = output(
            "parzen_bench",
            *("--order-seed", str(seed)),
            *("--benchmark_list_tests=true", "--benchmark_filter=^article/"),
        ).split()
        sizes = [re.search(r"/n:(\d+)/", name)[1] for name in names]  # type: ignore[index]
        changes = sum(one != other for one, other in itertools.pairwise(sizes))
        assert changes == len(set(sizes)) - 1
        starts.add(sizes[0])
    assert len(starts) > 1


def test_only_the_cases_that_a_file_names_are_listed_and_run(tmp_path: Path) -> None:
    names = [
        "article/serial/kernel:fused/decomposition:by_sample/n:10000/d:2/m:100/workers:1/start:cold",
        "dispatch/memcpy/operation:payload/bytes:8",
        "sweep/serial/kernel:literal/decomposition:by_width/n:100/d:2/m:100/workers:1/start:cold",
    ]
    file = tmp_path / "cases.txt"
    file.write_text("\n".join(names))

    def listed(*options: str) -> list[str]:
        lines = output(
            "parzen_bench", *("--cases", str(file)), "--benchmark_list_tests=true", *options
        )
        return [line.removesuffix("/process_time/real_time") for line in lines.split()]

    orders = {tuple(listed("--order-seed", str(seed))) for seed in range(8)}
    assert {tuple(sorted(order)) for order in orders} == {tuple(names)}
    assert len(orders) > 1  # the order is from the seed, not from the file
    assert listed("--benchmark_filter=^sweep/") == [names[2]]
    rounds = tmp_path / "round.json"
    output(
        "parzen_bench",
        *("--cases", str(file), "--benchmark_min_time=0.001"),
        *(f"--benchmark_out={rounds}", "--benchmark_out_format=json"),
    )
    ran = [benchmark["run_name"] for benchmark in json.loads(rounds.read_text())["benchmarks"]]
    assert sorted(ran) == [f"{name}/process_time/real_time" for name in names]


def test_cases_that_exceed_memory_are_skipped() -> None:
    def listed(*options: str) -> tuple[set[str], str]:
        done = run("parzen_bench", "--benchmark_list_tests=true", *options)
        assert done.returncode == 0, done.stderr
        return set(done.stdout.split()), done.stderr

    few, said = listed("--memory", "1000000")  # enough for 20,000 samples, not for 50,000
    many, _ = listed("--memory", str(10**15))
    assert few < many
    large = {
        name
        for name in many
        if (n := re.search(r"^sweep/.*/n:(\d+)/", name)) and int(n[1]) > 20_000
    }
    assert large
    assert large <= many - few
    assert "cases of family sweep are skipped, n = 50,000, d = 2" in said
    for unusable in ("much", "-1"):
        assert run("parzen_bench", "--memory", unusable).returncode == 2


@pytest.mark.parametrize("listing", [(), ("--benchmark_list_tests=true",)])
def test_an_invalid_file_of_cases_is_an_error(tmp_path: Path, listing: tuple[str, ...]) -> None:
    file = tmp_path / "cases.txt"
    ended = run("parzen_bench", *("--cases", str(file)), *listing)
    assert (ended.returncode, ended.stdout) == (2, "")
    # The last line: before it are lines about skipped cases.
    *_, said = ended.stderr.splitlines()
    assert said == f"parzen_bench: {file}: cannot read the names of cases: name a readable file"

    # An existing case with too many samples for this run, and an unknown case.
    large = (
        "sweep/serial/kernel:fused/decomposition:by_sample/n:1000000/d:2/m:100/workers:1/start:cold"
    )
    for missing in ("article/no_such_backend", large):
        file.write_text(f"dispatch/memcpy/operation:payload/bytes:8\n{missing}\n")
        ended = run("parzen_bench", *("--cases", str(file), "--largest-n", "10000"), *listing)
        assert (ended.returncode, ended.stdout) == (2, "")
        assert f"{file}: 1 of its cases do not exist" in ended.stderr
        assert missing in ended.stderr


TERMINAL = "\x1b[31m\x07\u202e\r\x85"


@pytest.mark.parametrize(
    "argument",
    ["--x", "--benchmark_x", "--v", "--benchmark_filter=[", "--benchmark_filter=no such case ",
     "--benchmark_min_time", "--benchmark_out=/none/", "--order-seed", "--largest-n", "--memory",
     "--memory=-", "--machine", "--cases"],
)  # fmt: skip
@pytest.mark.parametrize("value", [TERMINAL, TERMINAL + 999 * "x"])
def test_a_message_shows_sixty_characters_of_an_argument(argument: str, value: str) -> None:
    given = argument + ("" if "=" in argument else "=") + value
    done = run("parzen_bench", given, "--largest-n=1")
    assert done.returncode in (1, 2)
    lines = done.stderr.split("\n")
    assert all(line.isprintable() and len(line) < 300 for line in lines), lines
    assert "x" * 161 not in done.stderr
    assert "--cases" in argument or "x" * 61 not in done.stderr


@pytest.mark.parametrize(
    "value", ["", "foo", "0.5S", "1.5x", "0x", "-1", "-3x", "nan", "inf", "1e999", "9" * 20 + "x"]
)
def test_an_invalid_minimum_time_is_an_error(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Google Benchmark 1.9 aborts on some of these, and never ends with others."""
    advice = f"is '{value}': give seconds, such as 0.5\n"
    by_option = run("parzen_bench", f"--benchmark_min_time={value}")
    assert (by_option.returncode, by_option.stdout) == (2, "")
    assert by_option.stderr == f"parzen_bench: --benchmark_min_time {advice}"
    monkeypatch.setenv("BENCHMARK_MIN_TIME", value)
    by_variable = run("parzen_bench")
    assert (by_variable.returncode, by_variable.stdout) == (2, "")
    # Google Benchmark 1.7 prints its own message when its library is loaded.
    assert by_variable.stderr.endswith(f"parzen_bench: BENCHMARK_MIN_TIME {advice}")


def test_a_file_of_cases_may_contain_any_bytes(tmp_path: Path) -> None:
    file = tmp_path / "cases.txt"
    file.write_bytes(b"\x1b[31m\xff" + 9999 * b"x" + b"\n")
    done = run("parzen_bench", "--cases", str(file))
    assert done.returncode == 2
    assert r"for instance \x1b[31m\xffxxx" in done.stderr
    assert "x" * 161 not in done.stderr


def test_an_environment_that_is_not_utf8_does_not_break_a_run(tmp_path: Path) -> None:
    """Google Benchmark would write its bytes unescaped into the JSON document."""
    file = tmp_path / "round.json"
    value = b"\x1b\xff" + "\u202e".encode()
    chosen = ["--benchmark_filter=^article/serial/.*/n:10000/", "--benchmark_min_time=0.001"]
    chosen += [f"--benchmark_out={file}", "--benchmark_out_format=json"]
    for arguments in (["--machine"], chosen):
        done = subprocess.run(
            [BUILD / "parzen_bench", *arguments],
            env=os.environb | {b"OMP_X": value},
            capture_output=True,
            check=True,
        )
        assert not set(done.stderr) & set(b"\x1b\xff")
        written = file.read_text() if file.exists() else done.stdout.decode()
        assert r"OMP_X=\\x1b\\xff\\xe2\\x80\\xae" in written
        json.loads(written)


@pytest.mark.parametrize("family", ["article/serial", "io_bound/[a-z_]*/operation:file"])
def test_the_data_of_the_last_group_is_freed_before_thread_locals(family: str) -> None:
    """Otherwise a thread's memory would be freed twice, if the last case read a file."""
    ended = subprocess.run(
        [
            *(BUILD / "parzen_bench", "--largest-n=1000", "--benchmark_min_time=0.0001"),
            f"--benchmark_filter=^{family}",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert ended.returncode in {0, 1}, (
        ended.stderr
    )  # 1 if no folder here can be read without the page cache
