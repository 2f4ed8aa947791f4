"""Films that differ in their UID alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.service.documents.graded_films import film_bytes

MakeFilm = Callable[[int], bytes]


@pytest.fixture(scope="session")
def make_film() -> MakeFilm:
    """Return a function from a number to a film with that number in its UID."""
    drawn = film_bytes()
    uid = b"1.2.826.0.1.3680043.10.1541.3\0"
    assert drawn.count(uid) == 2  # once in the meta information, once in the data set

    def make(number: int) -> bytes:
        return drawn.replace(uid, b"1.2.826.0.1.3680043.10.9%06d" % number)

    return make
