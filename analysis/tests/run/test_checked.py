"""A stored run is checked against the schema once; whatever becomes of the user's cache."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from parzen_study.common.errors import UnusableData
from parzen_study.run import checked, load
from parzen_study.run.load import load_run
from parzen_study.run.schema import Problem, problem_of_run
from record import small
from synthetic import Document

FOLDER = checked._folder  # as it is: other tests have none


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(checked, "_folder", FOLDER)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "parzen-study" / "runs"


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The documents that were looked at."""
    found: list[object] = []

    def problem(document: object) -> Problem | None:
        found.append(document)
        return problem_of_run(document)

    monkeypatch.setattr(load, "problem_of_run", problem)
    return found


def stored(folder: Path, document: Document, size: int = checked.WORTH_REMEMBERING) -> Path:
    """A run.json of at least so many bytes; blanks around it are as good as any."""
    (folder / "run.json").write_text(json.dumps(document).ljust(size), encoding="utf-8")
    return folder / "run.json"


def test_a_run_is_checked_once(tmp_path: Path, cache: Path, checks: list[object]) -> None:
    path = stored(tmp_path, small(1))
    assert load_run(path).frame.equals(load_run(path).frame)
    assert len(checks) == 1
    assert len(list(cache.iterdir())) == 1


def test_another_file_is_checked_in_its_turn(
    tmp_path: Path, cache: Path, checks: list[object]
) -> None:
    load_run(stored(tmp_path, small(1)))
    with pytest.raises(UnusableData, match="'profile' must be a string"):
        load_run(stored(tmp_path, small(1) | {"profile": 7}))
    with pytest.raises(UnusableData, match="'profile' must be a string"):
        load_run(tmp_path / "run.json")  # what was rejected is not remembered
    assert len(checks) == 3
    assert len(list(cache.iterdir())) == 1


def test_another_schema_checks_again(
    tmp_path: Path, cache: Path, checks: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = stored(tmp_path, small(1))
    load_run(path)
    monkeypatch.setattr(checked, "schema_text", lambda: "{}")
    load_run(path)
    assert len(checks) == 2
    assert len(list(cache.iterdir())) == 2


def test_small_runs_are_not_worth_it(tmp_path: Path, cache: Path, checks: list[object]) -> None:
    path = stored(tmp_path, small(1), size=0)
    load_run(path)
    load_run(path)
    assert len(checks) == 2
    assert not cache.exists()


def test_the_last_hundred_are_remembered(cache: Path) -> None:
    for number in range(105):
        checked.remember(f"{number:064}")
    assert len(list(cache.iterdir())) == 100
    assert checked.is_remembered(f"{104:064}")


@pytest.mark.parametrize("place", ["a file", "relative", "/proc/nowhere", "/dev/null", ""])
def test_without_a_cache_each_reading_checks(
    place: str, tmp_path: Path, cache: Path, checks: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a file").write_text("")
    where = str(tmp_path / place) if place == "a file" else place
    monkeypatch.setenv("XDG_CACHE_HOME", where)
    monkeypatch.setenv("HOME", "")
    monkeypatch.chdir(tmp_path)
    path = stored(tmp_path, small(1))
    load_run(path)
    load_run(path)
    assert len(checks) == 2
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a file", "run.json"]


def test_without_a_folder_of_its_own_it_is_in_the_home(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    load_run(stored(tmp_path, small(1)))
    assert len(list((tmp_path / ".cache" / "parzen-study" / "runs").iterdir())) == 1
