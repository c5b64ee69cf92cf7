"""rounds.py loses no finished round, wherever the run is stored and whatever happens there."""

import errno
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from runner.folder import Staged, staged
from runner.run import RunError

FAILURES = (
    *(errno.EBUSY, errno.EACCES, errno.EPERM, errno.EROFS, errno.EXDEV, errno.ENOTEMPTY),
    *(errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.ESTALE, errno.ENAMETOOLONG),
)


@pytest.fixture(name="output")
def _output(tmp_path: Path) -> Path:
    """The folder of a run with a report."""
    output = tmp_path / "results" / "latest"
    (output / "rounds").mkdir(parents=True)
    (output / "rounds" / "round-001.json").write_text("old")
    (output / "report.html").write_text("old")
    (output / "run.json").write_text("old")
    return output


def contents(folder: Path) -> dict[str, str]:
    files = [file for file in folder.rglob("*") if file.is_file()]
    return {str(file.relative_to(folder)): file.read_text() for file in files}


def one_round(stage: Staged) -> None:
    """The files of a finished round in the folder."""
    (stage.folder / "rounds").mkdir()
    (stage.folder / "rounds" / "round-001.json").write_text("new")


def refuse_renames(monkeypatch: pytest.MonkeyPatch, number: int, *names: str) -> None:
    """Makes the renames of files and folders with these names fail."""
    rename = Path.rename

    def failing(source: Path, target: Path) -> Path:
        if names and source.name not in names:
            return rename(source, target)
        raise OSError(number, os.strerror(number), str(source), None, str(target))

    monkeypatch.setattr(Path, "rename", failing)


@pytest.mark.parametrize("number", FAILURES)
def test_a_folder_that_cannot_be_renamed_is_filled(
    output: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    before = contents(output)
    refuse_renames(monkeypatch, number, "latest")
    with staged(output) as stage:
        assert stage.folder.parent == output
        assert {name: text for name, text in contents(output).items() if "lock" not in name} == (
            before
        )
        one_round(stage)
        stage.complete({"new": 1})
    assert sorted(contents(output)) == ["rounds/round-001.json", "run.json"]
    assert contents(output)["rounds/round-001.json"] == "new"
    assert "new" in contents(output)["run.json"]
    assert [each.name for each in output.parent.iterdir()] == ["latest"]


@pytest.mark.parametrize("names", [(), ("latest", "report.html"), ("latest", "run.json")])
def test_a_folder_that_can_be_neither_replaced_nor_filled_is_rejected_before_measuring(
    output: Path, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...]
) -> None:
    before = contents(output)
    refuse_renames(monkeypatch, errno.EBUSY, *names)
    with (
        pytest.raises(RunError, match=r"neither replaced .*busy.* nor filled .*busy") as rejected,
        staged(output),
    ):
        pytest.fail("measured in vain")
    assert rejected.value.status == 1
    assert contents(output) == before
    assert [each.name for each in output.parent.iterdir()] == ["latest"]


@pytest.mark.parametrize("number", FAILURES)
@pytest.mark.parametrize("inside", [False, True])
def test_a_run_that_cannot_take_its_place_is_kept_and_the_last_one_stays(
    output: Path, monkeypatch: pytest.MonkeyPatch, number: int, *, inside: bool
) -> None:
    before = contents(output)
    if inside:
        refuse_renames(monkeypatch, errno.EBUSY, "latest")
    with staged(output) as stage:
        one_round(stage)
        refuse_renames(monkeypatch, number, "latest", "rounds")
        with pytest.raises(RunError, match=f"make report RESULTS={stage.folder}") as failure:
            stage.complete({"rounds": [1]})
        assert os.strerror(number) in str(failure.value)
        assert failure.value.status == 1
    kept = contents(stage.folder)
    assert sorted(kept) == ["rounds/round-001.json", "run.json"]
    assert {name: text for name, text in contents(output).items() if name in before} == before
    with staged(output.parent / "other"), suppress(RunError):
        pass
    assert contents(stage.folder) == kept


def test_a_run_without_space_for_run_json_keeps_its_rounds(output: Path) -> None:
    before = contents(output)
    with staged(output) as stage:
        one_round(stage)
        (stage.folder / "run.json.part").symlink_to("/dev/full")
        with pytest.raises(
            RunError, match=f"No space left.*{stage.folder}/rounds.*free disk space"
        ):
            stage.complete({"rounds": [1]})
    assert contents(stage.folder) == {"rounds/round-001.json": "new"}
    assert contents(output) == before


def test_an_output_removed_meanwhile_is_made_again(output: Path) -> None:
    with staged(output) as stage:
        one_round(stage)
        shutil.rmtree(output)
        stage.complete({"rounds": [1]})
    assert sorted(contents(output)) == ["rounds/round-001.json", "run.json"]


def test_a_run_survives_the_removal_of_its_folder(output: Path) -> None:
    """As by `make clean`: the rounds are in memory too."""
    with staged(output) as stage:
        one_round(stage)
        shutil.rmtree(output.parent)
        stage.complete({"rounds": [1]})
    assert sorted(contents(output)) == ["run.json"]


def test_an_output_that_is_no_longer_a_run_is_not_replaced(output: Path) -> None:
    with staged(output) as stage:
        one_round(stage)
        shutil.rmtree(output)
        output.write_text("not ours")
        with pytest.raises(RunError, match="not a results folder"):
            stage.complete({"rounds": [1]})
    assert output.read_text() == "not ours"
    assert sorted(contents(stage.folder)) == ["rounds/round-001.json", "run.json"]


def test_rounds_that_cannot_be_made_a_run_are_kept(output: Path, capsys: Any) -> None:
    folder = output.with_name(".latest-7")
    (folder / "rounds").mkdir(parents=True)
    (folder / "rounds" / "round-001.json").write_text("{}")  # and no file says which run it is of
    with staged(output):
        pass
    assert f"{folder}: cannot make a run of its rounds" in capsys.readouterr().err
    assert sorted(contents(folder)) == ["rounds/round-001.json"]


@pytest.mark.parametrize("inside", [False, True])
def test_a_run_killed_between_the_renames_loses_nothing(
    output: Path, monkeypatch: pytest.MonkeyPatch, *, inside: bool
) -> None:
    before = contents(output)
    if inside:
        refuse_renames(monkeypatch, errno.EBUSY, "latest")
        old = output / ".run-7-old"
        old.mkdir()
        for name in ("run.json", "report.html"):
            os.rename(output / name, old / name)
    else:
        os.rename(output, output.with_name(".latest-7-old"))
    with staged(output):
        pass
    assert contents(output) == before
    assert [each.name for each in output.parent.iterdir()] == ["latest"]


def test_a_first_run_killed_during_its_rename_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "latest"
    (output / "rounds").mkdir(parents=True)
    (output / ".run-7").mkdir()
    (output / ".run-7-old").mkdir()
    (output / ".run-7" / "run.json").write_text('{"rounds": [1]}')
    refuse_renames(monkeypatch, errno.EBUSY, "latest")
    with staged(output) as stage:
        stage.complete({"new": 1})
    assert sorted(contents(output)) == [".run-7/run.json", "run.json"]


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize("killed", [False, True])
def test_files_that_are_not_part_of_a_run_stay(
    output: Path, monkeypatch: pytest.MonkeyPatch, *, inside: bool, killed: bool
) -> None:
    """For instance notes, or finished rounds of a run that was killed when the folder was
    a volume."""
    kept = {"notes/day.md": "mine", ".run-7/rounds/round-001.json": "finished"}
    for name, text in kept.items():
        (output / name).parent.mkdir(parents=True)
        (output / name).write_text(text)
    if inside:
        refuse_renames(monkeypatch, errno.EBUSY, "latest")
    elif killed:  # after both renames
        os.rename(output, output.with_name(".latest-7-old"))
        output.mkdir()
        (output / "run.json").write_text("newer")
    with staged(output) as stage:
        one_round(stage)
        stage.complete({"new": 1})
    assert contents(output).keys() == {*kept, "run.json", "rounds/round-001.json"}
    assert contents(output).items() >= kept.items()
    assert [each.name for each in output.parent.iterdir()] == ["latest"]


def test_the_files_of_a_report_are_part_of_a_run(output: Path) -> None:
    study = Path(__file__).parents[3] / "results" / "study"
    written = [each.name for each in study.iterdir() if each.name != "README.md"]
    for name in written:
        (output / name).touch()
    with staged(output) as stage:
        stage.complete({"new": 1})
    assert len(written) > 3
    assert sorted(contents(output)) == ["run.json"]


@pytest.mark.parametrize("inside", [False, True])
def test_two_runs_do_not_write_to_one_folder(
    output: Path, monkeypatch: pytest.MonkeyPatch, *, inside: bool
) -> None:
    if inside:
        refuse_renames(monkeypatch, errno.EBUSY, "latest")
    with staged(output) as stage:
        with (
            pytest.raises(RunError, match=f"another run is writing to {output}") as rejected,
            staged(output),
        ):
            pytest.fail("both measure")
        assert rejected.value.status == 1
        with staged(output.parent / "other"):
            pass
        assert stage.folder.exists()


def test_without_locks_the_files_of_another_run_are_not_touched(
    output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(_file: int, _operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("fcntl.flock", no_locks)
    other = output.with_name(f".latest-{os.getpid()}")  # as in another container
    other.mkdir()
    with staged(output) as stage:
        assert stage.folder != other
        stage.complete({"new": 1})
    assert sorted(contents(output)) == ["run.json"]
    assert other.is_dir()
