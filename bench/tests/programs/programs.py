"""Runs the programs of `make build` in tests."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
BUILD = Path(os.environ.get("PARZEN_BUILD", ROOT / "build")) / "bench"
PUBLISHED: dict[str, Any] = json.loads((ROOT / "results/published/article.json").read_text())


def run(program: str, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BUILD / program, *arguments],
        input=text,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def output(program: str, *arguments: str, text: str = "") -> str:
    done = run(program, *arguments, text=text)
    assert done.returncode == 0, done.stderr
    return done.stdout


# From the registry, so that a new backend is tested without a change here. Those that need mpirun
# have tests of their own.
BACKENDS = [
    line.split()[0]
    for line in output("parzen", "backends").splitlines()
    if line.split()[1] == "built" and "mpirun" not in line
]
