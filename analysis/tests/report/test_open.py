"""The option --open: a browser is asked for the page, and without one the message says why."""

from __future__ import annotations

import webbrowser
from pathlib import Path

import pytest

from parzen_study.report.browser import open_page


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that a browser was asked for; there is one for every page but missing.html."""
    addresses: list[str] = []

    def browse(address: str) -> bool:
        addresses.append(address)
        return "missing" not in address

    monkeypatch.setattr(webbrowser, "open", browse)
    for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    return addresses


@pytest.mark.parametrize("variable", ["BROWSER", "DISPLAY", "WAYLAND_DISPLAY"])
def test_a_page_is_opened_by_its_whole_address(
    opened: list[str],
    variable: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(variable, "one")
    monkeypatch.chdir(tmp_path)
    open_page(Path("a folder/report.html"))
    assert opened == [f"{tmp_path.resolve().as_uri()}/a%20folder/report.html"]
    assert capsys.readouterr().err == ""


def test_without_a_display_nothing_is_started(
    opened: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    open_page(tmp_path / "report.html")
    assert opened == []
    assert "report.html was not opened: there is no display" in capsys.readouterr().err


def test_without_a_browser_the_message_says_so(
    opened: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    open_page(tmp_path / "missing.html")
    assert len(opened) == 1
    assert "missing.html was not opened: no browser was found" in capsys.readouterr().err
