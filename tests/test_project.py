"""The recipes agree: Makefile, image, continuous integration."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from radiograde import __version__

ROOT = Path(__file__).resolve().parents[1]
PROJECT_FILE = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


LOCKS = ("serve", "s3", "develop", "cuda", "audit")
SWAP = "uninstall --yes onnxruntime onnxruntime-gpu"
PROJECT = "install --no-deps --no-build-isolation --editable ."


def installs(text: str) -> list[str]:
    """Return what a recipe has pip install and uninstall, in order."""
    return re.findall(r"pip ((?:un)?install [^\\;\n&]*[^\\;\s&])", text)


def made(venv: Path, target: str, python: str = "3.11") -> list[str]:
    """Return what a target of the Makefile says and asks of pip; the environment stands."""
    interpreter = venv / "bin" / "python"
    if not interpreter.exists():
        interpreter.parent.mkdir(parents=True)
        interpreter.symlink_to(sys.executable)
    command = ["make", "--silent", "-C", str(ROOT), f"VENV={venv}", "PIP=echo pip"]
    done = subprocess.run(
        [*command, f"VERSION={python}", f"{venv}/.{target}"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if not line.startswith("make")]
    return [line.removeprefix("pip ") for line in lines]


def locked(name: str) -> str:
    return f"install --require-hashes --requirement requirements/{name}.txt"


def test_the_image_installs_what_make_run_installs(tmp_path: Path) -> None:
    served = made(tmp_path, "serve-cuda")
    assert served == [locked("serve"), PROJECT, SWAP, locked("cuda")]
    with_archive = [*served, locked("s3")]
    assert sorted(with_archive) == sorted(installs(read("Dockerfile")))


def test_the_gpu_package_is_put_back_after_every_other_install(tmp_path: Path) -> None:
    swap = [SWAP, locked("cuda")]
    assert made(tmp_path, "serve-cuda")[-2:] == swap
    assert made(tmp_path, "serve-cuda") == []
    assert made(tmp_path, "develop") == [locked("develop"), PROJECT]
    assert made(tmp_path, "serve-cpu") == []
    assert made(tmp_path, "serve-cuda") == swap


def test_another_python_takes_the_open_ranges_and_says_so(tmp_path: Path) -> None:
    sentence, *asked = made(tmp_path, "serve-cuda", python="3.14")
    assert "Python 3.14" in sentence
    cuda = PROJECT_FILE["dependency-groups"]["cuda"][0]
    assert asked == ["install --editable .", SWAP, f"install {cuda}"]
    assert made(tmp_path, "develop", python="3.14")[1:] == ["install --editable .[train,dev]"]


def pinned(lock: str) -> dict[str, str]:
    """Return the versions in a lock file by the names of their packages."""
    text = read(f"requirements/{lock}.txt")
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+) ", text, re.MULTILINE))


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_file_has_hashes_and_no_address(lock: str) -> None:
    entries = re.split(r"^(?=[a-z0-9-]+==)", read(f"requirements/{lock}.txt"), flags=re.MULTILINE)
    assert len(entries) - 1 == len(pinned(lock)) > 5
    assert [entry for entry in entries[1:] if "--hash=sha256:" not in entry] == []
    assert "://" not in "".join(entries)
    assert "--index" not in "".join(entries)


def test_lock_files_hold_what_the_project_asks_for() -> None:
    project, groups = PROJECT_FILE["project"], PROJECT_FILE["dependency-groups"]
    extras = project["optional-dependencies"]
    serving = [*project["dependencies"], *groups["build"]]
    asked = {
        "serve": serving,
        "develop": [*serving, *extras["train"], *extras["dev"]],
        "s3": [*project["dependencies"], *extras["s3"]],
        "cuda": groups["cuda"],
        "audit": groups["audit"],
    }
    assert set(asked) == set(LOCKS)
    for lock, lines in asked.items():
        versions = pinned(lock)
        for needed in map(Requirement, lines):
            assert needed.specifier.contains(versions[canonicalize_name(needed.name)]), needed


def test_lock_files_agree() -> None:
    serving = pinned("serve")
    for lock in LOCKS:
        shared = serving.keys() & pinned(lock).keys()
        assert {name: pinned(lock)[name] for name in shared} == {
            name: serving[name] for name in shared
        }
    assert serving.keys() <= pinned("develop").keys()


def test_building_asks_for_the_locked_backend() -> None:
    assert PROJECT_FILE["build-system"]["requires"] == PROJECT_FILE["dependency-groups"]["build"]


def tools(folder: Path, *variables: str) -> list[str]:
    """Return what ``make tools`` says where nothing is installed and apt-get only says its name."""
    for name, script in {"apt-get": 'echo "apt-get $*"', "id": "echo 0"}.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    for name in ("sh", "make"):
        (folder / name).symlink_to(shutil.which(name) or name)
    done = subprocess.run(
        ["make", "--silent", "-C", str(ROOT), "tools", *variables],
        env={"PATH": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def test_debian_packages_are_named_before_they_are_installed(tmp_path: Path) -> None:
    said = tools(tmp_path)
    update, install = (line for line in said if line.startswith("apt-get "))
    packages = {"orthanc", "orthanc-dicomweb", "dcmtk", "chromium", "strace"}
    assert update.startswith("apt-get update")
    assert set(install.split()) >= packages
    before = "\n".join(said[: said.index(update)])
    assert all(name in before for name in packages)
    assert "TOOLS=no" in before


def test_no_debian_package_is_installed_where_none_is_wanted(tmp_path: Path) -> None:
    (said,) = tools(tmp_path, "TOOLS=no")
    assert "skipped" in said


def test_the_version_stands_in_one_place() -> None:
    project = PROJECT_FILE["project"]
    assert ("version" in project, project["dynamic"]) == (False, ["version"])
    assert PROJECT_FILE["tool"]["setuptools"]["dynamic"] == {
        "version": {"attr": "radiograde.__version__"}
    }
    # Metadata of an installation that was made from this tree before may tell an older one.
    asked = re.compile(r"""version\(["']radiograde["']\)""")
    packages = ("radiograde", "model", "data", "training", "service")
    files = [path for name in packages for path in (ROOT / name).rglob("*.py")]
    assert len(files) > 200
    assert [path.name for path in files if asked.search(path.read_text(encoding="utf-8"))] == []


def test_pages_name_the_version_that_runs() -> None:
    minor = __version__.rpartition(".")[0]
    assert f"\nRadiograde {__version__}, " in read("docs/reference/conformance.md")
    assert f"| latest minor release ({minor}) | yes |" in read("SECURITY.md")
    newest = re.search(r"^## (\d\S*) - ", read("CHANGELOG.md"), re.MULTILINE)
    assert newest
    assert newest[1] == __version__


def test_the_bill_of_materials_is_of_the_locked_versions_and_of_this_one(tmp_path: Path) -> None:
    command = ["make", "--dry-run", "-C", str(ROOT), f"VENV={tmp_path}", "VERSION=3.11"]
    said = subprocess.run([*command, "sbom"], capture_output=True, text=True, check=True).stdout
    assert f'version = "{__version__}"' in said
    assert "cyclonedx-py environment build/serve --pyproject build/pyproject.toml" in said
    assert "pip-licenses --python build/serve/bin/python" in said
    for name in ("serve", "audit"):
        assert f"--require-hashes --requirement requirements/{name}.txt" in said


def test_an_audit_that_cannot_look_a_package_up_fails(tmp_path: Path) -> None:
    command = ["make", "--dry-run", "-C", str(ROOT), f"VENV={tmp_path}", "VERSION=3.11", "audit"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert re.search(r"pip-audit --strict .*--requirement requirements/serve\.txt$", said, re.M)


def test_make_help_lists_every_target() -> None:
    done = subprocess.run(["make", "-C", str(ROOT), "help"], capture_output=True, text=True)
    phony = re.search(r"^\.PHONY: (.*)$", read("Makefile"), re.MULTILINE)
    assert phony
    assert re.findall(r"^  make (\w+)", done.stdout, re.MULTILINE) == phony[1].split()


def test_the_image_holds_every_package() -> None:
    packages = PROJECT_FILE["tool"]["setuptools"]["packages"]["find"]["include"]
    needed = {package.rstrip("*") for package in packages} | {
        "requirements",
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
