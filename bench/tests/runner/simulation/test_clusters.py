"""clusters.py, under a fake smpirun of known truth."""

from __future__ import annotations

import json
import math
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from parzen_study.topics.simulated.rate import rate_in
from parzen_study.topics.simulated.stored import NAME, load
from runner.simulation import clusters
from synthetic import write
from synthetic_sweep import FUSED, sweep, with_sweep

STEP = 1e-3
# smpirun OPTION... -np RANKS SETTING... PROGRAM timed --tasks N,... --rates R,...
FAKE_SMPIRUN = f"""#!{sys.executable}
import math, os, sys
words = sys.argv[1:]
if words == ["-version"]:
    print("SimGrid version 3.99")
    sys.exit()
after = lambda word: words[words.index(word) + 1]
hosts = open(after("-hostfile")).read().split()
ranks = int(after("-np"))
assert hosts[:2] == ["node-0", "node-1"]
assert ranks <= len(hosts)
assert os.path.isfile(after("-platform"))
if os.environ.get("FAKE_SAYS"):
    print(os.environ["FAKE_SAYS"])
    sys.exit()
if os.environ.get("FAKE_FAILS"):
    print("simulate: the merged answer is 3", file=sys.stderr)
    sys.exit(1)
print("ranks,tasks,rate,seconds")
for tasks in after("--tasks").split(","):
    for rate in after("--rates").split(","):
        took = int(tasks) / ranks / int(rate)
        print(ranks, tasks, rate, took + {STEP} * math.log2(ranks), sep=",")
"""
PLATFORM = """<?xml version="1.0"?>
<platform version="4.1"><zone id="world" routing="Full">
<cluster id="c" prefix="node-" radical="0-{last}" suffix="" speed="1Gf" bw="{bw}" lat="5us"{more}/>
</zone></platform>
"""


class Scene:
    """A run, a platform of four nodes, and a program."""

    def __init__(self, folder: Path) -> None:
        self.results = folder / "run"
        write(with_sweep(sweep(way=FUSED)), self.results)
        self.platforms = folder / "platforms"
        self.platforms.mkdir()
        self.add("flat_10g")
        self.bin = folder / "bin"
        self.bin.mkdir()
        (self.bin / "smpirun").write_text(FAKE_SMPIRUN, "utf-8")
        (self.bin / "smpirun").chmod(0o755)
        self.program = folder / "simulate"
        self.program.touch()

    @property
    def file(self) -> Path:
        return self.results / NAME

    def add(self, name: str, last: int = 3, bw: str = "10Gbps", more: str = "") -> None:
        text = PLATFORM.format(last=last, bw=bw, more=more)
        (self.platforms / f"{name}.xml").write_text(text, "utf-8")

    def run(self, *nodes: str) -> int:
        return clusters.main(
            [
                *(str(self.results), "--program", str(self.program)),
                *("--platforms", str(self.platforms), "--nodes", *(nodes or ("2", "4"))),
            ]
        )


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    scene = Scene(tmp_path)
    monkeypatch.setenv("PATH", f"{scene.bin}:{os.environ['PATH']}")
    return scene


def test_every_call_has_the_rate_of_the_run_and_its_interval(scene: Scene) -> None:
    scene.add("tree", bw="100Gbps", more=' topology="FAT_TREE" topo_parameters="1;4;1;1"')
    assert scene.run() == 0
    found = load(scene.results)
    assert found is not None
    assert found.simulator == "SimGrid 3.99"
    rate = rate_in(scene.results)
    assert found.rate.case == rate.case
    assert found.rate.samples.value == pytest.approx(rate.samples.value, abs=1.0)
    assert [each.label for each in found.platforms] == ["10 Gbit/s, flat", "100 Gbit/s, fat tree"]
    calls = {(each.platform, each.scaling, each.nodes): each for each in found.calls}
    assert len(calls) == 2 * 2 * 3  # one node is always simulated
    for (_, scaling, nodes), call in calls.items():
        assert call.n == (10**10 if scaling == "strong" else 10**8 * nodes)
        for end, one in (
            (call.seconds.value, rate.samples.value),
            (call.seconds.low, rate.samples.high),
            (call.seconds.high, rate.samples.low),
        ):
            assert end == pytest.approx(call.n / nodes / one + STEP * math.log2(nodes), rel=1e-6)


def test_two_runs_write_the_same_bytes_which_name_no_place(scene: Scene) -> None:
    assert scene.run() == 0
    before = scene.file.read_bytes()
    assert scene.run() == 0
    assert scene.file.read_bytes() == before
    assert str(scene.results.parent).encode() not in before
    assert os.uname().nodename not in before.decode()


def rejected(scene: Scene, capsys: pytest.CaptureFixture[str], *nodes: str) -> str:
    """What was said; the file of an earlier call must still be there."""
    scene.file.write_text("earlier")
    assert scene.run(*nodes) == 1
    assert scene.file.read_text() == "earlier"
    said: str = capsys.readouterr().err
    assert "nothing was simulated: " in said
    return said


def test_more_nodes_than_the_platform_has_are_rejected(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    said = rejected(scene, capsys, "2", "5")
    assert "5 nodes, and" in said
    assert "flat_10g.xml has 4 hosts: simulate fewer (--nodes), or on a larger platform" in said


def test_without_simgrid_it_says_what_to_install(
    scene: Scene, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(scene.results))
    assert "SimGrid was not found: on Debian: apt-get install libsimgrid-dev" in rejected(
        scene, capsys
    )


def test_a_program_that_is_not_built_is_named(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    scene.program.unlink()
    assert "simulate is not built: make simulate" in rejected(scene, capsys)


@pytest.mark.parametrize(
    "text",
    [
        "no XML",
        "<platform/>",
        PLATFORM.format(last="1,5", bw="10Gbps", more=""),
        PLATFORM.format(last=3, bw="10Gbps", more="").replace(' lat="5us"', ""),
    ],
)
def test_what_is_no_platform_is_named(
    scene: Scene, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    (scene.platforms / "flat_10g.xml").write_text(text, "utf-8")
    assert "flat_10g.xml does not describe exactly one cluster" in rejected(scene, capsys)


def test_other_units_and_no_platform_are_rejected(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    scene.add("flat_10g", bw="1250MBps")
    assert "flat_10g: bw is 1250MBps: write it as 10Gbps" in rejected(scene, capsys)
    (scene.platforms / "flat_10g.xml").unlink()
    assert "has no platform" in rejected(scene, capsys)


def test_a_simulation_that_fails_says_why(
    scene: Scene, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_FAILS", "1")
    said = rejected(scene, capsys)
    assert "smpirun failed: simulate: the merged answer is 3" in said


@pytest.mark.parametrize(
    "said", ["other", "ranks,tasks,rate,seconds\n2,1", "ranks,tasks,rate,seconds\n9,1,1,1.0",
             "ranks,tasks,rate,seconds"],
)  # fmt: skip
def test_what_is_no_time_is_rejected(
    scene: Scene, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    monkeypatch.setenv("FAKE_SAYS", said)
    assert "simulate printed a value that is not a time" in rejected(scene, capsys)


def test_a_folder_without_a_run_is_rejected(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    (scene.results / "run.json").unlink()
    assert "run.json" in rejected(scene, capsys)


@pytest.mark.parametrize("nodes", ["0", "-1", "two", "1.5"])
def test_a_number_of_nodes_is_checked(scene: Scene, nodes: str) -> None:
    with pytest.raises(SystemExit) as ended:
        scene.run(nodes)
    assert ended.value.code == 2


def test_a_prediction_that_is_off_fails_after_the_file_is_written(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    """A merge that takes as long as the blocks on many nodes, and not on few."""
    scene.add("flat_10g", last=63)
    fake = (
        (scene.bin / "smpirun")
        .read_text()
        .replace("math.log2(ranks)", "(1000 if ranks > 32 else 1)")
    )
    (scene.bin / "smpirun").write_text(fake)
    assert scene.run("2", "64") == 1
    assert load(scene.results) is not None
    assert "it must be below 15%" in capsys.readouterr().out


def test_the_platforms_of_the_project_have_1024_nodes() -> None:
    found = clusters.platforms_in(clusters.PLATFORMS)
    assert [each.label for each in found] == [
        "10 Gbit/s, flat", "10 Gbit/s, fat tree", "100 Gbit/s, flat", "100 Gbit/s, fat tree",
    ]  # fmt: skip
    assert {each.hosts for each in found} == {1024}


def _names(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else [x for each in value for x in _names(each)]


def test_the_committed_file_names_no_place() -> None:
    text = (clusters.ROOT / "results" / "study" / NAME).read_text("utf-8")
    document = json.loads(text)
    assert document["simulator"].startswith("SimGrid ")
    assert not any(each.startswith("/") for each in _names(document["settings"]))
