"""What is moved is in one place or the other at every moment, and what was removed stays so."""

from __future__ import annotations

import pytest

from radiograde.service.atomic_write import Content
from radiograde.service.storage.folder_storage import FolderStorage
from radiograde.service.storage.memory_storage import MemoryStorage
from radiograde.service.storage.moving_storage import MovingStorage

FILM = "films/00/a/film"


@pytest.fixture
def moving() -> MovingStorage:
    former = MemoryStorage()
    former.write(FILM, b"film")
    return MovingStorage(MemoryStorage(), former)


def test_a_file_that_was_moved_is_in_the_new_place_alone(moving: MovingStorage) -> None:
    moving.move(FILM)
    moving.move(FILM)
    assert moving.target.read(FILM) == b"film"
    assert not moving.former.has(FILM)


def test_what_was_written_anew_is_not_replaced_by_the_former(moving: MovingStorage) -> None:
    moving.write(FILM, b"corrected")
    assert moving.read(FILM) == b"corrected"
    moving.move(FILM)
    assert moving.read(FILM) == b"corrected"
    assert not moving.former.has(FILM)


def test_what_is_moved_while_it_is_read_is_found(moving: MovingStorage) -> None:
    class MovedMeanwhile(MemoryStorage):
        def read(self, name: str) -> bytes | None:
            moving.target.write(name, super().read(name) or b"")
            self.remove(name)
            return None

    former = MovedMeanwhile()
    former.write(FILM, b"film")
    moving.former = former
    assert moving.read(FILM) == b"film"


@pytest.mark.parametrize("when", ["before it is copied", "after it was copied"])
def test_what_is_removed_while_it_is_moved_stays_so(moving: MovingStorage, when: str) -> None:
    class RemovedMeanwhile(MemoryStorage):
        def create(self, name: str, content: Content) -> bool:
            if when == "before it is copied":
                moving.remove(name)
            is_new = super().create(name, content)
            if when == "after it was copied":
                moving.remove(name)
            return is_new

    moving.target = RemovedMeanwhile()
    moving.move(FILM)
    assert not moving.has(FILM)


def test_everything_that_lies_beside_films_is_moved() -> None:
    former = MemoryStorage()
    names = (FILM, "films/00/a/sr.dcm", "orders/0f/x.json", "quarantine/b/film", "problems/p.zip")
    for name in names:
        former.write(name, name.encode())
    moving = MovingStorage(MemoryStorage(), former)
    assert moving.to_move() == ["films/00/a", "orders/0f", "quarantine/b", "problems"]
    assert sum(map(moving.move_files, moving.to_move())) == len(names)
    assert moving.to_move() == []
    assert [moving.target.read(name) for name in names] == [name.encode() for name in names]


def test_empty_folders_and_half_written_files_are_not_left(folder: FolderStorage) -> None:
    folder.write(FILM, b"film")
    (folder.root / "films" / "00" / "a" / ".film.0123abcd.part").write_bytes(b"fi")
    moving = MovingStorage(MemoryStorage(), folder)
    for one in moving.to_move():
        moving.move_files(one)
    assert folder.names("films") == []


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> FolderStorage:
    return FolderStorage(tmp_path_factory.mktemp("data"))
