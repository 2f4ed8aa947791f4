"""Who may import whom, and what the service must not load."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from radiograde.command import COMMANDS, MORE

ROOT = Path(__file__).resolve().parents[1]
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


@pytest.mark.parametrize(
    "module",
    [
        "radiograde",
        "radiograde.service.http.app",
        "radiograde.service.cli.batch",
        "radiograde.service.dimse.listener",
        "radiograde.service.http.server",
        "radiograde.service.grading.main",
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
