"""Figures are the same bytes whatever settings of matplotlib the user has, even broken ones."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from parzen_study.page import style
from parzen_study.topics.article import cube_figure as cube
from places import ANALYSIS
from unrendered import rendering

# Puts files into a folder, and returns variables of the environment.
Settings = Callable[[Path], dict[str, str]]

GARBAGE = b"\xff\xfe backend : \x00 nonsense\nfont.size : many\n"

SCRIPT = """
import pwd, sys
if "nobody" in sys.argv:
    pwd.getpwuid = {}.__getitem__  # the user database has no entry: KeyError
from pathlib import Path
import parzen_study.report
from parzen_study.page import style
from parzen_study.topics.article import cube_figure
style.write("cube", cube_figure.draw, Path("figures"))
print(*sorted({"matplotlib.pyplot", "matplotlib.style"} & sys.modules.keys()))
"""


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("expected")
    with rendering():
        style.write("cube", cube.draw, folder)
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def nonsense_backend(_folder: Path) -> dict[str, str]:
    return {"MPLBACKEND": "nonsense"}


def backend_of_a_notebook(_folder: Path) -> dict[str, str]:
    return {"MPLBACKEND": "module://no_such_package.backend_inline"}


def garbage_named(folder: Path) -> dict[str, str]:
    (folder / "garbage").write_bytes(GARBAGE)
    return {"MATPLOTLIBRC": str(folder / "garbage")}


def garbage_in_the_current_folder(folder: Path) -> dict[str, str]:
    (folder / "matplotlibrc").write_bytes(GARBAGE)
    return {}


def garbage_in_the_users_folder(folder: Path) -> dict[str, str]:
    (folder / "config" / "stylelib").mkdir(parents=True)
    (folder / "config" / "matplotlibrc").write_bytes(GARBAGE)
    (folder / "config" / "stylelib" / "own.mplstyle").write_bytes(GARBAGE)
    return {"MPLCONFIGDIR": str(folder / "config")}


def garbage_for_a_cache(folder: Path) -> dict[str, str]:
    for version in (330, 390, 399):
        (folder / f"fontlist-v{version}.json").write_bytes(GARBAGE)
    return {"MPLCONFIGDIR": str(folder)}


def a_file_for_the_users_folder(folder: Path) -> dict[str, str]:
    (folder / "file").write_bytes(GARBAGE)
    return {"MPLCONFIGDIR": str(folder / "file"), "XDG_CACHE_HOME": str(folder / "file")}


# Several at once where neither hides another: importing matplotlib takes seconds.
@pytest.mark.parametrize(
    "settings",
    [
        (nonsense_backend, garbage_named, garbage_for_a_cache),
        (backend_of_a_notebook, garbage_in_the_current_folder, a_file_for_the_users_folder),
        (garbage_in_the_users_folder,),
    ],
    ids=lambda settings: "-".join(each.__name__ for each in settings),
)
def test_no_setting_of_matplotlib_matters(
    settings: Sequence[Settings], tmp_path: Path, expected: dict[str, bytes]
) -> None:
    variables: dict[str, str] = {}
    for each in settings:
        variables |= each(tmp_path)
    assert drawn(tmp_path, variables) == expected


def test_a_user_without_a_home_needs_none(tmp_path: Path, expected: dict[str, bytes]) -> None:
    """As in a container that runs under any number."""
    homeless = dict.fromkeys(("HOME", "XDG_CACHE_HOME", "MPLCONFIGDIR"), "")
    assert drawn(tmp_path, homeless, "nobody") == expected


def drawn(folder: Path, variables: dict[str, str], *arguments: str) -> dict[str, bytes]:
    """The files of a figure, drawn in a process of its own that has nothing to say about it.

    An empty variable is none.
    """
    (folder / "figures").mkdir()
    environment = {**os.environ, "PYTHONPATH": str(ANALYSIS), **variables}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments], cwd=folder, text=True, capture_output=True,
        env={name: value for name, value in environment.items() if value}, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "\n", "")
    return {file.name: file.read_bytes() for file in (folder / "figures").iterdir()}
