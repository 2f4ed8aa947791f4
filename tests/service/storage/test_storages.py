"""What every storage promises."""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from radiograde.service.storage.folder_storage import FolderStorage
from radiograde.service.storage.memory_storage import MemoryStorage
from radiograde.service.storage.moving_storage import MovingStorage
from radiograde.service.storage.object_storage import ObjectStorage
from radiograde.service.storage.storage_interface import Storage
from tests.s3_server import S3Server


@pytest.fixture(params=["folder", "memory", "s3", "s3 below a prefix", "to s3", "from s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    folder = FolderStorage(tmp_path)
    if request.param == "folder":
        return folder
    if request.param == "memory":
        return MemoryStorage()
    server: S3Server = request.getfixturevalue("s3")
    new_bucket: Callable[[], str] = request.getfixturevalue("new_bucket")
    url = new_bucket() + ("/of/a-site" if "prefix" in request.param else "")
    bucket = ObjectStorage(server.config(url), url)
    if request.param == "to s3":
        return MovingStorage(bucket, folder)
    return MovingStorage(folder, bucket) if request.param == "from s3" else bucket


def test_a_file_comes_back_whole_and_the_last_one_counts(storage: Storage) -> None:
    storage.write("films/00/a/film", memoryview(b"first"))
    storage.write("films/00/a/film", bytearray(b"second"), mode=0o600)
    assert storage.read("films/00/a/film") == b"second"
    with storage.opened("films/00/a/film") as file:
        assert (file.read(3), file.read()) == (b"sec", b"ond")


def test_what_is_not_there_is_said(storage: Storage) -> None:
    assert storage.read("films/00/a/film") is None
    assert not storage.has("films/00/a/film")
    assert storage.names("films") == []
    assert storage.changed("films/00/a/film") is None
    assert not storage.remove_folder("films/00/a")
    storage.remove("films/00/a/film")
    with pytest.raises(FileNotFoundError), storage.opened("films/00/a/film"):
        pass
    with pytest.raises(FileNotFoundError):
        storage.move_folder("films/00/a", "quarantine/a")


def test_an_empty_file_is_one(storage: Storage) -> None:
    storage.write("films/00/a/film", b"")
    assert storage.has("films/00/a/film")
    assert storage.read("films/00/a/film") == b""


def test_where_a_file_is_none_is_made(storage: Storage) -> None:
    assert storage.create("pseudonym.key", b"one")
    assert not storage.create("pseudonym.key", b"two")
    assert storage.read("pseudonym.key") == b"one"


def test_names_are_those_of_a_folder_alone(storage: Storage) -> None:
    for name in ("films/00/a/film", "films/00/a/sr.dcm", "films/00/ab/film", "films/01/c/film"):
        storage.write(name, b"x")
    assert storage.names("films") == ["00", "01"]
    assert storage.names("films/00") == ["a", "ab"]
    assert storage.names("films/00/a") == ["film", "sr.dcm"]
    assert storage.has("films/00/a/film")
    assert not storage.has("films/00/a")


def test_when_something_changed_is_known(storage: Storage) -> None:
    storage.write("films/00/a/film", b"x")
    for name in ("films/00/a/film", "films/00/a", "films/00"):
        changed = storage.changed(name)
        assert changed is not None
        assert abs(changed - time.time()) < 60


def test_a_folder_goes_with_all_in_it_and_no_other(storage: Storage) -> None:
    for name in ("films/00/a/film", "films/00/a/sr.dcm", "films/00/ab/film"):
        storage.write(name, b"x")
    storage.remove("films/00/a/sr.dcm")
    assert storage.names("films/00/a") == ["film"]
    assert storage.remove_folder("films/00/a")
    assert storage.names("films/00") == ["ab"]


def test_a_folder_is_moved_whole(storage: Storage) -> None:
    for name in ("films/00/a/film", "films/00/a/maps.npz"):
        storage.write(name, name.encode())
    storage.move_folder("films/00/a", "quarantine/a")
    assert storage.names("films/00/a") == []
    assert storage.read("quarantine/a/film") == b"films/00/a/film"
    assert storage.read("quarantine/a/maps.npz") == b"films/00/a/maps.npz"


def test_what_a_process_beside_is_given_can_be_pickled(storage: Storage) -> None:
    if storage.is_here and not isinstance(storage, MovingStorage):
        storage.write("films/00/a/film", b"x")
        copy: Storage = pickle.loads(pickle.dumps(storage))  # noqa: S301 - our own bytes
        assert copy.read("films/00/a/film") == b"x"
