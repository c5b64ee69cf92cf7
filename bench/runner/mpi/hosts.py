"""The host file of mpirun, checked before anything is measured.

For an unknown host, mpirun prints a page, or waits for a name server.
"""

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from parzen_study.common.limits import how_to_raise
from parzen_study.common.shown import quoted, shown, shown_name
from runner.run import RunError

# For all names together, so that an error comes within 10 s.
LOOK_UP_SECONDS: Final = 5.0

# With an agent of the user's own, names may mean something to that agent only. Open MPI 4 and 5.
_AGENTS: Final = ("OMPI_MCA_plm_rsh_agent", "PRTE_MCA_plm_ssh_agent", "PRTE_MCA_plm_rsh_agent")


def require_known_hosts(file: Path) -> None:
    """Raises RunError unless the file names hosts, and the system finds an address of each."""
    try:
        lines = file.read_text("utf-8", errors="replace").splitlines()
    except OSError as error:
        remedy = how_to_raise(error) or "name a file with a host per line"
        raise RunError(
            f"the host file {shown_name(file)} cannot be read: {error.strerror}; {remedy}", status=2
        ) from None
    hosts = list(_hosts_in(lines))
    if not hosts:
        raise RunError(
            f"the host file {shown_name(file)} names no host: write one per line, such as "
            "`node1 slots=4`",
            status=2,
        )
    if any(name in os.environ for name in _AGENTS):
        return
    deadline = time.monotonic() + LOOK_UP_SECONDS
    for number, host in hosts:
        if not _is_known(host, deadline - time.monotonic()):
            raise RunError(
                f"the host file {shown_name(file)}, line {number}, names the host "
                f"{quoted(shown(host))}, and this machine finds no address for it: correct the "
                f"name, or add it to /etc/hosts; `getent ahosts {shown(host)}` must print it",
                status=2,
            )


def _hosts_in(lines: list[str]) -> Iterator[tuple[int, str]]:
    """The numbers of the lines, and their hosts, as Open MPI (`host slots=4`) and MPICH
    (`host:4`) write them."""
    for number, line in enumerate(lines, start=1):
        if words := line.partition("#")[0].split():
            host = words[0].rpartition("@")[2]
            name, colon, slots = host.partition(":")
            yield number, name if colon and slots.isdecimal() else host


def _is_known(host: str, seconds: float) -> bool:
    # A process of its own, since a look-up in this one could not be ended.
    try:
        found = subprocess.run(
            ["getent", "ahosts", "--", host],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=max(seconds, 0.1),
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    except FileNotFoundError:
        return True  # a system without getent: mpirun itself will find out
    return found.returncode == 0
