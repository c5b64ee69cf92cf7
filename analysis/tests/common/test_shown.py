"""Text from outside in messages: nothing that a terminal obeys, and no more than can be read."""

from __future__ import annotations

import argparse
import json
import os
import random
from pathlib import Path

import pytest

from hostile import write_hostile_run
from parzen_study.cli import main
from parzen_study.common.shown import (
    MOST_OF_A_LINE,
    MOST_SHOWN,
    ArgumentParser,
    escaped,
    quoted,
    shown,
    shown_json,
    shown_name,
)

OBEYED = "\x1b[31m\x07\x7f\x85\x9b\u202e\u2066\u200b\u2028\ufeff\n\r\t"
ESCAPED = r"\x1b[31m\x07\x7f\u0085\u009b\u202e\u2066\u200b\u2028\ufeff\n\r\t"


@pytest.mark.parametrize("text", ["", "a b", "~/.profile", "Größe", "中文", "\U0001f600", "'\\\""])
def test_text_that_people_can_read_stays_as_it_is(text: str) -> None:
    assert escaped(text) == shown(text) == shown_name(text) == text
    assert quoted(text) == f"'{text}'"


def test_what_a_terminal_obeys_or_hides_is_escaped() -> None:
    assert escaped(OBEYED) == ESCAPED
    assert escaped("\U000e0041") == r"\U000e0041"
    assert shown_name(Path(os.fsdecode(b"a\xff"))) == r"a\xff"
    assert shown_json({"\x1b": ["ü"]}) == r'{"\u001b": ["ü"]}'


def test_of_a_long_text_the_beginning_and_the_end_are_shown() -> None:
    assert shown("x" * 60) == "x" * 60
    assert shown("x" * 61) == "x" * 38 + "..." + "x" * 19
    assert shown("中" * 10**6) == "中" * 38 + "..." + "中" * 19
    assert shown("\x1b" * 99) == r"\x1b" * 9 + "..." + r"\x1b" * 4
    assert shown("0123456789abc", 10) == "01234...bc"


def test_whatever_the_text_it_is_one_line_of_at_most_sixty_characters() -> None:
    draw = random.Random(1)
    for _ in range(500):
        text = "".join(chr(draw.choice((65, draw.randrange(256), draw.randrange(0x110000))))
                       for _ in range(draw.randrange(200)))  # fmt: skip
        found = shown(text)
        assert len(found) <= MOST_SHOWN
        assert found.isprintable()
        assert shown(found) == found


def parser() -> argparse.ArgumentParser:
    made = ArgumentParser(prog="program")
    commands = made.add_subparsers()
    one = commands.add_parser("one")
    one.add_argument("--choice", choices=("a", "b"))
    one.add_argument("--number", type=int)
    return made


@pytest.mark.parametrize("value", [OBEYED, OBEYED + "x" * 999, "x" * 9999, "\udcff"])
@pytest.mark.parametrize(
    "before", [["--"], ["one", "--choice"], ["one", "--number"], ["one"], ["one", "--other"]]
)
def test_argparse_s_messages_are_of_this_kind_too(
    before: list[str], value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in ([*before, value], [*before[:-1], f"{before[-1]}={value}"]):
        with pytest.raises(SystemExit) as ended:
            parser().parse_args(arguments)
        assert ended.value.code == 2
        lines = capsys.readouterr().err.splitlines()
        assert all(line.isprintable() and len(line) < 200 for line in lines), lines


def test_many_arguments_are_not_all_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parser().parse_args(["one", *(["x y"] * 999)])
    assert max(map(len, capsys.readouterr().err.splitlines())) < 200


@pytest.mark.parametrize("command", ["report", "compare", "baseline", "fingerprint"])
def test_nothing_of_a_run_reaches_the_terminal_as_it_is(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_hostile_run(tmp_path / "run", OBEYED + "x" * 999)
    baselines = tmp_path / "baselines"
    baselines.mkdir()
    chosen = ["--baselines", str(baselines)] if command in {"compare", "baseline"} else []
    main([command, str(folder), *chosen])
    captured = capsys.readouterr()
    lines = (captured.out + captured.err).split("\n")
    assert all(line.isprintable() for line in lines), lines
    assert max(map(len, lines)) < MOST_OF_A_LINE + 100


@pytest.mark.parametrize(
    "changed",
    [
        {"format": OBEYED}, {"version": OBEYED * 99}, {"profile": [OBEYED]}, {"cases": [OBEYED]},
        {"cases": ["x" * 9999]}, {"filter": {OBEYED: "x" * 9999}}, {"python": {OBEYED * 99: 1}},
        {"groups": {OBEYED * 99: 1}}, {"busy_before": OBEYED}, {"not_planned": [OBEYED * 99]},
    ],
)  # fmt: skip
def test_a_rejection_shows_sixty_characters_of_what_it_found(
    changed: dict[str, object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_hostile_run(tmp_path, "plain") / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changed))
    assert main(["fingerprint", str(tmp_path)]) not in (0, 1)
    lines = capsys.readouterr().err.splitlines()
    assert all(line.isprintable() and len(line) < 250 for line in lines), lines
    assert not any("x" * 61 in line for line in lines)


def test_a_folder_that_is_not_there_is_named_in_one_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(["report", OBEYED])
    assert f"where: {ESCAPED}/run.json\n" in capsys.readouterr().err
    main(["report", "/" + "x" * 5000])
    assert max(map(len, capsys.readouterr().err.splitlines())) < 250
