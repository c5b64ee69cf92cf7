"""make bench works with any environment of the user, and with closed streams."""

import os
import subprocess
import sys

import pytest

from rounds_scene import BENCH, WATCHDOG, Scene

NO_TEMPORARY_FILES = """
import sys, tempfile

def none_is_writable():
    raise FileNotFoundError(2, "No usable temporary directory found")

tempfile.gettempdir = none_is_writable
from runner import rounds
sys.exit(rounds.main(sys.argv[1:]))
"""


@pytest.mark.parametrize("name", ["BENCHMARK_FILTER", "BENCHMARK_REPETITIONS", "BENCHMARK_X", "V"])
def test_options_of_google_benchmark_in_the_environment_are_ignored_by_name(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The fake programs end with an error if they get them."""
    monkeypatch.setenv(name, "2")
    monkeypatch.setenv("BENCHMARKS", "not one of them")
    status, _, err = scene.run("--rounds=2", "--peers=fake_peers")
    assert status == 0, err
    assert f"rounds.py: ignoring {name} from the environment: " in err
    assert scene.merged()["filter"] == ""


@pytest.mark.parametrize(
    "variables",
    [
        {"PYTHONSAFEPATH": "1"},
        {"PYTHONOPTIMIZE": "2"},
        {"PYTHONWARNINGS": "error", "PYTHONDEVMODE": "1"},
        {"PYTHONNOUSERSITE": "1", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONSTARTUP": "/none"},
        {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
        {"HOME": "/none", "TMPDIR": "/none"},
    ],
    ids=lambda variables: next(iter(variables)),
)
def test_a_users_environment_does_not_stop_a_run(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    scene.output = scene.results / "r\u00e9sultats"
    status, out, err = scene.run("--rounds=2", "--peers=fake_peers")
    assert status == 0, err
    assert "make report" in out
    assert len(scene.merged()["rounds"]) == 2


def test_no_folder_for_temporary_files_is_needed(scene: Scene) -> None:
    _, _, *options = scene.command("--rounds=2")
    environment = scene.environment("status", 2)
    done = subprocess.run(
        [sys.executable, "-c", NO_TEMPORARY_FILES, *options],
        env=environment,
        capture_output=True,
        text=True,
        timeout=WATCHDOG,
        check=False,
    )
    assert done.returncode == 1
    assert "no memory" in done.stderr, done.stderr  # the message of the program
    assert len(scene.merged()["rounds"]) == 1


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_do_not_stop_a_run(scene: Scene, closed: str) -> None:
    done = subprocess.run(
        ["sh", "-c", f'exec "$0" "$@" {closed}', *scene.command("--rounds=2")],
        env=scene.environment("none", 0),
        timeout=WATCHDOG,
        check=False,
    )
    assert done.returncode == 0
    assert len(scene.merged()["rounds"]) == 2
    scene.assert_nothing_left()


def test_make_hides_a_user_s_python_settings_from_every_recipe() -> None:
    settings = {
        "PYTHONHOME": "/none",
        "PYTHONINSPECT": "1",
        "PYTHONOPTIMIZE": "2",
        "PYTHONPATH": "/none",
        "PYTHONSAFEPATH": "1",
        "PYTHONWARNINGS": "error",
    }
    environment = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    shown = subprocess.run(
        ["make", "--silent", "--eval=show-environment: ; @env", "show-environment"],
        cwd=BENCH.parent,
        env=environment | settings,
        capture_output=True,
        text=True,
        timeout=WATCHDOG,
        check=True,
    ).stdout.splitlines()
    left = [line for line in shown if line.partition("=")[0] in settings]
    assert left == ["PYTHONPATH=analysis:bench"]
