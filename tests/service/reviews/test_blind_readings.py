"""A reading is committed once by each reader, and stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from radiograde.service.errors import CommittedError
from radiograde.service.grading.records import Records
from radiograde.service.reviews.blind_reading import BlindReading
from radiograde.service.reviews.blind_reading_repository import BlindReadingRepository

FILM, OTHER = "01JARADMZ00000000000000000", "01JARADMZ00000000000000001"
WHEN = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
GRADES = {"A": 0, "B": 1, "C": 3, "D": 0, "E": 0, "F": 2}


@pytest.fixture
def readings(records: Records) -> BlindReadingRepository:
    return BlindReadingRepository(records.database)


def reading(film: str, reader: str, minutes: int = 0) -> BlindReading:
    zones = None if reader == "park" else GRADES
    return BlindReading(film, reader, WHEN + timedelta(minutes=minutes), zones, None)


def test_each_reader_has_one_of_a_film_in_the_order_of_commitment(
    readings: BlindReadingRepository,
) -> None:
    first, second = reading(FILM, "park", 1), reading(FILM, "kim", 2)
    for one in (second, first, reading(OTHER, "kim")):
        readings.commit(one)
    assert readings.of(FILM) == [first, second]
    assert [one.brixia for one in readings.of(FILM)] == [None, 6]
    assert readings.by(FILM, "kim") == second
    assert readings.by(OTHER, "park") is None
    assert readings.read_by("kim", [FILM, OTHER]) == {FILM, OTHER}
    assert readings.read_by("park", [FILM, OTHER]) == {FILM}


def test_what_is_committed_is_not_replaced(readings: BlindReadingRepository) -> None:
    committed = reading(FILM, "kim")
    readings.commit(committed)
    with pytest.raises(CommittedError):
        readings.commit(reading(FILM, "kim", 5))
    assert readings.of(FILM) == [committed]
