"""A run with markup wherever words from outside can stand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from parzen_study.report.report import write_report
from parzen_study.run import case
from parzen_study.run.load import load_run
from parzen_study.study import study
from record import entry
from synthetic import Synthetic, case_name, write
from synthetic_dispatch import with_dispatch
from synthetic_kernels import with_kernels
from unrendered import rendering

CPU_MODEL = "<script>alert(1)</script> &amp; </title></style>"
LEFT_OUT = '"><img src=x onerror=alert(2)>'
VERSION = "<svg onload=alert(3)> '\"><b>"
ERROR = "</td></table><iframe srcdoc=x></iframe> 7 is, 8 should"
BACKEND = "fork<img src=x onerror=alert(4)>"


def write_hostile_report(folder: Path) -> Path:
    """Returns report.html. Its tables have a case with an error, and kernels' times are exact."""
    built = Synthetic(rounds=5, sizes=(10_000,), workers=(1, 2), processes={BACKEND: ("cold",)})
    built.machine["cpu_model"] = CPU_MODEL
    built.left_out = f"cuda: {LEFT_OUT}"
    document = with_dispatch(with_kernels(built.document(), noise=0.0))
    for one_round in document["rounds"]:
        one_round["context"]["peers.versions"] = f"numpy: {VERSION}; loky: {VERSION}"
    failed = entry(document["rounds"][0], case_name("tbb", 10_000, 2, "cold"))
    failed |= {"error_occurred": True, "error_message": ERROR}
    path = write(document, folder) / "run.json"
    with rendering(), pytest.MonkeyPatch.context() as patch:
        # No run that is read has markup in the name of a case; the page must not rely on it.
        patch.setattr(case, "_WORD", re.compile("[^/:]+"))
        write_report(study(load_run(path)), folder)
    return folder / "report.html"


def write_hostile_run(folder: Path, text: str) -> Path:
    """Returns the folder of a run that holds the text wherever words from outside can stand."""
    built = Synthetic(rounds=5, sizes=(10_000,), workers=(1, 2))
    built.machine["cpu_model"] = text
    built.machine["virtualisation"] = text
    built.left_out = f"cuda: {text}"
    document = built.document()
    document["profile"] = text
    document["python"]["processor"] = text
    document["state_after"]["governor"] = text
    for one_round in document["rounds"]:
        one_round["context"]["state.environment"] = text
        one_round["context"]["peers.versions"] = f"numpy: {text}"
        one_round["context"]["date"] = text
        failed = entry(one_round, case_name("tbb", 10_000, 2, "cold"))
        failed |= {"error_occurred": True, "error_message": text}
    return write(document, folder)
