"""The same three hosts in SimGrid, whose SMPI runs a program of MPI on simulated links."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from hosts import NAMES
from isolated import Skip, need, ran

# Of a full Ethernet frame, as tc counts it: 1500 bytes less the headers of IP and TCP with its time
# stamps, of 1514.
PAYLOAD: Final = (1500 - 20 - 20 - 12) / 1514
# So fast, in bits per second, and so short, in seconds, that the last host's link alone counts.
_OTHER_RATE: Final = 10**10
_OTHER_DELAY: Final = 2e-5


def _platform(rate: float, delay: float) -> str:
    """Three links and a switch. Rates in bits per second, delays in seconds."""
    last = len(NAMES)
    links = "".join(
        f'<link id="link{i}" bandwidth="{rate if i == last else _OTHER_RATE}bps" '
        f'latency="{delay if i == last else _OTHER_DELAY}s" sharing_policy="SPLITDUPLEX"/>'
        for i in range(1, last + 1)
    )
    routes = "".join(
        f'<route src="{NAMES[i - 1]}" dst="{NAMES[j - 1]}">'
        f'<link_ctn id="link{i}" direction="UP"/><link_ctn id="link{j}" direction="DOWN"/></route>'
        for i in range(1, last + 1)
        for j in range(i + 1, last + 1)
    )
    hosts = "".join(f'<host id="{name}" speed="1Gf"/>' for name in NAMES)
    return (
        '<?xml version="1.0"?>\n'
        '<!DOCTYPE platform SYSTEM "https://simgrid.org/simgrid.dtd">\n'
        f'<platform version="4.1"><zone id="hosts" routing="Full">{hosts}{links}{routes}</zone>'
        "</platform>\n"
    )


def times(program: str, arguments: Sequence[str], rate: float, delay: float, eager: int) -> str:
    """What `link_time` prints on the simulated hosts. The last one's link has `rate` in bits per
    second and `delay` in seconds; 0 is none. No message of up to `eager` bytes waits for its
    receiver."""
    if not program:
        raise Skip("SimGrid was not found: install Debian's libsimgrid-dev, and build again")
    need("smpirun", "SimGrid, on Debian libsimgrid-dev")
    platform = Path("/run/hosts.xml")
    platform.write_text(_platform(rate or _OTHER_RATE, delay or _OTHER_DELAY))
    names = Path("/run/hosts.txt")
    names.write_text("".join(f"{name}\n" for name in NAMES))
    settings = [
        # SMPI's own model has factors of another network, and of TCP that starts slowly. Here the
        # connections are open, and the headers are those of Ethernet.
        *("network/model:CM02", f"network/bandwidth-factor:{PAYLOAD}"),
        *("smpi/allreduce:redbcast", "smpi/reduce:flat_tree", "smpi/bcast:flattree"),
        *(f"smpi/send-is-detached-thresh:{eager}", "smpi/simulate-computation:no"),
        "smpi/tmpdir:/run",
    ]
    where = ["-np", str(len(NAMES)), "-platform", str(platform), "-hostfile", str(names)]
    return ran("smpirun", *where, *(f"--cfg={each}" for each in settings), program, *arguments)
