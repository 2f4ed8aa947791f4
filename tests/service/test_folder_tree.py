"""What lies below a folder, while it changes."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from radiograde.service.folder_tree import paths_below


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a folder with two folders of one file each."""
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").touch()
    return tmp_path


def names(root: Path, *, complete: bool = False) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in paths_below(root, complete=complete))


def test_files_and_folders_are_found(tree: Path) -> None:
    assert names(tree) == ["first", "first/file", "second", "second/file"]
    assert names(tree / "missing", complete=True) == []


def test_a_folder_that_vanishes_is_left_out(tree: Path) -> None:
    found = paths_below(tree, complete=True)
    seen = [next(found), next(found)]
    shutil.rmtree(tree / "second")
    seen += found
    assert [path.name for path in seen if path.name == "file"] == ["file"]


def test_a_folder_that_cannot_be_listed_is_an_error_of_who_wants_all(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scandir = os.scandir

    def closed(path: str | int) -> object:
        if str(path).endswith("second"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", closed)
    assert names(tree) == ["first", "first/file", "second"]
    with pytest.raises(PermissionError):
        names(tree, complete=True)
