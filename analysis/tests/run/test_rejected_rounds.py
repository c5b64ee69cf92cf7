"""A round that cannot be believed is rejected, and named at the top; the others are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from parzen_study.cli import main
from parzen_study.common.errors import UnusableData
from parzen_study.run.load import load_run
from parzen_study.study import Study, study
from synthetic import Document, Synthetic, write


def built(rounds: int = 7) -> Document:
    return Synthetic(rounds=rounds, sizes=(10_000,), workers=(1, 2)).document()


def worked_out(document: Document, folder: Path) -> Study:
    return study(load_run(write(document, folder) / "run.json"))


def test_a_sound_run_has_none(typical_study: Study) -> None:
    assert typical_study.run.rejected_rounds == ()


def test_a_round_of_another_machine_is_left_out(tmp_path: Path) -> None:
    document = built()
    document["rounds"][0]["context"]["machine.compiler_flags"] = "-O0"
    whole = worked_out(document, tmp_path)
    (finding,) = whole.run.rejected_rounds
    assert "round 1 is rejected" in finding.what
    assert "machine.compiler_flags is '-O0', '-O3' in most rounds" in finding.cause
    assert whole.run.machine["compiler_flags"] == "-O3"
    assert whole.run.rounds == 6
    assert whole.findings[0] == finding
    assert not whole.sound


def test_of_two_machines_equally_often_the_first_is_kept(tmp_path: Path) -> None:
    document = built(rounds=6)
    for each in document["rounds"][3:]:
        each["context"]["machine.cpu_model"] = "Another CPU"
    run = worked_out(document, tmp_path).run
    assert run.machine["cpu_model"].startswith("Example")
    assert [each.what.split()[1] for each in run.rejected_rounds] == ["4", "5", "6"]


def test_a_truncated_round_is_left_out(tmp_path: Path) -> None:
    document = built()
    gone = document["rounds"][2]["benchmarks"].pop()["run_name"]
    whole = worked_out(document, tmp_path)
    (finding,) = whole.run.rejected_rounds
    assert "round 3 is rejected: 1 of 15 cases are missing" in finding.what
    assert gone.removesuffix("/process_time/real_time") in finding.what
    assert set(whole.run.frame["round"]) == {1, 2, 4, 5, 6, 7}


@pytest.mark.parametrize(("stolen", "rejected"), [(900, False), (1100, True)])
def test_a_round_whose_time_the_host_took_is_left_out(
    stolen: int, rejected: bool, tmp_path: Path
) -> None:
    document = built()
    for number, each in enumerate(document["rounds"]):
        each["context"]["state.cpu_ticks"] = str(10_000 * number)
        each["context"]["state.steal_ticks"] = str(stolen if number > 4 else 0)
    document["state_after"] |= {"cpu_ticks": "70000", "steal_ticks": str(stolen)}
    run = worked_out(document, tmp_path).run
    assert [each.what.split(":")[0] for each in run.rejected_rounds] == (
        ["round 5 is rejected"] if rejected else []
    )


def test_with_no_round_left_there_is_no_run(tmp_path: Path) -> None:
    document = built()
    for each in document["rounds"]:
        each["benchmarks"].pop(0)
    with pytest.raises(UnusableData, match="the run has no usable round; round 1 is rejected"):
        worked_out(document, tmp_path)


def test_the_report_names_it_at_the_top_and_says_so_by_its_status(tmp_path: Path) -> None:
    document = built()
    document["rounds"][2]["benchmarks"].pop()
    write(document, tmp_path)
    assert main(["report", str(tmp_path)]) == 3
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert text.index("round 3 is rejected") < text.index('id="answer"')
