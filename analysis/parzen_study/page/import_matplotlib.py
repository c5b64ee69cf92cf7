"""matplotlib with its own defaults, whatever the user's settings of it are.

`import matplotlib` reads MPLBACKEND and the first matplotlibrc that it finds, and fails where
either is broken: a notebook hands `module://matplotlib_inline.backend_inline` to its children,
which is no backend where the notebook's packages are missing. The figures are drawn and written
without a backend of pyplot, in a look of their own, so none of these settings is read.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path


def import_matplotlib() -> None:
    """Import it as if nobody had ever configured it. Only its cache of fonts is the user's."""
    # That a cache cannot be written is no news to the reader of a report.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    # An empty file: it is found before that of the user's configuration folder.
    with _environment({"MPLBACKEND": None, "MATPLOTLIBRC": os.devnull}), _no_matplotlibrc_here():
        import_module("matplotlib")
    with _environment({} if _has_home() else {"MPLCONFIGDIR": os.devnull}):
        import_module("matplotlib.font_manager")


def _has_home() -> bool:
    """Without one, matplotlib 3.6 fails, unless it has a folder. It makes a temporary one where
    the folder that it is given cannot be used."""
    if os.environ.get("MPLCONFIGDIR") or os.environ.get("XDG_CACHE_HOME"):
        return True
    try:
        Path.home()
    except RuntimeError:  # no HOME, and the user has no entry in the user database
        return False
    return True


@contextmanager
def _environment(items: Mapping[str, str | None]) -> Iterator[None]:
    """Set variables, or unset those of None; afterwards all are as they were."""
    before = {name: os.environ.get(name) for name in items}
    _set(items)
    try:
        yield
    finally:
        _set(before)


def _set(items: Mapping[str, str | None]) -> None:
    for name, value in items.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


@contextmanager
def _no_matplotlibrc_here() -> Iterator[None]:
    """Work in this package's folder: a matplotlibrc in the current one comes before all others."""
    here = os.open(".", os.O_PATH)  # unlike a path, there even if the folder was removed
    try:
        os.chdir(Path(__file__).parent)
        yield
    finally:
        os.fchdir(here)
        os.close(here)
