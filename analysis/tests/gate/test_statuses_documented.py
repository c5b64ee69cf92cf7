"""What documents and --help say of the statuses of verdicts."""

from __future__ import annotations

import pytest

from parzen_study.cli import main
from parzen_study.gate.verdict import Verdict
from places import ANALYSIS


@pytest.mark.parametrize("document", ["analysis/README.md", "results/README.md"])
def test_documents_and_help_give_the_statuses_that_there_are(
    document: str, capsys: pytest.CaptureFixture[str]
) -> None:
    verdicts = ", ".join(f"{int(each)} {each.word}" for each in Verdict)
    table = [f"| {int(each)} | `{each.word}` |" for each in Verdict]
    text = " ".join((ANALYSIS.parent / document).read_text(encoding="utf-8").split())
    assert verdicts in text or all(row in text for row in table)
    for failure in ("1 a failure", "2 wrong usage"):
        assert failure in text
    for arguments in (["--help"], ["compare", "--help"]):
        with pytest.raises(SystemExit):
            main(arguments)
        printed = " ".join(capsys.readouterr().out.split())
        for said in (verdicts, "1 a failure", "2 wrong usage"):
            assert said in printed
