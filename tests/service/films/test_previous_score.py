"""What rules take for the film before is what the course over time shows."""

from __future__ import annotations

import random

from radiograde.service.database.rows import first_of
from radiograde.service.database.tables import films
from radiograde.service.films.film_repository import FILMS, Film
from radiograde.service.films.previous_score import CoursePlace, score_before
from radiograde.service.films.score_change import RepeatabilityLimit
from radiograde.service.grading.records import Records
from radiograde.service.worklist.history import History
from tests.service.fakes import FACTS
from tests.service.worklist.stock import Stock

PATIENT = "C" * 26


def before(records: Records, film_id: str) -> str | None:
    with records.database.reading() as connection:
        film = first_of(connection, FILMS.where(films.c.id == film_id), Film)
        assert film is not None
        place = CoursePlace(
            film.id, film.patient, film.acquired, film.received, film.sop_instance_uid
        )
        found = score_before(connection, place)
    return None if found is None else found.film_id


def test_the_film_before_is_that_of_the_course(records: Records) -> None:
    stock, chance = Stock(records), random.Random(7)  # noqa: S311 - no secret
    ids = []
    for number in range(24):
        acquired = chance.choice([None, f"2026-02-{chance.randrange(1, 28):02}T10:00:00"])
        patient = chance.choice([PATIENT, PATIENT, "D" * 26, None])
        instance = f"1.2.{chance.randrange(12)}"
        add = stock.rejected if number % 7 == 3 else stock.scored
        ids.append(add(patient=patient, acquired=acquired, sop_instance_uid=instance))
    for film in ids[::8]:
        records.withdrawal_recorder().withdraw(film, "kim", "Wrong patient")
    limit = RepeatabilityLimit(FACTS.sha256, 4.0)
    history = History(records.database, records.reviews, lambda: limit)
    compared = 0
    for film in ids:
        (listed,) = (one for one in history.of(film).films if one.id == film)
        if listed.change is not None:
            compared += 1
            assert before(records, film) == listed.change.since
        elif listed.brixia is not None:
            assert before(records, film) is None
    assert compared > 5
