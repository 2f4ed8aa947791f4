"""What is installed: one import name, whole, beside whatever stands in a user's own folder."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from radiograde import __version__

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("model", "data", "training", "service")


def build(kind: str, source: Path, out: Path) -> Path:
    """Return the archive of ``kind`` (wheel, sdist) that the build backend makes of a tree."""
    code = f"import sys; from setuptools import build_meta as b; b.build_{kind}(sys.argv[1])"
    done = subprocess.run(
        [sys.executable, "-c", code, str(out)], cwd=source, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    (archive,) = out.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return archive


def tracked_files() -> list[str]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [name for name in listed.split("\0") if name and os.path.lexists(ROOT / name)]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the tree without what earlier builds left; the links stay links."""
    folder = tmp_path_factory.mktemp("source")
    for name in tracked_files():
        if name.split("/")[0] not in ("tests", "docs", "benchmarks"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name, follow_symlinks=False)
    return folder


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", source, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an environment with the wheel, which sees the dependencies of this one alone."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / "bin" / "python"
    install = ["install", "--quiet", "--no-deps", "--no-index", str(wheel)]
    subprocess.run([sys.executable, "-m", "pip", "--python", str(python), *install], check=True)
    (packages,) = (folder / "lib").glob("python*/site-packages")
    # A path named in a .pth file is searched, but its own .pth files, with this checkout, are not.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return folder / "bin"


@pytest.fixture
def workplace(tmp_path: Path) -> Path:
    """Return a folder in which a user keeps modules and folders of the same names as ours."""
    for name in FOLDERS:
        (tmp_path / f"{name}.py").write_text("raise ImportError('a module of the user')")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "__init__.py").write_text("raise ImportError('a package of the user')")
    return tmp_path


def run(*command: str | Path, folder: Path) -> str:
    """Return what a command prints in a user's folder that stands on Python's path."""
    own = {"PYTHONPATH": ".", "HOME": str(folder), "PATH": os.environ["PATH"]}
    done = subprocess.run(command, cwd=folder, env=own, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_holds_one_import_name(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.split("/")[0] for name in archive.namelist()}
        (declared,) = (name for name in archive.namelist() if name.endswith("top_level.txt"))
        assert archive.read(declared).split() == [b"radiograde"]
        links = [entry.filename for entry in archive.infolist() if entry.external_attr >> 28 == 0xA]
    assert tops == {"radiograde", f"radiograde-{__version__}.dist-info"}
    assert links == []


def test_the_wheel_holds_every_file_of_the_packages(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if name.startswith("radiograde/")}
    ours = [name for name in tracked_files() if not (ROOT / name).is_symlink()]
    below = tuple(f"{folder}/" for folder in FOLDERS)
    wanted = {f"radiograde/{name}" for name in ours if name.startswith(below)}
    wanted |= {name for name in ours if name.startswith("radiograde/")}
    assert held == wanted
    kinds = ("severity.onnx", "index.html", "preact.js", "en.json", ".html.j2", "/env.py")
    assert [kind for kind in kinds if not any(name.endswith(kind) for name in held)] == []
    assert any(re.search(r"/migrations/versions/\w+\.py$", name) for name in held)


def test_a_wheel_of_the_source_archive_is_the_same(
    source: Path, wheel: Path, tmp_path: Path
) -> None:
    archive = build("sdist", source, tmp_path)
    with tarfile.open(archive) as packed:
        assert [entry.name for entry in packed if entry.issym()] == []
        packed.extractall(tmp_path, filter="data")
    again = build("wheel", tmp_path / archive.name.removesuffix(".tar.gz"), tmp_path)
    with zipfile.ZipFile(wheel) as ours, zipfile.ZipFile(again) as theirs:
        assert sorted(ours.namelist()) == sorted(theirs.namelist())


def test_the_command_grades_where_other_modules_have_our_folders_names(
    environment: Path, workplace: Path
) -> None:
    run(environment / "radiograde", "data", "phantom", "--dicom", folder=workplace)
    said = run(environment / "radiograde", "score", "--json", "film.dcm", folder=workplace)
    result = json.loads(said)
    assert result["status"] == "scored"
    assert 0 <= result["scores"]["brixia"]["value"] <= 18


def test_the_module_runs_as_the_command(environment: Path, workplace: Path) -> None:
    said = run(environment / "python", "-m", "radiograde", "info", "--json", folder=workplace)
    assert json.loads(said)["radiograde"] == __version__


def test_the_public_name_is_imported_there(environment: Path, workplace: Path) -> None:
    code = "import radiograde as r; print(r.__version__, r.grade('absent').status, r.__file__)"
    version, status, file = run(environment / "python", "-c", code, folder=workplace).split()
    assert (version, status) == (__version__, "failed")
    assert Path(file).is_relative_to(environment.parent)


@pytest.mark.parametrize("name", FOLDERS)
@pytest.mark.parametrize("form", ["import {}", "from {} import errors", "import {}.errors as e"])
def test_lint_forbids_the_folders_as_import_names(form: str, name: str) -> None:
    command = [str(Path(sys.executable).with_name("ruff")), "check", "--output-format", "concise"]
    done = subprocess.run(
        [*command, "--select", "TID", "--stdin-filename", "service/example.py", "-"],
        input=form.format(name) + "\n",
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert f"TID251 `{name}` is banned: Import radiograde.{name}." in done.stdout


def test_lint_is_asked_for_that() -> None:
    ruff = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]
    assert "TID" in ruff["select"]
