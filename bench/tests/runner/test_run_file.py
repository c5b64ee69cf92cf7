"""The files of a run: written whole or not at all, and in a format that their readers accept."""

import json
import math
from pathlib import Path

import pytest

from parzen_study.common.output import reserve
from rounds_scene import CASES
from runner.run import RunError, merged, require_form, write_json


def test_a_file_that_cannot_be_written_whole_does_not_exist(tmp_path: Path) -> None:
    file = tmp_path / "round.json"
    (tmp_path / "round.json.part").symlink_to("/dev/full")
    with pytest.raises(OSError, match=r"No space left on device: '.*/round.json'"):
        write_json(file, {"a": "b" * 10_000})
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError, match="JSON"):
        write_json(file, {"a": math.nan})
    assert list(tmp_path.iterdir()) == []


def test_an_invalid_run_is_found_before_measuring() -> None:
    chosen = {"profile": "quick", "rounds_planned": 3, "interrupted": True}
    require_form(merged(chosen, CASES, [], 0.25, {"load_1m": "unknown"}))
    with pytest.raises(
        RunError, match=r"'load_1m' must be a string \(\$\.state_after\.load_1m: 1\)"
    ):
        require_form(merged(chosen, CASES, [], 0.25, {"load_1m": 1}))  # type: ignore[dict-item]


def test_write_json_returns_the_size_of_a_round_in_run_json(tmp_path: Path) -> None:
    document = {"context": {"a": "b"}, "benchmarks": [{"name": "c"}, {"name": "\u00e9"}]}
    size = write_json(tmp_path / "round.json", document)
    sizes = []
    for rounds in (1, 51):
        write_json(tmp_path / "run.json", {"rounds": [document] * rounds})
        sizes.append((tmp_path / "run.json").stat().st_size)
    assert sizes[1] - sizes[0] == 50 * size


def test_reserved_space_belongs_to_its_file(tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    reserve(file, 100_000)
    assert not file.exists()
    [part] = tmp_path.iterdir()
    assert part.stat().st_size == 100_000
    write_json(file, {"a": "b"})
    assert [each.name for each in tmp_path.iterdir()] == ["run.json"]
    assert json.loads(file.read_text()) == {"a": "b"}
