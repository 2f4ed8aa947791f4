from __future__ import annotations

import os
from pathlib import Path

import pytest

from radiograde.service.atomic_write import make_folder, write_atomically


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def full(_: int) -> None:
    raise OSError(28, "No space left on device")


def test_a_file_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    for content in (b"old", memoryview(b"new")):
        write_atomically(path, content)
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == ["result.json"]


def test_what_cannot_be_synced_leaves_the_older_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "result.json"
    write_atomically(path, b"old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left") as caught:
        write_atomically(path, b"new")
    assert (caught.value.errno, caught.value.filename) == (28, str(path))
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["result.json"]


def test_only_durable_files_are_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    write_atomically(tmp_path / "picture.png", b"", durable=False)
    assert synced == []
    write_atomically(tmp_path / "film", b"")
    assert len(synced) == (2 if os.name == "posix" else 1)


def test_a_writer_that_is_broken_off_leaves_no_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "film", b"")
    assert names(tmp_path) == []


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
def test_permissions_are_those_asked_for_less_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_atomically(tmp_path / "open", b"")
        write_atomically(tmp_path / "secret", b"", mode=0o600)
    finally:
        os.umask(before)
    modes = [(tmp_path / name).stat().st_mode & 0o777 for name in ("open", "secret")]
    assert modes == [0o640, 0o600]


def test_a_place_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for path in (tmp_path / "absent" / "x", tmp_path / "file" / "x"):
        with pytest.raises(OSError, match=r"\w") as caught:
            write_atomically(path, b"")
        assert caught.value.filename == str(path)


@pytest.mark.skipif(os.name != "posix", reason="only POSIX opens folders")
def test_each_folder_that_is_made_is_synced_in_its_parent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()
    assert len(synced) == 2
