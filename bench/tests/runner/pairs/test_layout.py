"""layout.py: links of the same object files in other orders, and the stored results."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from paired_scene import Scene
from parzen_study.gate.layout.effects import FILE, read
from runner.pairs import layout
from runner.process import SignalWatch
from runner.run import RunError

# Prints the object files that it links, in their order.
LINKER = """#!/bin/sh
for word; do [ "$output" = here ] && output=$word; [ "$word" = -o ] && output=here; done
[ -z "$FAIL" ] || { echo 'error: no such symbol' >&2; exit 1; }
{ echo '#!/bin/sh'; echo "# $*"; } > "$output"
chmod +x "$output"
"""


@pytest.fixture(name="build")
def _build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A build as ninja knows it: two object files, and an archive of two."""
    build, tools = tmp_path / "build", tmp_path / "tools"
    objects = build / "kernels" / "CMakeFiles" / "parzen.dir"
    objects.mkdir(parents=True)
    tools.mkdir()
    (tools / "c++").write_text(LINKER, "utf-8")
    (tools / "c++").chmod(0o755)
    for name in ("first.o", "second.o"):
        (objects / name).write_bytes(b"")
    files = [objects / "first.o", objects / "second.o"]
    subprocess.run(["ar", "qc", build / "kernels" / "libparzen.a", *files], check=True)
    command = f"{tools}/c++ -O3 main.o case.o -o {layout.PROGRAM} kernels/libparzen.a /usr/lib/a.a"
    ninja = f"#!/bin/sh\necho 'c++ -c a.cpp'\necho ': && {command} && :'\n"
    (tools / "ninja").write_text(ninja, "utf-8")
    (tools / "ninja").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    return build


def test_every_link_has_all_object_files_in_another_order(build: Path) -> None:
    with SignalWatch() as watch:
        programs = layout.linked(build, 12, watch)
    own = {
        "main.o", "case.o",
        "kernels/CMakeFiles/parzen.dir/first.o", "kernels/CMakeFiles/parzen.dir/second.o",
    }  # fmt: skip
    orders = []
    for program in programs:
        words = program.read_text("utf-8").split()
        orders.append([word for word in words if word.endswith(".o")])
        assert set(orders[-1]) == own
        assert len(orders[-1]) == len(own)
        assert "/usr/lib/a.a" in words
        assert "kernels/libparzen.a" not in words
    assert len({tuple(order) for order in orders}) > 6


def test_a_build_that_cannot_be_linked_is_an_error_with_advice(
    build: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIL", "yes")
    with SignalWatch() as watch, pytest.raises(RunError, match=r"no such symbol.*make build"):
        layout.linked(build, 2, watch)
    (build / "kernels" / "libparzen.a").unlink()
    with SignalWatch() as watch, pytest.raises(RunError, match="make build"):
        layout.linked(build, 2, watch)
    monkeypatch.setenv("PATH", "/nowhere")
    with SignalWatch() as watch, pytest.raises(RunError, match="make build"):
        layout.linked(build, 2, watch)


def test_the_results_are_stored(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_FOLDER", str(scene.folder))
    monkeypatch.setattr(layout, "linked", lambda *_: [scene.old, scene.new])
    monkeypatch.setattr(layout, "CASES", "article")
    store = tmp_path / "store"
    (tmp_path / "build" / "gate" / "layout").mkdir(parents=True)
    arguments = [f"--store={store}", f"--build={tmp_path / 'build'}", "--rounds=3", "--links=2"]
    assert layout.main(arguments) == 0
    (place,) = store.glob(f"*/{FILE}")
    found = read(place)
    assert (found.links, found.rounds) == (2, 3)
    assert not list((tmp_path / "build").rglob("*.json"))
