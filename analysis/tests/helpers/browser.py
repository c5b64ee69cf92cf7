"""Chromium without a window, driven by Playwright over pipes: nothing listens, and the browser ends
with the tests, however they end."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Dialog, Page

PHONE, DESKTOP = 390, 1280
_HEIGHT = 800
_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")


@dataclass
class Opened:
    """A page, what it said (console, uncaught errors, dialogs), and every address it asked for."""

    page: Page
    said: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def listen(self, context: BrowserContext) -> None:
        """To be called before anything is opened in the context."""
        context.on("request", lambda request: self.requests.append(request.url))
        context.on("console", lambda message: self.said.append(message.text))
        context.on("weberror", lambda uncaught: self.said.append(str(uncaught.error)))
        context.on("dialog", self._dismiss)

    def _dismiss(self, dialog: Dialog) -> None:
        self.said.append(f"dialog: {dialog.message}")
        dialog.dismiss()


def unfold(page: Page) -> None:
    """Opens all that is closed, as a reader may."""
    page.locator("main details").evaluate_all("all => all.forEach((each) => { each.open = true; })")


# file, *, width, scheme, and whatever else a context of Playwright's takes.
Open = Callable[..., Opened]
# file, width.
LookAt = Callable[[Path, int], "Page"]


@contextmanager
def launched() -> Iterator[Browser]:
    """The system's browser, or else Playwright's own; without either the test is skipped."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="no Playwright: analysis/requirements-extra.txt has it"
    )
    with playwright.sync_playwright() as driver:
        programs = [*map(shutil.which, _PROGRAMS), shutil.which(driver.chromium.executable_path)]
        program = next(filter(None, programs), None)
        if not program:
            names = ", ".join(_PROGRAMS)
            pytest.skip(f"no browser: neither {names} in PATH, nor one that Playwright installed")
        with driver.chromium.launch(executable_path=program) as browser:
            yield browser


@contextmanager
def opener(browser: Browser) -> Iterator[Open]:
    """Opens files, each as the first that the browser ever sees, and closes all in the end."""
    with ExitStack() as stack:

        def opened(
            file: Path, *, width: int = DESKTOP, scheme: Any = "light", **more: Any
        ) -> Opened:
            context = stack.enter_context(
                browser.new_context(
                    viewport={"width": width, "height": _HEIGHT}, color_scheme=scheme, **more
                )
            )
            found = Opened(context.new_page())
            found.listen(context)
            found.page.goto(file.as_uri())
            return found

        yield opened


@contextmanager
def viewer(browser: Browser) -> Iterator[LookAt]:
    """Shows files at some width to tests that change nothing in them: each is opened once, which
    takes longer than to lay it out anew."""
    with opener(browser) as opened:
        pages: dict[Path, Page] = {}

        def shown(file: Path, width: int) -> Page:
            if file not in pages:
                pages[file] = opened(file, width=width).page
            pages[file].set_viewport_size({"width": width, "height": _HEIGHT})
            return pages[file]

        yield shown
