"""Runs and reports that several tests look at; each is made once."""

from __future__ import annotations

import gc
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from browser import LookAt, Open, launched, opener, viewer
from hostile import write_hostile_report
from judged import documents
from parzen_study.cli import main
from parzen_study.gate.stored import load_stored, names_in
from parzen_study.page import style
from parzen_study.report.report import write_report
from parzen_study.run import checked
from parzen_study.run.load import load_run
from parzen_study.run.run import Run
from parzen_study.study import Study, study
from places import RECORDED, ROOT
from record import small
from synthetic import Synthetic, write
from unrendered import rendering, write_unrendered

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# No test may depend on the speed of the machine, or on luck.
settings.register_profile("suite", deadline=None, derandomize=True)
# Other documents every time, and many: make test HYPOTHESIS=long.
settings.register_profile("long", deadline=None, max_examples=2_000)
settings.load_profile("suite")


@pytest.hookimpl(tryfirst=True)  # xdist reads the marks in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One process runs all tests of the committed run, which takes twenty seconds to work out; and
    all tests of a file of the analysis, which share studies, pages and a browser."""
    for item in items:
        fixtures = {*getattr(item, "fixturenames", ())}
        if isinstance(item, pytest.Function) and hasattr(item, "callspec"):
            fixtures.update(each for each in item.callspec.params.values() if isinstance(each, str))
        if "committed" in fixtures:
            item.add_marker(pytest.mark.xdist_group("committed"))
        elif item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.xdist_group(str(item.path)))


def pytest_collection_finish() -> None:
    """What is imported and collected lives to the end, so no garbage collection looks at it."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def typical_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run whose truth is `synthetic.typical`; not to be written into."""
    return Synthetic(left_out="cuda: no compiler found").write(tmp_path_factory.mktemp("typical"))


@pytest.fixture(scope="session")
def typical_study(typical_run: Path) -> Study:
    return study(load_run(typical_run / "run.json"))


@pytest.fixture(scope="session")
def committed() -> Study:
    """What the committed run says; its twelve hundred cases take seconds."""
    return study(load_run(ROOT / "results" / "study" / "run.json"))


@pytest.fixture(scope="session")
def typical_report(typical_study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the report of the typical run; not to be written into."""
    folder = tmp_path_factory.mktemp("report")
    shutil.copy(typical_study.run.path, folder)
    write_report(typical_study, folder)
    return folder


@pytest.fixture(scope="session")
def rendered_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the report of a small run and its pictures; not to be written into."""
    folder = write(small(1, rounds=5), tmp_path_factory.mktemp("rendered"))
    with rendering():
        write_report(study(load_run(folder / "run.json")), folder)
    return folder


@pytest.fixture(scope="session", autouse=True)
def _unrendered() -> Iterator[None]:
    """Reports have all figures, but no pictures in them, unless a test asks for `rendering`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(style, "write", write_unrendered)
        yield


@pytest.fixture(scope="session", autouse=True)
def _no_cache() -> Iterator[None]:
    """Every run is checked when it is read, and nothing is left in the cache of who runs tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checked, "_folder", lambda: None)
        yield


@pytest.fixture
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of recorded runs, a folder each (recorded/README.md); a copy, to be written into."""
    return shutil.copytree(RECORDED, tmp_path_factory.mktemp("runs") / "recorded")


@pytest.fixture(scope="session")
def one_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of baselines that holds the recorded run; not to be written into."""
    folder = tmp_path_factory.mktemp("one") / "baselines"
    assert main(["baseline", str(RECORDED / "baseline"), "--baselines", str(folder)]) == 0
    return folder


@pytest.fixture
def baselines(tmp_path: Path, one_run: Path) -> Path:
    """The same, to be written into."""
    return shutil.copytree(one_run, tmp_path / "baselines")


@pytest.fixture(scope="session")
def ten_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of baselines that holds as many runs as times take; not to be written into."""
    top = tmp_path_factory.mktemp("ten")
    for number, document in enumerate(documents()):
        run = write(document, top / str(number))
        assert main(["baseline", str(run), "--baselines", str(top / "baselines")]) == 0
    return top / "baselines"


@pytest.fixture
def enough(ten_runs: Path, tmp_path: Path) -> Path:
    """The same, to be written into."""
    return shutil.copytree(ten_runs, tmp_path / "enough")


@pytest.fixture(scope="session")
def stored(ten_runs: Path) -> tuple[Run, ...]:
    """The same runs, the latest first."""
    (folder,) = ten_runs.iterdir()
    return load_stored(folder, names_in(folder))


@pytest.fixture(scope="session")
def hostile_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a run with markup wherever it can stand (hostile.py)."""
    return write_hostile_report(tmp_path_factory.mktemp("hostile"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests of a module: it takes longer to start than a page to open. No longer, since
    its threads hold locks forever in the processes that other tests fork."""
    with launched() as found:
        yield found


@pytest.fixture(scope="module")
def look_at(browser: Browser) -> Iterator[LookAt]:
    with viewer(browser) as shown:
        yield shown


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    with opener(browser) as opened:
        yield opened
