"""The peers of all families, and which of them are installed here."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterable
from importlib.metadata import version
from importlib.util import find_spec
from typing import Final

from parzen_study.peers import dispatch, kernels
from parzen_study.peers.peer import Peer

PEERS: Final[tuple[Peer, ...]] = (*dispatch.PEERS, *kernels.PEERS)


def is_installed(peer: Peer) -> bool:
    return find_spec(peer.module) is not None


def left_out(peers: Iterable[Peer]) -> dict[str, str]:
    """Why a peer cannot be measured here, by name."""
    return {
        peer.name: f"Python {platform.python_version()} has no module {peer.module}"
        for peer in peers
        if not is_installed(peer)
    }


def versions(peers: Iterable[Peer]) -> dict[str, str]:
    """Versions of what can be measured here, by name: Python's own for what comes with it."""
    return {
        peer.name: f"{platform.python_implementation()} {platform.python_version()}"
        if peer.module in sys.stdlib_module_names
        else f"{peer.module} {version(peer.module)}"
        for peer in peers
        if is_installed(peer)
    }
