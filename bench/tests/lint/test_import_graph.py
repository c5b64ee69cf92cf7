"""import_graph.py: finds faults in small trees, and none in this repository."""

from pathlib import Path

import pytest

from import_graph import faults
from small_tree import ROOT, write_tree

STUDY = "analysis/parzen_study"
RIGHT = {
    **{f"{STUDY}/{package}/__init__.py": "" for package in ("common", "run", "topics", "gate")},
    f"{STUDY}/__init__.py": "",
    f"{STUDY}/common/shown.py": "import re\n",
    f"{STUDY}/run/case.py": "from parzen_study.common.shown import shown\n",
    f"{STUDY}/run/load.py": "from parzen_study.run import case\n",
    f"{STUDY}/stats/bootstrap.py": "from parzen_study.run.case import Case\n",
    f"{STUDY}/plan.py": "from parzen_study.run.case import Case\n",
    f"{STUDY}/quality/rules.py": "from parzen_study.stats.bootstrap import Estimate\n",
    f"{STUDY}/topics/sizes/model.py": "from ...quality import rules\n",
    f"{STUDY}/study.py": "from parzen_study.topics.sizes import model\n",
    f"{STUDY}/page/style.py": "import matplotlib\nfrom parzen_study.study import Study\n",
    f"{STUDY}/topics/topic.py": "from parzen_study import topics\nfrom ..page import style\n",
    f"{STUDY}/topics/sizes/figure.py": "import matplotlib.pyplot\nfrom . import model\n",
    f"{STUDY}/topics/sizes/section.py": "from parzen_study.topics.topic import Topic\n",
    f"{STUDY}/report/report.py": "from parzen_study.topics.topic import topics\n",
    f"{STUDY}/gate/verdict.py": "from enum import Enum\n",
    f"{STUDY}/cli.py": "def main() -> None:\n    from parzen_study.report import report\n",
    "analysis/tests/helpers/synthetic.py": "from parzen_study.cli import main\n",
    "analysis/tests/test_cli.py": "import matplotlib\nfrom synthetic import run\n",
    "bench/runner/run.py": "from parzen_study.run import case, load\n",
    "bench/runner/plan.py": "from parzen_study import plan\nfrom runner.run import Document\n",
    "bench/runner/pairs/text.py": "from parzen_study.gate.verdict import Verdict\n",
    "bench/tests/runner/test_run.py": "from synthetic import run\nfrom runner import run\n",
    "kernels/tests/mutants.py": "import tomllib\n",
}


def test_this_repository_has_no_fault() -> None:
    assert faults(ROOT) == []


def test_imports_of_lower_layers_are_allowed(tmp_path: Path) -> None:
    write_tree(tmp_path, RIGHT)
    assert faults(tmp_path) == []


@pytest.mark.parametrize(
    ("file", "line", "fault"),
    [
        (
            f"{STUDY}/common/b.py",
            "from parzen_study.run.case import Case",
            "run is a layer above common",
        ),
        (f"{STUDY}/run/b.py", "import parzen_study.stats.bootstrap", "stats is a layer above run"),
        (f"{STUDY}/run/b.py", "from ..stats import bootstrap", "stats is a layer above run"),
        (f"{STUDY}/stats/b.py", "from parzen_study import plan", "plan is a layer above stats"),
        (
            f"{STUDY}/plan.py",
            "from parzen_study.quality import rules",
            "quality is a layer above plan",
        ),
        (f"{STUDY}/quality/b.py", "import parzen_study.study", "study is a layer above quality"),
        (f"{STUDY}/topics/sizes/b.py", "from parzen_study.study import Study", "models of topics"),
        (f"{STUDY}/topics/sizes/model.py", "from . import section", "models of topics"),
        (f"{STUDY}/study.py", "from parzen_study.page import style", "page is a layer above study"),
        (
            f"{STUDY}/page/b.py",
            "from parzen_study.topics.topic import Topic",
            "is a layer above page",
        ),
        (f"{STUDY}/topics/sizes/table.py", "from parzen_study.report import report", "report is"),
        (
            f"{STUDY}/report/b.py",
            "from parzen_study.cli import main",
            "cli is a layer above report",
        ),
        (
            f"{STUDY}/report/b.py",
            "from runner.run import Document",
            "analysis/ must not import bench",
        ),
        ("analysis/tests/test_b.py", "import runner.run", "analysis/ must not import bench/"),
        ("kernels/tests/b.py", "from parzen_study.run.case import Case", "kernels/ must"),
        (
            "bench/runner/b.py",
            "from parzen_study.page import style",
            "bench/ may import of it only",
        ),
        ("bench/runner/b.py", "from parzen_study import study", "bench/ may import of it only"),
        (
            "bench/runner/b.py",
            "from parzen_study.gate import compare",
            "bench/ may import of it only",
        ),
        ("bench/runner/b.py", "from parzen_study.stats import bootstrap", "bench/ may import"),
        ("bench/runner/b.py", "import matplotlib.pyplot", "figures may plot"),
        (f"{STUDY}/study.py", "from matplotlib import pyplot", "figures may plot"),
        (f"{STUDY}/topics/sizes/model.py", "from mpl_toolkits import mplot3d", "figures may plot"),
        (f"{STUDY}/run/b.py", "from synthetic import run", "move shared code out of the tests"),
        ("bench/runner/b.py", "import synthetic", "move shared code out of the tests"),
    ],
)
def test_an_import_of_a_higher_layer_is_a_fault(
    tmp_path: Path, file: str, line: str, fault: str
) -> None:
    write_tree(tmp_path, {**RIGHT, file: f"#\n{line}\n"})
    first, *others = faults(tmp_path)
    assert first.startswith(f"{file}:2: imports ")
    assert fault in first
    assert all("import cycle" in other for other in others)


@pytest.mark.parametrize("where", ["if TYPE_CHECKING:", "def main():", "try:"])
def test_so_is_an_import_in_a_block(tmp_path: Path, where: str) -> None:
    file, ends = f"{STUDY}/common/b.py", "\nfinally:\n    pass\n" if where == "try:" else "\n"
    line = "from parzen_study.run.case import Case"
    write_tree(tmp_path, {**RIGHT, file: f"{where}\n    {line}{ends}"})
    (found,) = faults(tmp_path)
    assert found.startswith(f"{file}:2: imports parzen_study.run.case: run is a layer above common")


def test_a_cyclic_import_within_a_layer_is_a_fault(tmp_path: Path) -> None:
    places = {
        f"{STUDY}/run/{name}.py": f"\nfrom parzen_study.run import {imported}\n"
        for name, imported in (("a", "b"), ("b", "c"), ("c", "a"))
    }
    write_tree(tmp_path, {**RIGHT, **places})
    (found,) = faults(tmp_path)
    run = "parzen_study.run"
    assert found == (
        f"{STUDY}/run/a.py:2: import cycle {run}.a -> {run}.b -> {run}.c -> {run}.a: "
        "move shared code to a lower layer"
    )


def test_a_package_without_a_layer_is_a_fault(tmp_path: Path) -> None:
    write_tree(tmp_path, {**RIGHT, f"{STUDY}/plots/b.py": ""})
    assert faults(tmp_path) == [
        f"{STUDY}/plots/b.py: is in no layer: add it to ORDER in import_graph.py"
    ]


def test_a_folder_without_packages_is_a_fault(tmp_path: Path) -> None:
    (found,) = faults(tmp_path)
    assert "has no package parzen_study or runner" in found
