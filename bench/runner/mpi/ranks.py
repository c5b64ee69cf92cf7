"""bench_mpi, as rounds.py runs it: a program for each number of ranks, which mpirun starts."""

import argparse
import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from parzen_study.common.shown import shown_name
from runner.program import Program

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


def programs_of_ranks(options: argparse.Namespace, program: Program) -> Sequence[Program]:
    """By rising number of ranks, on this machine or on the hosts of the file. All ranks together
    may use the memory of `program`, next to whose backends they are measured."""
    if not options.ranks:
        return []
    for name, value in variables_of_mpirun().items():
        os.environ.setdefault(name, value)
    hosts = ["--hostfile", str(options.host_file.resolve())] if options.host_file else []
    binary = options.binary.with_name("own_loop_mpi" if options.loop else "bench_mpi")
    return [
        replace(
            program,
            name=f"mpirun -np {number} {shown_name(binary)}",
            command=[
                *("mpirun", "-np", str(number), *hosts, str(binary.resolve())),
                *("--ranks", str(number), *program.command[1:]),
            ],
            remedy="check MPI alone: make test-mpi",
        )
        for number in sorted(set(options.ranks))
    ]
