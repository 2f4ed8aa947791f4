"""Who may import whom, and what the service must not load."""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections import Counter
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pytest

from radiograde.command import COMMANDS, MORE

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("model", "data", "training", "service")
LONGEST = 400
"""Lines of a file that can still be read at once."""

SLOW = ("fastapi", "onnxruntime", "pydicom", "sqlalchemy", "dbos", "pynetdicom")
HEAVY = (
    "torch",
    "torchvision",
    "pandas",
    "sklearn",
    "scipy",
    "matplotlib",
    "radiograde.training",
    "radiograde.data",
)


def test_the_import_rules_hold() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("radiograde", cache_dir=None)


def test_no_import_runs_in_a_circle(graph: grimp.ImportGraph) -> None:
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert len(imports) > 200
    TopologicalSorter(imports).prepare()


def test_packages_beside_each_other_import_in_one_direction(graph: grimp.ImportGraph) -> None:
    parents = [module for module in sorted(graph.modules) if graph.find_children(module)]
    assert "radiograde.service" in parents
    circles = {parent: graph.nominate_cycle_breakers(parent) for parent in parents}
    assert {parent: imports for parent, imports in circles.items() if imports} == {}


def files_of(package: str) -> list[Path]:
    return [path for path in (ROOT / package).rglob("*.py") if path.name != "__init__.py"]


@pytest.mark.parametrize("package", PACKAGES)
def test_no_file_name_stands_twice_inside_a_package(package: str) -> None:
    names = Counter(path.name for path in files_of(package))
    assert {name for name, times in names.items() if times > 1} == set()


@pytest.mark.parametrize("package", PACKAGES)
def test_files_can_be_read_at_once(package: str) -> None:
    """``pytest -rP`` prints the counts."""
    lines = {path: len(path.read_text().splitlines()) for path in files_of(package)}
    print(f"{package}: {len(lines)} files, median {statistics.median(lines.values()):.0f} lines")
    assert {path.name: count for path, count in lines.items() if count > LONGEST} == {}


@pytest.mark.parametrize(
    "module",
    [
        "radiograde",
        "radiograde.service.http.app",
        "radiograde.service.cli.batch",
        "radiograde.service.dimse.listener",
        "radiograde.service.http.server",
        "radiograde.service.grading.worker",
    ],
)
def test_serving_loads_nothing_of_training(module: str) -> None:
    code = f"import sys, {module}; print(*(name for name in {HEAVY!r} if name in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""


def test_naming_a_command_loads_no_web_framework() -> None:
    places = [*COMMANDS.values(), *(place for group in MORE.values() for place in group.values())]
    modules = {place.partition(":")[0] for place in places}
    commands = ", ".join(sorted(name for name in modules if ".service." in name))
    code = f"import sys, {commands}; print(*(name for name in {SLOW!r} if name in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert (done.stdout.split(), done.returncode) == ([], 0), done.stderr
