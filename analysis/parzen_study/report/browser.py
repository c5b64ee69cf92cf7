"""Opens a page in the user's browser."""

from __future__ import annotations

import os
import sys
import webbrowser
from pathlib import Path

from parzen_study.common.say import say
from parzen_study.common.shown import escaped


def open_page(page: Path) -> None:
    """Without a browser, or a display for one, says so: the page is there all the same.

    A browser of the terminal is started only if the user names it in BROWSER.
    """
    named = os.environ.get("BROWSER")
    display = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if sys.platform == "linux" and not (named or display):
        why = "there is no display: neither DISPLAY nor WAYLAND_DISPLAY nor BROWSER is set"
    elif webbrowser.open(page.resolve().as_uri()):
        return
    else:
        why = "no browser was found: set BROWSER to the command of one"
    say(f"{escaped(str(page))} was not opened: {why}")
