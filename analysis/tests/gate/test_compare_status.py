"""A verdict has its status, its last line and its file; whatever else happens has none of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from parzen_study.cli import main
from parzen_study.gate.verdict import Verdict
from places import ANALYSIS
from record import small
from synthetic import write

VERDICTS = {int(verdict) for verdict in Verdict}

Done = subprocess.CompletedProcess[str]


def compared(
    run: Path,
    baselines: Path,
    *options: str,
    variables: Mapping[str, str] | None = None,
    before: Path | None = None,
    stdout: int = subprocess.PIPE,
) -> Done:
    """`python -m parzen_study compare`. `before`: a folder of modules that come first."""
    path = [str(folder) for folder in (before, ANALYSIS) if folder]
    return subprocess.run(
        [sys.executable, "-m", "parzen_study", "compare", str(run),
         "--baselines", str(baselines), *options],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path), **(variables or {})},
        stdout=stdout, stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip


def on_record(run: Path) -> tuple[str, int]:
    document = json.loads((run / "verdict.json").read_text(encoding="ascii"))
    return document["verdict"], document["status"]


@pytest.fixture
def baselines(enough: Path) -> Path:
    """As many stored runs as times take."""
    return enough


@pytest.fixture
def same(recorded: Path) -> Path:
    """The folder of a run that passes, with the verdict of an earlier comparison."""
    (recorded / "same" / "verdict.json").write_text('{"verdict": "old"}', encoding="utf-8")
    return recorded / "same"


@pytest.mark.parametrize(
    ("name", "status", "said"),
    [
        ("same", 0, "5 as predicted"),
        ("baseline", 0, "5 as predicted"),
        ("slower", 11, "slower tbb"),
        ("missing", 10, "missing tbb"),
        ("errored", 10, "error tbb"),
        ("wrong_counts", 10, "5 wrong counts"),
        ("short", 11, "4 rounds, 5 needed"),
        ("mixed", 12, "1 of 6 rounds rejected"),
        ("truncated", 12, "truncated or not JSON"),
        ("foreign", 12, "not a run of this suite"),
    ],
)
def test_every_recording_has_its_verdict(
    name: str, status: int, said: str, recorded: Path, baselines: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    capsys.readouterr()
    assert main(["compare", str(recorded / name), "--baselines", str(baselines)]) == status
    printed = capsys.readouterr()
    assert said in " ".join((printed.out + printed.err).split())
    lines = printed.out.splitlines()
    assert max(map(len, lines)) <= 80
    word, on_file = on_record(recorded / name)
    assert on_file == status
    assert lines[-1].startswith(f"verdict: {word} - ")


@pytest.mark.parametrize(
    ("name", "verdict"),
    [("same", "pass"), ("missing", "regressed"), ("short", "inconclusive"), ("foreign", "invalid")],
)
def test_status_last_line_and_file_agree(
    name: str, verdict: str, recorded: Path, baselines: Path
) -> None:
    done = compared(recorded / name, baselines)
    assert on_record(recorded / name) == (verdict, done.returncode)
    assert done.stdout.splitlines()[-1].startswith(f"verdict: {verdict} - ")


def test_a_baseline_that_cannot_be_used_is_an_invalid_comparison(
    same: Path, baselines: Path, recorded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    *_, stored = sorted(baselines.glob("*/*.xz"))
    stored.write_bytes((recorded / "truncated" / "run.json").read_bytes())
    assert main(["compare", str(same), "--baselines", str(baselines)]) == 12
    printed = capsys.readouterr()
    assert str(stored) in printed.err
    line = "verdict: invalid - unusable baseline: the file cannot be read as a run"
    assert printed.out.splitlines()[-1] == line
    assert on_record(same) == ("invalid", 12)


# What a reader is asked to do is in the message, which is one, and there is no verdict.
def is_a_failure(done: Done, run: Path, status: int = 1) -> None:
    assert done.returncode == status
    assert "verdict:" not in (done.stdout or "")
    assert "Traceback" not in done.stderr
    assert done.stderr.count("parzen-study: ") == 1
    assert not (run / "verdict.json").is_file()


def no_run(run: Path, _baselines: Path) -> None:
    (run / "run.json").unlink()


def a_folder_for_a_run(run: Path, _baselines: Path) -> None:
    (run / "run.json").unlink()
    (run / "run.json").mkdir()


def no_baselines(_run: Path, baselines: Path) -> None:
    baselines.rename(baselines.with_name("renamed"))


def a_file_for_baselines(run: Path, baselines: Path) -> None:
    no_baselines(run, baselines)
    baselines.write_text("", encoding="utf-8")


def a_baseline_that_cannot_be_opened(_run: Path, baselines: Path) -> None:
    *_, stored = sorted(baselines.glob("*/*.xz"))
    stored.unlink()
    stored.symlink_to(stored)  # even root cannot


def no_place_for_the_verdict(run: Path, _baselines: Path) -> None:
    (run / "verdict.json").unlink()
    (run / "verdict.json").mkdir()


def no_folder_to_read(_run: Path, baselines: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root reads every folder")
    next(baselines.iterdir()).chmod(0)


def no_folder_to_write(run: Path, _baselines: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root writes into every folder")
    run.chmod(0o500)


@pytest.mark.parametrize(
    "broken",
    [no_baselines, a_file_for_baselines, a_baseline_that_cannot_be_opened, no_folder_to_read],
)
def test_baselines_that_cannot_be_read_make_a_comparison_invalid(
    broken: Callable[[Path, Path], None],
    same: Path,
    baselines: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    broken(same, baselines)
    capsys.readouterr()
    assert main(["compare", str(same), "--baselines", str(baselines)]) == 12
    printed = capsys.readouterr()
    assert (printed.err.count("parzen-study: "), printed.err.count("  do:    ")) == (1, 1)
    assert printed.out.splitlines()[-1].startswith("verdict: invalid - ")
    assert on_record(same) == ("invalid", 12)


@pytest.mark.parametrize("broken", [no_run, a_folder_for_a_run])
def test_without_a_run_there_is_no_verdict(
    broken: Callable[[Path, Path], None],
    same: Path,
    baselines: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    broken(same, baselines)
    capsys.readouterr()
    status = main(["compare", str(same), "--baselines", str(baselines)])
    printed = capsys.readouterr()
    is_a_failure(Done((), status, printed.out, printed.err), same)


def test_a_verdict_that_has_no_place_is_none(
    same: Path, baselines: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    no_place_for_the_verdict(same, baselines)
    capsys.readouterr()
    status = main(["compare", str(same), "--baselines", str(baselines)])
    printed = capsys.readouterr()
    is_a_failure(Done((), status, printed.out, printed.err), same)


def test_a_folder_that_cannot_be_written_is_no_verdict(same: Path, baselines: Path) -> None:
    no_folder_to_write(same, baselines)
    done = compared(same, baselines)
    assert (done.returncode, "verdict:" in done.stdout) == (1, False)


def test_a_verdict_that_cannot_be_put_on_record_is_invalid(
    same: Path, baselines: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    def full(**_: object) -> str:
        raise OSError(28, "No space left on device", str(same))

    monkeypatch.setattr("tempfile.mkdtemp", full)
    capsys.readouterr()
    status = main(["compare", str(same), "--baselines", str(baselines)])
    printed = capsys.readouterr()
    assert status == 12
    assert printed.out.endswith("verdict: invalid - the verdict cannot be written\n")
    assert "No space left on device\n  do:    make room there" in printed.err
    assert not (same / "verdict.json").exists()


def test_a_wrong_option_is_pythons_2(same: Path, baselines: Path) -> None:
    done = compared(same, baselines, "--times", "maybe")
    assert (done.returncode, done.stdout) == (2, "")


@pytest.mark.parametrize(
    ("happens", "status"),
    [
        ("raise MemoryError", 1),
        ("raise OSError(24, 'Too many open files')", 1),
        ("raise KeyboardInterrupt", 130),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", 143),
    ],
)
def test_what_ends_a_comparison_in_the_middle_is_no_verdict(
    happens: str, status: int, same: Path, baselines: Path, tmp_path: Path
) -> None:
    (tmp_path / "rich.py").write_text(happens, encoding="utf-8")
    is_a_failure(compared(same, baselines, before=tmp_path), same, status)


@pytest.mark.parametrize("happens", ["raise ZeroDivisionError", "import no_such_module"])
def test_a_traceback_is_pythons_1(
    happens: str, same: Path, baselines: Path, tmp_path: Path
) -> None:
    (tmp_path / "rich.py").write_text(happens, encoding="utf-8")
    done = compared(same, baselines, before=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Traceback")
    assert not (same / "verdict.json").exists()


def test_output_that_nobody_reads_is_no_verdict(same: Path, baselines: Path) -> None:
    read, written = os.pipe()
    os.close(read)
    try:
        done = compared(same, baselines, stdout=written)
    finally:
        os.close(written)
    assert (done.returncode, done.stderr) == (141, "")


def test_output_that_cannot_be_written_is_no_verdict(same: Path, baselines: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = compared(same, baselines, stdout=full.fileno())
    is_a_failure(done, same)


def test_without_an_output_the_file_and_the_status_tell(same: Path, baselines: Path) -> None:
    command = [sys.executable, "-m", "parzen_study", "compare", str(same),
               "--baselines", str(baselines)]  # fmt: skip
    done = subprocess.run(
        ["sh", "-c", '"$@" >&- 2>&-', "sh", *command],
        env={**os.environ, "PYTHONPATH": str(ANALYSIS)}, check=False,
    )  # fmt: skip
    assert (done.returncode, on_record(same)) == (0, ("pass", 0))


@pytest.mark.parametrize(
    "variables",
    [
        {"MPLBACKEND": "module://no_such_package.backend", "MATPLOTLIBRC": "/proc/self/exe",
         "MPLCONFIGDIR": "/dev/null"},
        {"PYTHONSAFEPATH": "1", "PYTHONOPTIMIZE": "2", "PYTHONWARNINGS": "error"},
        {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "TERM": "dumb",
         "HOME": "/nonexistent"},
    ],
    ids=["matplotlib", "python", "terminal"],
)  # fmt: skip
def test_the_environment_decides_nothing(
    variables: dict[str, str], same: Path, baselines: Path
) -> None:
    done = compared(same, baselines, variables=variables)
    assert (done.returncode, done.stderr) == (0, "")
    assert on_record(same) == ("pass", 0)


def test_no_command_but_report_imports_what_the_report_needs(same: Path, tmp_path: Path) -> None:
    script = (
        "import sys; from parzen_study.cli import main\n"
        "run, baselines = sys.argv[1:]\n"
        "assert main(['baseline', run, '--baselines', baselines]) == 0\n"
        "assert main(['compare', run, '--baselines', baselines]) == 11\n"
        "assert main(['fingerprint', run]) == 0\n"
        "sys.exit(' '.join({'jinja2', 'matplotlib', 'pandas', 'scipy'} & sys.modules.keys()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(same), str(tmp_path / "stored")], check=False,
        env={**os.environ, "PYTHONPATH": str(ANALYSIS)}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.stderr.strip() == ""


def test_a_named_folder_of_baselines_must_be_there_and_the_usual_one_need_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = write(small(2), tmp_path / "run")
    monkeypatch.chdir(tmp_path)
    assert main(["compare", str(run), "--baselines", "misspelt"]) == 12
    assert main(["compare", str(run)]) == 11


def test_statuses_of_other_commands_are_no_verdicts(tmp_path: Path, recorded: Path) -> None:
    for command in ("report", "baseline", "fingerprint"):
        assert main([command, str(tmp_path)]) == 1  # there is no run
    assert main(["fingerprint", str(recorded / "truncated")]) == 3
    arguments = ["baseline", str(recorded / "short"), "--baselines", str(tmp_path)]
    assert main(arguments) == 12  # which says the same there: data that cannot be used
    assert VERDICTS.isdisjoint({1, 2, 3, 130, 141, 143})
