"""rounds.py as a process: on volumes and full disks, killed, and next to a second run."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from parzen_study.run.load import load_run
from rounds_scene import CASES, WATCHDOG, Scene, default_signals, finish

# A run that is interrupted just before it replaces the last one, after the two trial renames.
INTERRUPTED_AT_LAST = """
import os, signal, sys
from runner import folder, rounds
calls, rename = [], folder.rename_all

def interrupted(moves):
    calls.append(moves)
    if len(calls) == 3:
        os.kill(os.getpid(), signal.SIGINT)
    rename(moves)

folder.rename_all = interrupted
sys.exit(rounds.main(sys.argv[1:]))
"""


def contents(folder: Path) -> dict[str, str]:
    files = [file for file in folder.rglob("*") if file.is_file()]
    return {str(file.relative_to(folder)): file.read_text() for file in files}


def in_a_new_namespace(
    scene: Scene, mounts: str, *options: str
) -> subprocess.CompletedProcess[str]:
    """Runs rounds.py with some folders mounted; skips the test without that permission."""
    prefix = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"]), "sh", "-c"]
    script = f'cd "$0" && {{ {mounts}\n}} >&2 || exit 77; exec "$@"'
    if not shutil.which("unshare"):
        pytest.skip("no unshare")
    done = subprocess.run(
        [*prefix, script, scene.folder, *scene.command(*options)],
        env=scene.environment("none", 0),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=WATCHDOG,
        check=False,
    )
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip(f"no mounts here: {done.stderr.strip()}")
    return done


def test_a_volume_at_the_output_is_filled(scene: Scene) -> None:
    scene.output.mkdir(parents=True)
    volume = scene.folder / "volume"
    (volume / "lost+found").mkdir(parents=True)
    mount = "mount --bind volume results/latest"
    for rounds in (3, 2):
        done = in_a_new_namespace(scene, mount, f"--rounds={rounds}")
        assert done.returncode == 0, done.stderr
        files = [*(f"rounds/round-00{n + 1}.json" for n in range(rounds)), "run.json"]
        assert sorted(contents(volume)) == files
        assert len(load_run(volume / "run.json").frame["round"].unique()) == rounds
        (volume / "report.html").write_text("of the last run")
        (volume / "figures").mkdir()
    assert (volume / "lost+found").is_dir()
    scene.assert_nothing_left()


def test_a_volume_below_a_read_only_folder_is_filled(scene: Scene) -> None:
    scene.output.mkdir(parents=True)
    (scene.folder / "volume").mkdir()
    mounts = """mount --bind results results && mount -o remount,bind,ro results \\
      && mount --bind volume results/latest"""
    done = in_a_new_namespace(scene, mounts, "--rounds=2")
    assert done.returncode == 0, done.stderr
    assert len(load_run(scene.folder / "volume" / "run.json").frame["round"].unique()) == 2


def test_a_read_only_folder_is_an_error_before_measuring(scene: Scene) -> None:
    scene.output.mkdir(parents=True)
    mounts = "mount --bind results results && mount -o remount,bind,ro results"
    done = in_a_new_namespace(scene, mounts)
    assert (done.returncode, done.stdout) == (1, "")
    assert "neither" in done.stderr
    assert "Read-only file system" in done.stderr
    assert "--output" in done.stderr
    assert not (scene.folder / "parzen_bench.rounds").exists(), "measured in vain"


def test_rounds_within_a_limit_on_file_sizes_make_a_run_and_no_more_start(
    scene: Scene,
) -> None:
    """As on a full disk: run.json is larger than any round, and comes last."""
    command = ["sh", "-c", 'ulimit -f 16; exec "$0" "$@"', *scene.command("--rounds=30")]
    done = subprocess.run(
        command,
        env=scene.environment("none", 0),
        capture_output=True,
        text=True,
        timeout=WATCHDOG,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "File too large" in done.stderr
    assert "run.json" in done.stderr
    run = load_run(scene.output / "run.json")
    assert 1 < run.rounds < 30
    assert f"kept {run.rounds} of 30 rounds" in done.stderr
    assert run.interrupted
    scene.assert_nothing_left()


def test_a_program_that_a_limit_on_file_sizes_ends_is_reported(scene: Scene) -> None:
    status, _, err = scene.run(fault="file size")
    assert status == 1
    assert "SIGXFSZ" in err
    assert "raise ulimit -f" in err
    assert "kept 1 of 3 rounds" in err


def test_rounds_of_a_killed_run_become_a_run_that_is_reported_once(scene: Scene) -> None:
    assert scene.run("--rounds=1")[0] == 0
    process = scene.start(fault="wait alone", fault_round=3)
    scene.wait_for("waiting")
    process.kill()
    process.communicate(timeout=WATCHDOG)
    left = f".latest-{process.pid}"
    scene.assert_nothing_left(left, ".latest-lock", "latest")

    status, _, err = scene.run("--rounds=1")
    assert status == 0
    folder = scene.results / left
    assert f"{folder}: 2 rounds of a run that was killed" in err
    assert f"make report RESULTS={folder}" in err
    run = load_run(folder / "run.json")
    assert (run.rounds, run.interrupted, run.rounds_planned) == (2, True, 3)
    scene.assert_nothing_left(left, "latest")

    kept = contents(folder)
    status, _, err = scene.run("--rounds=1")
    assert status == 0
    assert left not in err
    assert contents(folder) == kept


def test_a_run_that_was_killed_before_a_round_finished_leaves_nothing(scene: Scene) -> None:
    process = scene.start(fault="wait alone", fault_round=1)
    scene.wait_for("waiting")
    process.kill()
    process.communicate(timeout=WATCHDOG)
    scene.assert_nothing_left(f".latest-{process.pid}", ".latest-lock")
    assert scene.run("--rounds=1")[0] == 0
    scene.assert_nothing_left()


def test_a_second_run_ends_without_disturbing_the_first(scene: Scene) -> None:
    first = scene.start("--rounds=3", fault="block")
    scene.wait_for("blocked")
    status, out, err = scene.run("--rounds=1")
    assert (status, out) == (1, "")
    assert "another run is writing to" in err
    first.send_signal(signal.SIGINT)
    assert finish(first)[0] == 130
    assert len(scene.merged()["rounds"]) == 1
    scene.assert_nothing_left()


def test_interruption_while_the_last_run_is_replaced_loses_nothing(scene: Scene) -> None:
    assert scene.run("--rounds=1")[0] == 0
    _, _, *options = scene.command("--rounds=2")
    environment = scene.environment("none", 0)
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED_AT_LAST, *options],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=default_signals,
    )
    scene.started.append(process)
    status, _, err = finish(process)
    assert status == 0, err
    assert scene.merged()["cases"] == CASES
    assert len(scene.merged()["rounds"]) == 2
    scene.assert_nothing_left()


def test_a_link_to_a_folder_stays_one(scene: Scene) -> None:
    scene.results.mkdir()
    (scene.folder / "elsewhere" / "run").mkdir(parents=True)
    scene.output.symlink_to(scene.folder / "elsewhere" / "run")
    for _ in range(2):
        assert scene.run("--rounds=1")[0] == 0
    assert scene.output.is_symlink()
    assert (scene.folder / "elsewhere" / "run" / "run.json").exists()
    assert [each.name for each in (scene.folder / "elsewhere").iterdir()] == ["run"]
