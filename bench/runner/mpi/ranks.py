"""bench_mpi, as rounds.py runs it: a program for each number of ranks, which mpirun starts."""

import argparse
import os
from collections.abc import Sequence
from typing import Final

from parzen_study.common.shown import shown_name
from runner.program import Choices, Program

# Open MPI 4 and 5: more ranks than CPUs are measured too, and no rank is bound to a CPU, as no
# worker of another backend is.
_OPEN_MPI: Final = {
    "OMPI_MCA_rmaps_base_oversubscribe": "1",
    "OMPI_MCA_hwloc_base_binding_policy": "none",
    "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
    "PRTE_MCA_hwloc_default_binding_policy": "none",
}
# It refuses root, unless both are set. Who runs `make bench-mpi` as root has decided.
_AS_ROOT: Final = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}


def variables_of_mpirun() -> dict[str, str]:
    """What Open MPI needs, unless the user has set it."""
    return _OPEN_MPI | (_AS_ROOT if os.geteuid() == 0 else {})


def programs_of_ranks(
    options: argparse.Namespace, choices: Choices, memory: str
) -> Sequence[Program]:
    """By rising number of ranks, on this machine or on the hosts of the file. All ranks together
    may use so much memory."""
    if not options.ranks:
        return []
    for name, value in variables_of_mpirun().items():
        os.environ.setdefault(name, value)
    binary = options.binary.with_name("bench_mpi")
    hosts = ["--hostfile", str(options.host_file.resolve())] if options.host_file else []
    return [
        Program(
            f"mpirun -np {number} {shown_name(binary)}",
            ["mpirun", "-np", str(number), *hosts, str(binary.resolve())],
            "check MPI alone: make test-mpi",
            choices,
            memory,
        )
        for number in sorted(set(options.ranks))
    ]
