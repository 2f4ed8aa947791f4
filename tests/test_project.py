"""The recipes agree: Makefile, image, continuous integration."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def installs(text: str) -> list[str]:
    """Return what a recipe has pip install and uninstall, in order."""
    return re.findall(r"pip ((?:un)?install [^\\;\n]*[^\\;\s])", text)


def test_the_image_installs_what_make_run_installs() -> None:
    serving, _, developing = read("Makefile").replace("$(PIP)", "pip").partition(".develop: ")
    assert developing
    served = [line for line in installs(serving) if line != "install pip"]
    assert len(served) == 3
    assert served == installs(read("Dockerfile"))


def test_the_gpu_package_is_put_back_after_every_other_install(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").touch()

    def made(add_equipment: str) -> list[str]:
        command = ["make", "-C", str(ROOT), f"VENV={tmp_path}", "PIP=@echo pip"]
        done = subprocess.run(
            [*command, f"{tmp_path}/.{add_equipment}"], capture_output=True, text=True, check=True
        )
        return [line for line in done.stdout.splitlines() if line.startswith("pip ")]

    swap = ["pip uninstall --yes onnxruntime onnxruntime-gpu"]
    swap += ["pip install onnxruntime-gpu[cuda,cudnn]>=1.21"]
    assert made("serve-cuda") == ["pip install --editable .", *swap]
    assert made("serve-cuda") == []
    assert made("develop") == ["pip install --editable .[train,dev]"]
    assert made("serve-cpu") == []
    assert made("serve-cuda") == swap


def test_the_image_holds_every_package() -> None:
    project = tomllib.loads(read("pyproject.toml"))
    packages = project["tool"]["setuptools"]["packages"]["find"]["include"]
    needed = {package.rstrip("*") for package in packages} | {
        "model",
        "data",
        "training",
        "service",
        "pyproject.toml",
    }
    carried = {line[1:] for line in read(".dockerignore").splitlines() if line.startswith("!")}
    assert needed <= carried
    assert all((ROOT / name).exists() for name in carried)


def test_continuous_integration_runs_the_tests() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert script.read_text(encoding="utf-8").splitlines()[-1] == "make test"


def test_the_command_helps_where_only_serving_is_installed() -> None:
    absent = ("torch", "torchvision", "onnx", "yaml", "tensorboard")
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({absent})); "
        "from radiograde.command import main; main(['--help'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "train" in done.stdout
