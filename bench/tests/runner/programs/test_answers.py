"""A program that should print a JSON document: every way in which it can fail."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from runner import program
from runner.answers import CASES, CHECK, MACHINE, AnswerError, Schema, document_of
from runner.own_loop_program import OwnLoopProgram
from runner.process import SignalWatch
from runner.program import Choices, Program, ProgramError

Asked = Callable[[Program], object]
CASE = "article/serial/n:10/process_time/real_time"
MACHINE_TEXT = '{"machine": {"cores": "2"}, "state": {"load_1m": "0.5"}}'
CASES_TEXT = f'[{{"full_name": "{CASE}", "group": "article"}}]'
CHECK_TEXT = '{"loop": "mine", "sizes": [{"size": 10, "seconds": 1e-05}]}'


def machine(of: Program) -> object:
    return of.machine()


def groups(of: Program) -> object:
    return of.groups([CASE])


def check(of: Program) -> object:
    assert isinstance(of, OwnLoopProgram)
    return of.check()


ASKED = [(machine, "--machine"), (groups, "--list=json"), (check, "--check")]


def answer(folder: Path, asked: Asked, script: str) -> object:
    """The answer of a program that is this shell script. Before a check, it prints the machine's
    state."""
    binary = folder / "fake"
    starts = f"[ \"$1\" = --machine ] && echo '{MACHINE_TEXT}' && exit" if asked == check else ""
    binary.write_text(f"#!/bin/sh\n{starts}\n{script}\n", "utf-8")
    binary.chmod(0o755)
    with SignalWatch() as watch:
        choices = Choices(case_filter="", min_time=0.1, largest_n=10, watch=watch)
        return asked(OwnLoopProgram("fake", [str(binary)], "build it again", choices))


def fault(folder: Path, asked: Asked, script: str) -> str:
    with pytest.raises(ProgramError) as error:
        answer(folder, asked, script)
    return str(error.value)


def test_each_document_is_read(tmp_path: Path) -> None:
    assert answer(tmp_path, machine, f"echo '{MACHINE_TEXT}'") == {
        "machine": {"cores": "2"},
        "state": {"load_1m": "0.5"},
    }
    assert answer(tmp_path, groups, f"echo '{CASES_TEXT}'") == {CASE: "article"}
    found = answer(tmp_path, check, f"echo '{CHECK_TEXT}'")
    assert (found.name, found.seconds) == ("mine", {10: 1e-05})  # type: ignore[attr-defined]


@pytest.mark.parametrize(("asked", "option"), ASKED)
@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("true", "fake {} printed nothing instead of a JSON document; remove output from the"),
        ("echo; echo ' '", "fake {} printed nothing instead of a JSON document; remove output"),
        ("echo Hello; echo '{}'", "fake {} printed text that is not JSON (Expecting value: line"),
        ("echo '[1, 2'", "fake {} printed text that is not JSON (Expecting ',' delimiter: line 1 "),
        ("echo '[NaN]'", "fake {} printed text that is not JSON (NaN is not JSON) and starts"),
        ("echo '3'", "fake {} printed JSON with other contents: the document must be "),
    ],
)  # fmt: skip
def test_output_that_is_not_the_document_is_an_error(
    tmp_path: Path, asked: Asked, option: str, script: str, message: str
) -> None:
    said = fault(tmp_path, asked, script)
    assert said.startswith(message.format(option))
    assert said.endswith("; remove output from the loop, or build it again")


@pytest.mark.parametrize(("asked", "option"), ASKED)
@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("exit 4", "it ended with status 4"),
        ("echo '{}'; exit 4", "it ended with status 4"),
        ("kill -SEGV $$", "it was ended by SIGSEGV"),
    ],
)
def test_a_failing_program_is_reported_with_its_status(
    tmp_path: Path, asked: Asked, option: str, script: str, message: str
) -> None:
    said = fault(tmp_path, asked, script)
    assert re.match(rf"fake failed when run with {option}: {message}\n", said)
    assert said.endswith("\nRun it alone to see more, or build it again")


@pytest.mark.parametrize(("asked", "option"), ASKED[:2])
def test_a_program_that_hangs_is_ended(
    tmp_path: Path, asked: Asked, option: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "ANSWER_SECONDS", 0.0)
    said = fault(tmp_path, asked, "exec sleep 60")
    assert said.startswith(f"fake {option} has not ended after 0 s")


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("exec yes", r"printed more than 64 MiB\nRun it alone to see more"),
        ("yes | tr -d '\\n'", "has not ended after 1 s"),
        (
            "head -c 40000000 /dev/zero | tr '\\0' x",
            r"printed text that is not JSON .*xxx\.\.\.xxx",
        ),
    ],
    ids=["lines", "one line", "long line"],
)
def test_a_program_that_prints_without_end_is_ended(
    tmp_path: Path, script: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first two were once read until memory was full; the third took minutes."""
    monkeypatch.setattr(program, "ANSWER_SECONDS", 1.0 if "tr -d" in script else 60.0)
    assert re.search(message, fault(tmp_path, ASKED[0][0], script), re.DOTALL)


@pytest.mark.parametrize(
    ("schema", "text", "message"),
    [
        (MACHINE, "{}", "'machine' must be an object ($: no 'machine')"),
        (MACHINE, '{"machine": {}}', "'state' must be an object ($: no 'state')"),
        (MACHINE, '{"machine": [], "state": {}}', "'machine' must be an object ($.machine: [])"),
        (MACHINE, '{"machine": {"cores": 2}, "state": {}}', "'cores' must be a string"),
        (CASES, "[]", "the document must be a list that is not empty ($: [])"),
        (CASES, '[{"full_name": "a"}]', "'group' must be a string ($[0]: no 'group')"),
        (CASES, '[{"full_name": "a", "group": 1}]', "'group' must be a string ($[0].group: 1)"),
        (CHECK, '{"loop": "mine"}', "'sizes' must be a list that is not empty"),
        (CHECK, '{"loop": "mine", "sizes": []}', "'sizes' must be a list that is not empty"),
        (CHECK, '{"loop": 1, "sizes": [{"size": 1, "seconds": 1}]}', "'loop' must be a string"),
        (CHECK, CHECK_TEXT.replace("10,", '"x",'), "'size' must be a whole number"),
        (CHECK, CHECK_TEXT.replace("1e-05", "1e400"), "'seconds' must be a finite number"),
        (CHECK, CHECK_TEXT.replace("1e-05", "-1"), "'seconds' must be a finite number of at least"),
    ],
)
def test_an_item_that_breaks_the_schema_is_reported(
    schema: Schema, text: str, message: str
) -> None:
    with pytest.raises(AnswerError) as error:
        document_of([text], schema)
    assert str(error.value).startswith(f"JSON with other contents: {message}")


def test_a_case_that_is_not_in_the_list_is_reported(tmp_path: Path) -> None:
    said = fault(tmp_path, groups, f"echo '{CASES_TEXT.replace('n:10/', 'n:11/')}'")
    assert said == f"fake --list=json does not list its case {CASE}; build it again"
