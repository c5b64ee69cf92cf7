"""The peers of all families, and which of them are installed here."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterable
from importlib.metadata import version
from importlib.util import find_spec
from typing import Final

from runner.python_baselines import article, dispatch, kernels
from runner.python_baselines.peer import Peer

# Families that fork stand first, the one that needs NumPy last of them.
PEERS: Final[tuple[Peer, ...]] = (*dispatch.PEERS, *article.PEERS, *kernels.PEERS)
# As what a module is installed, where that has another name.
_DISTRIBUTIONS: Final = {"sklearn": "scikit-learn"}


def is_installed(peer: Peer) -> bool:
    return not _missing(peer)


def left_out(peers: Iterable[Peer]) -> dict[str, str]:
    """Why a peer, or its cases of one family, cannot be measured here, by name."""
    return {
        peer.name: f"Python {platform.python_version()} has no module {', '.join(missing)}"
        for peer in peers
        if (missing := _missing(peer))
    }


def versions(peers: Iterable[Peer]) -> dict[str, str]:
    """Versions of what can be measured here, by name: Python's own for what comes with it."""
    return {peer.name: _version(peer.modules[0]) for peer in peers if is_installed(peer)}


def _missing(peer: Peer) -> list[str]:
    return [module for module in peer.modules if find_spec(module) is None]


def _version(module: str) -> str:
    if module in sys.stdlib_module_names:
        return f"{platform.python_implementation()} {platform.python_version()}"
    distribution = _DISTRIBUTIONS.get(module, module)
    return f"{distribution} {version(distribution)}"
