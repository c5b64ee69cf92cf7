"""Stored runs that are damaged, foreign, renamed or there twice: a message, and status 12."""

from __future__ import annotations

import json
import lzma
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from judged import dated
from parzen_study.cli import main
from parzen_study.common.errors import UnusableData
from parzen_study.gate.stored import find_stored, load_stored, names_in
from parzen_study.run.load import load_run
from parzen_study.run.run import Run
from record import small
from synthetic import write

Capture = pytest.CaptureFixture[str]
Damage = Callable[[bytes], bytes]


@pytest.fixture
def latest(tmp_path: Path) -> Path:
    return write(dated(small(2), 20), tmp_path / "latest")


def invalid(run: Path, baselines: Path, capsys: Capture) -> str:
    """What a comparison says that is invalid for its baselines."""
    before = {file: file.read_bytes() for file in baselines.rglob("*") if file.is_file()}
    capsys.readouterr()
    assert main(["compare", str(run), "--baselines", str(baselines)]) == 12
    printed = capsys.readouterr()
    assert printed.out.splitlines()[-1].startswith("verdict: invalid - unusable baseline: ")
    assert printed.err.count("  do:    ") == 1
    assert "Traceback" not in printed.err
    assert json.loads((run / "verdict.json").read_bytes())["status"] == 12
    assert {file: file.read_bytes() for file in before} == before
    return " ".join(printed.err.split())


def edited(content: bytes) -> bytes:
    document = json.loads(lzma.decompress(content))
    document["rounds"][0]["context"]["date"] = "2025-01-01T00:00:00+00:00"
    return lzma.compress(json.dumps(document).encode())


def of_version(version: object) -> Damage:
    def damage(content: bytes) -> bytes:
        document = json.loads(lzma.decompress(content))
        return lzma.compress(json.dumps(document | {"version": version}).encode())

    return damage


def bomb(_: bytes) -> bytes:
    return lzma.compress(b" " * 100 * 2**20, preset=0)


def huge(content: bytes) -> bytes:
    return content + bytes(100 * 2**20)


CORPUS: dict[str, tuple[Damage, str]] = {
    "empty": (lambda _: b"", "a truncated .xz file"),
    "truncated": (lambda content: content[: len(content) // 2], "a truncated .xz file"),
    "end cut off": (lambda content: content[:-1], "a truncated .xz file"),
    "flipped": (lambda content: content[:500] + b"\0\0\0\0" + content[504:], "not a valid .xz"),
    "two streams": (lambda content: content + content, "trailing data"),
    "not compressed": (lzma.decompress, "not a valid .xz file"),
    "bomb": (bomb, "more than 64 MiB when decompressed"),
    "huge": (huge, "more than 64 MiB"),
    "empty inside": (lambda _: lzma.compress(b""), "truncated or not JSON"),
    "not a run": (lambda _: lzma.compress(b"[1]"), "not a run"),
    "foreign": (lambda _: lzma.compress(b'{"context": {}}'), "not a run of this suite"),
    "truncated inside": (
        lambda content: lzma.compress(lzma.decompress(content)[:-9]), "truncated or not JSON",
    ),
    "edited": (edited, "the file was renamed, or edited"),
    "version 2": (of_version(2), "another version"),
    "version true": (of_version(True), "another version"),
}  # fmt: skip


@pytest.mark.parametrize("name", CORPUS)
def test_a_damaged_stored_run_makes_a_comparison_invalid(
    name: str, latest: Path, enough: Path, capsys: Capture
) -> None:
    damage, said = CORPUS[name]
    stored = sorted(enough.glob("*/*.xz"))[3]
    stored.write_bytes(damage(stored.read_bytes()))
    printed = invalid(latest, enough, capsys)
    assert said in printed
    assert stored.name in printed


@pytest.mark.parametrize("name", ["bomb", "huge"])
def test_a_latest_run_that_is_huge_is_invalid(
    name: str, latest: Path, enough: Path, capsys: Capture
) -> None:
    (latest / "run.json").write_bytes(b" " * 100 * 2**20)
    assert main(["compare", str(latest), "--baselines", str(enough)]) == 12
    assert "more than 64 MiB" in capsys.readouterr().err


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    place=st.integers(0, 5000),
    cut=st.integers(0, 400),
    put=st.binary(max_size=40),
)
@example(place=0, cut=6, put=b"")
@example(place=10, cut=0, put=b"\0")
def test_a_file_damaged_anywhere_is_what_it_was_or_unusable(
    place: int, cut: int, put: bytes, ten_runs: Path, tmp_path: Path
) -> None:
    (folder,) = ten_runs.iterdir()
    name = names_in(folder)[0]
    content = (folder / name).read_bytes()
    place %= len(content)
    damaged = content[:place] + put + content[place + cut :]
    copy = tmp_path / folder.name
    copy.mkdir(exist_ok=True)
    (copy / name).write_bytes(damaged)
    if damaged == content:
        assert load_stored(copy, [name])
        return
    with pytest.raises(UnusableData, match="unusable baseline"):
        load_stored(copy, [name])


def renamed(folder: Path) -> None:
    folder.rename(folder.with_name("renamed"))


def a_file_of_an_earlier_layout(folder: Path) -> None:
    (folder / "run.json").write_text("{}", encoding="utf-8")


def copied(folder: Path) -> None:
    name = names_in(folder)[0]
    shutil.copy(folder / name, folder / name.replace("T03", "T04"))


def of_another_profile(folder: Path) -> None:
    name = names_in(folder)[0]
    (folder / name).rename(folder / name.replace("default", "quick"))
    for other in names_in(folder):
        if "default" in other:
            (folder / other).unlink()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (renamed, "it is in the wrong folder"),
        (a_file_of_an_earlier_layout, "found: run.json"),
        (copied, "the file was renamed, or edited"),
        (of_another_profile, "the file was renamed, or edited"),
    ],
)
def test_a_folder_that_somebody_changed_is_not_compared_with(
    change: Callable[[Path], None], said: str, latest: Path, enough: Path, capsys: Capture
) -> None:
    (folder,) = enough.iterdir()
    change(folder)
    assert said in invalid(latest, enough, capsys)


def test_the_same_times_under_two_dates_are_one_run(
    latest: Path, enough: Path, capsys: Capture
) -> None:
    (folder,) = enough.iterdir()
    name = names_in(folder)[0]
    again = lzma.decompress((folder / name).read_bytes()).replace(b"03:04:05", b"04:04:05")
    (folder / name.replace("T03", "T04")).write_bytes(lzma.compress(again))
    assert "the same run is stored twice" in invalid(latest, enough, capsys)


def test_stored_runs_that_count_differently_are_not_compared_with(
    latest: Path, enough: Path, capsys: Capture
) -> None:
    (folder,) = enough.iterdir()
    name = names_in(folder)[4]
    document = json.loads(lzma.decompress((folder / name).read_bytes()))
    for one_round in document["rounds"]:
        for each in one_round["benchmarks"]:
            each["counts_digest"] += 1
    (folder / name).write_bytes(lzma.compress(json.dumps(document).encode()))
    assert "two stored runs have different counts" in invalid(latest, enough, capsys)


def test_what_a_killed_command_left_and_other_folders_are_passed_over(
    latest: Path, enough: Path
) -> None:
    (folder,) = enough.iterdir()
    (folder / ".staging-1-x" / "new").mkdir(parents=True)
    (folder / ".staging-1-x" / "new" / "half.json.xz").write_bytes(b"half")
    (enough / "counts").mkdir()
    (enough / "README.md").write_text("of this folder", encoding="utf-8")
    assert len(find_stored(load_run(latest / "run.json"), enough)) == 10


def runs_there(latest: Path, enough: Path, **top: object) -> tuple[Run, ...]:
    document = json.loads((latest / "run.json").read_bytes()) | top
    return find_stored(load_run(write(document, latest) / "run.json"), enough)


def test_only_runs_of_the_profile_are_read_or_the_latest_of_all(latest: Path, enough: Path) -> None:
    found = runs_there(latest, enough)
    assert [run.began for run in found] == sorted((run.began for run in found), reverse=True)
    assert len(found) == 10
    (one,) = runs_there(latest, enough, profile="quick")
    assert one.path.name == found[0].path.name


def test_of_another_machine_the_latest_run_of_the_nearest_is_read(
    latest: Path, enough: Path
) -> None:
    document = json.loads((latest / "run.json").read_bytes())
    for one_round in document["rounds"]:
        one_round["context"]["machine.library_tbb"] = "1.0"
    (one,) = find_stored(load_run(write(document, latest) / "run.json"), enough)
    (folder,) = enough.iterdir()
    assert one.path == folder / names_in(folder)[0]
    shutil.rmtree(folder)
    assert find_stored(load_run(latest / "run.json"), enough) == ()
