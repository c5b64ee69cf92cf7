"""Three hosts on one machine: a network namespace and a host name each, joined by a bridge.

    parzen1: eth0 10.0.0.1 ── parzen_port1 ┐
    parzen2: eth0 10.0.0.2 ── parzen_port2 ┼ parzen_bridge
    parzen3: eth0 10.0.0.3 ── parzen_port3 ┘

The bridge, and the other ends of the hosts' links, are in the network namespace of the test itself
(isolated.py), so that no address or name is in use outside.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from isolated import Skip, allowed, need, ran
from relay import Relay

NAMES: Final = ("parzen1", "parzen2", "parzen3")
SUBNET: Final = "10.0.0.0/24"
# Starts a command on a host, as ssh does. Like ssh, it does not notice when the whole host dies.
_AGENT: Final = """#!/bin/sh
host=$1
shift
ip netns exec "$host" unshare --uts \\
  sh -c 'echo "$0" > /proc/sys/kernel/hostname && exec sh -c "$*"' "$host" "$@"
status=$?
[ $status != 137 ] || exec sleep 60
exit $status
"""


def _environment(agent: Path) -> dict[str, str]:
    """Parameters of Open MPI 4 (OMPI_MCA) and of the PRRTE of Open MPI 5: the agent, TCP only, and
    the hosts' subnet only."""
    return {
        "OMPI_ALLOW_RUN_AS_ROOT": "1",
        "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
        "OMPI_MCA_plm_rsh_agent": str(agent),
        "PRTE_MCA_plm_ssh_agent": str(agent),
        "OMPI_MCA_oob_tcp_if_include": SUBNET,
        "PRTE_MCA_prte_if_include": SUBNET,
        "OMPI_MCA_pml": "ob1",
        "OMPI_MCA_btl": "self,tcp",
        "OMPI_MCA_btl_tcp_if_include": SUBNET,
        # The hosts share the CPUs of one machine: a rank that waits lets others run.
        "OMPI_MCA_mpi_yield_when_idle": "1",
        "OMPI_MCA_hwloc_base_binding_policy": "none",
        "PRTE_MCA_hwloc_default_binding_policy": "none",
    }


class Hosts:
    """The hosts, each with one rank. `delay` in seconds: of each frame to and from the last host,
    by netem where the kernel has it, else by a relay."""

    def __init__(self, mpirun: str, delay: float = 0) -> None:
        for tool in ("ip", "tc"):
            need(tool, "iproute2")
        need(mpirun, "Open MPI, on Debian openmpi-bin")
        # It calls itself one of these, by its own name.
        version = re.search(r"\((?:Open MPI|OpenRTE)\) (\d+)", ran(mpirun, "--version"))
        if not version:
            raise Skip(f"{mpirun} is not of Open MPI, whose agent and parameters this test sets")
        self.version = int(version[1])
        self._mpirun = mpirun
        self._netem: tuple[str, ...] = ()
        self._agent = Path("/run/agent")
        self._agent.write_text(_AGENT)
        self._agent.chmod(0o755)
        table = "".join(f"10.0.0.{i} {name}\n" for i, name in enumerate(NAMES, 1))
        Path("/run/hosts").write_text("127.0.0.1 localhost\n" + table)
        ran("mount", "--bind", "/run/hosts", "/etc/hosts")
        allowed("a network of its own is", "ip", "link", "set", "lo", "up")
        allowed("a bridge is", "ip", "link", "add", "parzen_bridge", "type", "bridge")
        ran("ip", "link", "set", "parzen_bridge", "up")
        for number, name in enumerate(NAMES, 1):
            allowed("a network namespace is", "ip", "netns", "add", name)
            self._connect(number, name, delay if name == NAMES[-1] else 0)

    def _connect(self, number: int, name: str, delay: float) -> None:
        port = f"parzen_port{number}"
        relayed = delay > 0 and not self._has_netem()
        if relayed:
            self.delayed_by = "a relay"
            Relay(port, "parzen_far", delay).start()
            ran("ip", "link", "set", "parzen_far", "netns", name, "name", "eth0")
        else:
            peer = ("peer", "name", "eth0", "netns", name)
            allowed("a veth pair is", "ip", "link", "add", port, "type", "veth", *peer)
        ran("ip", "link", "set", port, "master", "parzen_bridge", "up")
        ran("ip", "-n", name, "address", "add", f"10.0.0.{number}/24", "dev", "eth0")
        for device in ("lo", "eth0"):
            ran("ip", "-n", name, "link", "set", device, "up")
        if delay > 0 and not relayed:
            self.delayed_by = "netem"
            self._netem = ("netem", "delay", f"{delay * 1e6:.0f}us", "limit", "10000")
            self._shape("root", *self._netem)

    @staticmethod
    def _has_netem() -> bool:
        probe = ("tc", "qdisc", "add", "dev", "lo", "root", "netem", "delay", "1ms")
        if subprocess.run(probe, capture_output=True, check=False).returncode != 0:
            return False
        ran("tc", "qdisc", "delete", "dev", "lo", "root")
        return True

    def _shape(self, *discipline: str) -> None:
        """Sets a queueing discipline of the last host's link, in both directions."""
        replace = ("qdisc", "replace", "dev")
        allowed("tc is", "tc", *replace, f"parzen_port{len(NAMES)}", *discipline)
        allowed("tc is", "tc", "-n", NAMES[-1], *replace, "eth0", *discipline)

    def limit(self, bits_per_second: int) -> None:
        """Limits the last host's link. Its queue loses no frame of a message."""
        rate = ("rate", f"{bits_per_second}bit", "burst", "16kb", "limit", "8mb")
        self._shape("root", "handle", "1:", "tbf", *rate)
        if self._netem:
            self._shape("parent", "1:1", *self._netem)

    def start(
        self, *command: str | Path, parameters: dict[str, str] | None = None
    ) -> subprocess.Popen[str]:
        """mpirun on the first host, with a rank on each. One pipe has both outputs."""
        words = [self._mpirun, "--host", ",".join(NAMES), "-np", len(NAMES), *command]
        return subprocess.Popen(
            [self._agent, NAMES[0], shlex.join(map(str, words))],
            env=os.environ | _environment(self._agent) | (parameters or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *command: str | Path, parameters: dict[str, str] | None = None) -> str:
        """The output of a run that must succeed within a minute."""
        process = self.start(*command, parameters=parameters)
        try:
            output, _ = process.communicate(timeout=60)
        except subprocess.TimeoutExpired as expired:
            found = (expired.stdout or b"").decode(errors="replace")
            raise AssertionError(f"mpirun still runs after a minute:\n{found}") from None
        if process.returncode != 0:
            raise AssertionError(f"mpirun ended with status {process.returncode}:\n{output}")
        return output

    @staticmethod
    def bytes_sent() -> Sequence[int]:
        """By each host so far, with the headers of frames."""
        return [
            json.loads(ran("ip", "-n", name, "-s", "-j", "link", "show", "dev", "eth0"))[0][
                "stats64"
            ]["tx"]["bytes"]
            for name in NAMES
        ]

    @staticmethod
    def kill_last() -> None:
        """Kills all processes of the last host."""
        for process in ran("ip", "netns", "pids", NAMES[-1]).split():
            os.kill(int(process), signal.SIGKILL)
