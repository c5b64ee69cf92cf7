"""A topic is added as one folder, and nothing else names it."""

from __future__ import annotations

from pathlib import Path

import pytest

from parzen_study import topics as folder
from parzen_study.report.page import page
from parzen_study.report.tables import tables
from parzen_study.study import Study
from parzen_study.topics.topic import topics

_SECTION = """
import pandas as pd

from parzen_study.page.blocks import Paragraph, Section
from parzen_study.topics.topic import Topic


def section(study):
    return Section("weather", "The weather", (Paragraph(f"{study.run.rounds} rounds of rain"),))


def tables(study):
    return {"weather": pd.DataFrame([{"rounds": study.run.rounds}])}


TOPIC = Topic(order=15, section=section, tables=tables)
"""


def test_a_folder_is_all_that_a_new_topic_takes(
    typical_study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = [each.name for each in page(typical_study).sections]
    added = tmp_path / "weather"
    added.mkdir()
    (added / "__init__.py").touch()
    (added / "section.py").write_text(_SECTION, encoding="utf-8")
    monkeypatch.setattr(folder, "__path__", [*folder.__path__, str(tmp_path)])
    assert [each.name for each in page(typical_study).sections] == [
        before[0], "weather", *before[1:],
    ]  # fmt: skip
    assert list(tables(typical_study)["weather"]["rounds"]) == [typical_study.run.rounds]


def test_every_folder_of_topics_is_one_and_has_a_place_of_its_own() -> None:
    folders = [
        each for each in Path(folder.__path__[0]).iterdir() if (each / "section.py").exists()
    ]
    found = topics()
    assert len(found) == len(folders) == len({each.order for each in found})
    assert [each.order for each in found] == sorted(each.order for each in found)
