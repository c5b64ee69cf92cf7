"""`parzen-study advise` as a user meets it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from parzen_study.cli import main
from parzen_study.topics.advice import stored
from parzen_study.topics.advice.model import Advice, Spread
from synthetic_advice import advice, line

ANALYSIS = Path(__file__).parents[3]
LOOP = ("--tasks", "1000", "--task-time", "12us")
THREADS = line("tbb", call=4e-6)
POOL = line(
    "process_pool", "processes", call=80e-6, speed=1.8, chunks=4, transfer=((65536.0, 2e-5),)
)
MODEL = advice(
    THREADS, replace(THREADS, start="cold", call=Spread(3e-4, 3e-4, 3e-4), slow=0.35), POOL
)


def stored_in(folder: Path, model: Advice = MODEL) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / stored.NAME).write_text(stored.as_text(model), encoding="utf-8")
    return str(folder)


def test_the_model_survives_being_stored(tmp_path: Path) -> None:
    assert stored.load(Path(stored_in(tmp_path))) == MODEL


def test_no_library_is_imported(tmp_path: Path) -> None:
    program = (
        "import sys; from parzen_study.cli import main; main(sys.argv[1:]);"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "advise", stored_in(tmp_path), *LOOP],
        env={**os.environ, "PYTHONPATH": str(ANALYSIS)},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stderr.split())
    assert "parzen_study" in loaded
    assert not loaded & {
        *("numpy", "pandas", "scipy", "matplotlib", "rich", "jinja2", "jsonschema")
    }
    assert "Use threads, tbb with 2 workers: expected speedup" in done.stdout


def test_the_answer_is_plain_and_fits_80_columns(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = stored_in(tmp_path)
    for options in (
        LOOP,
        (*LOOP, "--start", "cold", "--serial-share", "5%"),
        (*LOOP, "--result-bytes", "1MiB", "--memory-bytes-per-task", "1e6", "--input-bytes", "9"),
        ("--tasks", "1", "--task-time", "1s"),
        ("--tasks", "100", "--task-time", "1ns"),
        ("--tasks", "1e36", "--task-time", "1e30h", "--workers", "4096"),
    ):
        assert main(["advise", folder, *options]) == 0
        printed = capsys.readouterr().out
        assert max(map(len, printed.splitlines())) <= 80
        assert "\x1b" not in printed
        assert [each for each in printed.splitlines() if each != each.rstrip()] == []


def test_the_answer_names_what_would_change_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["advise", stored_in(tmp_path), *LOOP]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    for text in (
        "1,000 tasks of 12.0 \N{MICRO SIGN}s, results of 8 bytes; workers ready (warm).",
        "Machine: Example CPU, 2 usable CPUs.",
        "Use threads, tbb with 2 workers: expected speedup 2.00, 95% interval 1.9",
        "2 to 8 workers are as good (within 5%).",
        "Best processes: process_pool with 2 workers: 1.78 (1.7",
        "Extrapolated: the number of tasks (measured: 64), so the interval is wider.",
        "- tasks shorter than 8.00 ns (6.",
        "- fewer than 2 tasks (1 to 2) a call: serial",
        "- workers created in the call (cold): threads (tbb with 2 workers: 1.90",
        "- 10% of it serial: threads (tbb with 2 workers: 1.82",
        "Fitted from families grain and dispatch of 8 rounds, measured 2026-01-02.",
    ):
        assert text in printed
    assert "64 KiB" not in printed  # threads send no results

    alone = stored_in(tmp_path / "alone", advice(POOL))
    assert main(["advise", alone, *LOOP]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "- results of 64 KiB: serial (process_pool with 2 workers: 0.4" in printed


@pytest.mark.parametrize(
    ("model", "options", "said"),
    [
        (MODEL, ("--tasks", "1", "--task-time", "1s"), "one task cannot be divided"),
        (MODEL, ("--tasks", "9", "--task-time", "1ns"), "Use neither threads nor processes."),
        (MODEL, ("--tasks", "8", "--task-time", "1us"), "whether anything is faster is inconcl"),
        (MODEL, (*LOOP, "--start", "cold"), "than twice the median in 35% of the rounds"),
        (MODEL, (*LOOP, "--memory-bytes-per-task", "1kB"), "memory bandwidth was not measured"),
        (MODEL, (*LOOP, "--memory-bytes-per-task", "1MiB"),
         "1 MiB in 12.0 \N{MICRO SIGN}s is 4.4 times the memory bandwidth of one CPU here: check"),
        (replace(MODEL, copy_rate=0.0), (*LOOP, "--memory-bytes-per-task", "1MB"),
         "Memory is not modelled: the run has no cases of dispatch/memcpy."),
        (replace(MODEL, has_intervals=False), LOOP, "Too few rounds to estimate noise"),
    ],
)  # fmt: skip
def test_caveats(
    model: Advice, options: tuple[str, ...], said: str, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    assert main(["advise", stored_in(tmp_path, model), *options]) == 0
    assert said in " ".join(capsys.readouterr().out.split())


def test_the_answer_for_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = stored_in(tmp_path)
    assert main(["advise", folder, *LOOP, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert answer["mechanism"] == "threads"
    assert (answer["best"]["backend"], answer["best"]["workers"]) == ("tbb", 2)
    assert answer["loop"]["tasks"] == 1000
    assert answer["workers_as_good"] == [2, 8]
    assert answer["changes_at_tasks"][0]["value"] == 2.0
    hopeless = stored_in(tmp_path / "no", advice(line(speed=1.02, error=0.2)))
    assert main(["advise", hopeless, "--tasks", "100", "--task-time", "1us", "--json"]) == 0
    json.loads(capsys.readouterr().out, parse_constant=pytest.fail)  # where it may never pay


def test_what_changes_the_answer_is_another_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unsure = stored_in(tmp_path, advice(line(speed=1.3, error=0.3)))
    assert main(["advise", unsure, *LOOP]) == 0
    printed = capsys.readouterr().out
    assert "Stay serial: whether anything is faster" in printed
    assert ": serial" not in printed


def test_where_the_mechanisms_do_not_differ_the_first_sentence_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    close = stored_in(tmp_path, advice(line("tbb"), line("process_pool", "processes", speed=1.95)))
    assert main(["advise", close, *LOOP]) == 0
    printed = " ".join(capsys.readouterr().out.split("\n\n")[1].split())
    assert printed.startswith("Use threads, tbb with 2 workers: expected speedup")
    assert "(whether processes are slower is inconclusive)." in printed


@pytest.mark.parametrize(
    "options",
    [
        ("--tasks", "0", "--task-time", "1s"),
        ("--tasks", "-5", "--task-time", "1s"),
        ("--tasks", "5", "--task-time", "1"),
        ("--tasks", "5", "--task-time", "nan"),
        ("--tasks", "5", "--task-time=-1s"),
        ("--tasks", "5", "--task-time", "1s", "--result-bytes", "1.5"),
        ("--tasks", "5", "--task-time", "1s", "--serial-share", "1.5"),
        ("--tasks", "5", "--task-time", "1s", "--result-bytes", "8 parsecs"),
        ("--tasks", "5", "--task-time", "1s", "--workers", "0"),
        ("--tasks", "5", "--task-time", "1s", "--start", "tepid"),
        ("--tasks", "5"),
        ("--task-time", "5s"),
    ],
)
def test_bad_input_is_one_line_and_ends_with_2(
    options: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["advise", *options])
    assert ended.value.code == 2
    usage, error = capsys.readouterr().err.splitlines()
    assert usage == "usage: parzen-study advise [RUN_DIR] --tasks N --task-time TIME [options]"
    assert error.startswith("parzen-study advise: error: ")


@pytest.mark.parametrize("options", [("--task-time", "-1us"), ("--task-time", "-.5us")])
def test_a_negative_value_is_not_an_option(
    options: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["advise", "--tasks", "5", *options])
    assert ended.value.code == 2
    said = f"argument --task-time: '{options[1]}' is negative"
    assert capsys.readouterr().err.splitlines()[1].endswith(said)


def test_without_a_model_the_message_says_how_to_make_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["advise", str(tmp_path), *LOOP]) == 1
    said = capsys.readouterr().err
    assert f"{tmp_path}/advice.json" in said
    assert f"make report RESULTS={tmp_path}" in said


def test_by_default_it_is_the_latest_run_else_the_study(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["advise", *LOOP]) == 1
    assert "results/latest" in capsys.readouterr().err
    stored_in(tmp_path / "results/study", replace(MODEL, cpu_model="Another CPU"))
    assert main(["advise", *LOOP]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("No results/latest here: this answer is about the machine of ")
    assert "Another CPU" in printed
    stored_in(tmp_path / "results/latest")
    assert main(["advise", *LOOP]) == 0
    printed = capsys.readouterr().out
    assert "No results/latest" not in printed
    assert "Example CPU" in printed
    # A run of this machine that is not fitted yet is not replaced by another machine's.
    (tmp_path / "results/latest/advice.json").unlink()
    assert main(["advise", *LOOP]) == 1
    assert "make report" in capsys.readouterr().err


def test_a_run_without_these_cases_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = stored_in(tmp_path)
    assert main(["advise", folder, *LOOP, "--start", "pause"]) == 1
    assert "no advice for --start pause" in capsys.readouterr().err
    empty = stored_in(tmp_path, replace(MODEL, lines=(), missing="no cases of family grain"))
    assert main(["advise", empty, *LOOP]) == 1
    assert "found: no cases of family grain" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"format": "parzen-study advice"', '"format": "parzen-study run"'),
        ('"version": 1', '"version": 2'),
        ('"cpus": 2', '"cpus": 0'),
        ('"cpus": 2', '"cpus": "2"'),
        ('"cpus": 2', '"cpus": true'),
        ('"cpu_model": "Example CPU"', '"cpu_model": 3'),
        ('"speed"', '"speeds"'),
        ('"value": 2.0', '"value": NaN'),
        ('"value": 2.0', '"value": -2.0'),
        ('"value": 2.0', '"value": 1e999'),
        ('"value": 2.0', '"value": 3.0'),
        ('"mechanism": "threads"', '"mechanism": "magic"'),
        ('"lines": [', '"lines": [7, '),
        ('"low": 2.0', '"low": 1e-300'),
        ('"error": 0.02', '"error": 1e18'),
        ('"slow": 0.0', '"slow": 1.5'),
        ('"task_times"', '"task_times": [0.0, 1.0], "before"'),
        ('"task_times"', '"task_times": [1.0, 0.0], "before"'),
        ('"transfer"', '"transfer": [[0.0, 0.0]], "before"'),
        ('"transfer"', '"transfer": [[8.0, 1e-6], [8.0, 2e-6]], "before"'),
        ("{", "["),
        ("}", ""),
    ],
)
def test_a_broken_model_is_rejected(
    old: str, new: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = stored_in(tmp_path)
    place = tmp_path / stored.NAME
    text = place.read_text(encoding="utf-8")
    assert old in text
    place.write_text(text.replace(old, new), encoding="utf-8")
    assert main(["advise", folder, *LOOP]) == 3
    said = capsys.readouterr().err
    assert "this file is not a valid model" in said
    assert "make report" in said


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[" * 100_000, b"3", b"null", b'{"a": 1}'])
def test_what_is_no_model_is_rejected(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / stored.NAME).write_bytes(content)
    assert main(["advise", str(tmp_path), *LOOP]) == 3
    assert "this file is not a valid model" in capsys.readouterr().err


def test_a_fifo_is_not_waited_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / stored.NAME)
    assert main(["advise", str(tmp_path), *LOOP]) == 1
    assert "a FIFO instead of a regular file" in capsys.readouterr().err


def test_text_of_the_file_gives_a_terminal_no_orders(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hostile = replace(MODEL, cpu_model="CPU\x1b[2J", lines=(replace(THREADS, backend="t\x07bb"),))
    assert main(["advise", stored_in(tmp_path, hostile), *LOOP]) == 0
    printed = capsys.readouterr().out
    assert "\x1b" not in printed
    assert "\x07" not in printed
