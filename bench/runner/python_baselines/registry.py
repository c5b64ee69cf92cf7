"""The peers of all families, and which of them are installed."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterable
from importlib.metadata import version
from importlib.util import find_spec
from typing import Final

from runner.python_baselines import article, dispatch, kernels
from runner.python_baselines.peer import Peer

# Families that fork come first, and of these the one that needs NumPy last.
PEERS: Final[tuple[Peer, ...]] = (*dispatch.PEERS, *article.PEERS, *kernels.PEERS)
# The names of distributions that differ from their module's.
_DISTRIBUTIONS: Final = {"sklearn": "scikit-learn"}


def is_installed(peer: Peer) -> bool:
    return not _missing(peer)


def left_out(peers: Iterable[Peer]) -> dict[str, str]:
    """The reason why a peer, or its cases of one family, cannot be measured here, by name."""
    return {
        peer.name: f"Python {platform.python_version()} has no module {', '.join(missing)}"
        for peer in peers
        if (missing := _missing(peer))
    }


def versions(peers: Iterable[Peer]) -> dict[str, str]:
    """The versions of installed peers, by name; Python's own for modules of its standard
    library."""
    return {peer.name: _version(peer.modules[0]) for peer in peers if is_installed(peer)}


def _missing(peer: Peer) -> list[str]:
    return [module for module in peer.modules if find_spec(module) is None]


def _version(module: str) -> str:
    if module in sys.stdlib_module_names:
        return f"{platform.python_implementation()} {platform.python_version()}"
    distribution = _DISTRIBUTIONS.get(module, module)
    return f"{distribution} {version(distribution)}"
