"""Records in a folder of their own, and films that can be told apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from radiograde.service.config.settings import Settings
from radiograde.service.grading.records import Records, open_records
from tests.service.documents.graded_films import film_bytes

MakeFilm = Callable[[int], bytes]


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    """Return the records of a new installation."""
    opened = open_records(Settings(data_dir=tmp_path / "data"))
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def make_film() -> MakeFilm:
    """Return a function from a number to a film with that number in its UID."""
    drawn = film_bytes()
    uid = b"1.2.826.0.1.3680043.10.1541.3\0"
    assert drawn.count(uid) == 2  # once in the meta information, once in the data set

    def make(number: int) -> bytes:
        return drawn.replace(uid, b"1.2.826.0.1.3680043.10.9%06d" % number)

    return make
