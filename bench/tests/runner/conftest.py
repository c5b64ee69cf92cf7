"""The scene of every test of rounds.py."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rounds_scene import Scene


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path)
    yield scene
    scene.close()
