"""include_graph.py: finds faults in small trees, and none in this repository."""

from pathlib import Path

import pytest

from include_graph import faults
from small_tree import ROOT, write_tree

LAYERS = ("pool", "workers", "transport", "os")
RIGHT = {
    "kernels/text/shown.hpp": "",
    "kernels/host/files.hpp": '#include "text/shown.hpp"\n#include <vector>\n',
    **{
        f"kernels/processes/{layer}/a.hpp": "".join(
            f'#include "processes/{below}/a.hpp"\n' for below in LAYERS[number + 1 :]
        )
        for number, layer in enumerate(LAYERS)
    },
    "kernels/processes/pool.hpp": '#include "processes/pool/a.hpp"\n',
    "kernels/loops/loop.hpp": '#include "processes/pool.hpp"\n',
    "kernels/parzen/problem.hpp": '#include "loops/loop.hpp"\n',
    "kernels/backends/CMakeLists.txt": "add_backend(serial)\nadd_backend(tbb SOURCES a.cpp)\n",
    "kernels/backends/backend.hpp": '#include "loops/loop.hpp"\n',
    "kernels/backends/serial.cpp": '#include "backends/backend.hpp"\n',
    "kernels/backends/tbb_arena.hpp": "",
    "kernels/backends/tbb.cpp": '#include "backends/tbb_arena.hpp"\n',
    "kernels/tests/helper.hpp": "",
    "kernels/tests/host/files_test.cpp": '#include "helper.hpp"\n#include "host/files.hpp"\n',
    "bench/build_info.hpp.in": "",
    "bench/machine/machine.cpp": '#include "build_info.hpp"\n',
    "bench/cases/case.hpp": '#include "backends/backend.hpp"\n',
    "bench/main.cpp": '#include "cases/case.hpp"\n',
    "bench/tests/cases/case_test.cpp": '#include "cases/case.hpp"\n#include "helper.hpp"\n',
}


def test_this_repository_has_no_fault() -> None:
    assert faults(ROOT) == []


def test_includes_of_lower_layers_are_allowed(tmp_path: Path) -> None:
    write_tree(tmp_path, RIGHT)
    assert faults(tmp_path) == []


@pytest.mark.parametrize(
    ("file", "line", "fault"),
    [
        (
            f"kernels/processes/{below}/b.cpp",
            f'"processes/{above}/a.hpp"',
            f"/{above}/ is a layer above",
        )
        for number, above in enumerate(LAYERS)
        for below in LAYERS[number + 1 :]
    ]
    + [
        (f"kernels/processes/{layer}/b.cpp", '"processes/pool.hpp"', "processes/ is a layer above")
        for layer in LAYERS
    ]
    + [
        ("kernels/text/b.cpp", '"host/files.hpp"', "kernels/host/ is a layer above kernels/text/"),
        ("kernels/host/b.cpp", '"processes/os/a.hpp"', "kernels/processes/os/ is a layer above"),
        ("kernels/backends/b.cpp", '"parzen/problem.hpp"', "kernels/parzen/ is a layer above"),
        (
            "kernels/backends/b.cpp",
            '"cases/case.hpp"',
            "bench/cases/ is a layer above kernels/backends/",
        ),
        ("kernels/backends/b.cpp", "<cases/case.hpp>", "bench/cases/ is a layer above"),
        ("kernels/host/b.cpp", '"../processes/os/a.hpp"', "kernels/processes/os/ is a layer above"),
        ("kernels/tests/b.cpp", '"cases/case.hpp"', "bench/cases/ is a layer above kernels/tests/"),
        ("bench/machine/b.cpp", '"cases/case.hpp"', "bench/cases/ is a layer above bench/machine/"),
        ("bench/cases/b.cpp", '"helper.hpp"', "move shared code out of the tests"),
        ("kernels/backends/b.cpp", '"backends/serial.cpp"', "includes the backend"),
        ("kernels/host/b.cpp", '"files.h"', 'there is no "files.h"'),
        ("kernels/plots/b.cpp", '"text/shown.hpp"', "is in no layer"),
    ],
)
def test_an_include_of_a_higher_layer_is_a_fault(
    tmp_path: Path, file: str, line: str, fault: str
) -> None:
    write_tree(tmp_path, {**RIGHT, file: f"#pragma once\n  #  include {line}\n"})
    (found,) = faults(tmp_path)
    assert found.startswith(file)
    assert fault in found
    if "in no layer" not in fault:
        assert found.startswith(f"{file}:2: ")


def test_a_folder_without_sources_is_a_fault(tmp_path: Path) -> None:
    (found,) = faults(tmp_path)
    assert "no sources in kernels/ and bench/" in found
