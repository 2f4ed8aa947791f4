"""The score of a patient's film before, as the course over time has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from radiograde.service.config.rules import ChangeVerdict
from radiograde.service.database.rows import rows_of
from radiograde.service.database.tables import films, results, withdrawals
from radiograde.service.films.patient_links import pseudonyms_of
from radiograde.service.films.regrading_repository import score_beside
from radiograde.service.films.score_change import RepeatabilityLimit, Score, compare

MOST_FILMS = 200
"""Of a patient, the last to come in."""


@dataclass(frozen=True, slots=True)
class CoursePlace:
    """Where a film stands among its patient's: by acquisition time, else by arrival."""

    id: str
    patient: str | None
    acquired: str | None
    received: datetime
    sop_instance_uid: str | None

    @property
    def order(self) -> tuple[str, str]:
        """What films are sorted by: hospital time, for which this computer's clock stands in."""
        return hospital_time(self.acquired, self.received), self.id


@dataclass(frozen=True, slots=True)
class _Scored(CoursePlace):
    brixia: float
    model_sha256: str


def hospital_time(acquired: str | None, received: datetime) -> str:
    """Return when a film was acquired; else when it came in, by this computer's clock."""
    return acquired or received.astimezone().strftime("%Y-%m-%dT%H:%M:%S")


def score_before(
    connection: sa.Connection, film: CoursePlace, model: str | None = None
) -> Score | None:
    """Return the score of the patient's film before; None where there is none.

    ``model``: sha256 of the one whose score is preferred, where it graded that film again.
    Withdrawn results do not count, and an instance that came again counts once, as its last.
    """
    if film.patient is None:
        return None
    patients = pseudonyms_of(connection, film.patient)
    last: dict[str, _Scored] = {}
    for one in sorted(rows_of(connection, _scored(patients), _Scored), key=lambda one: one.id):
        last[one.sop_instance_uid or one.id] = one
    last.pop(film.sop_instance_uid or film.id, None)
    earlier = [one for one in last.values() if one.order < film.order]
    if not earlier:
        return None
    before = max(earlier, key=lambda one: one.order)
    again = None
    if model is not None and before.model_sha256 != model:
        again = score_beside(connection, before.id, model)
    return again or Score(before.id, round(before.brixia, 2), before.model_sha256)


def change_of(
    connection: sa.Connection,
    film: CoursePlace,
    document: Mapping[str, Any],
    limit: RepeatabilityLimit,
) -> ChangeVerdict | None:
    """Return how a film's score differs from that before; None where either has none.

    ``document``: the film's result as JSON.
    """
    model = document["model"]["sha256"]
    before = score_before(connection, film, model) if document["status"] == "scored" else None
    if before is None:
        return None
    brixia = document["scores"]["brixia"]["value"]
    return compare(before, Score(film.id, brixia, model), limit).verdict


def _scored(patients: Sequence[str]) -> sa.Select[tuple[object, ...]]:
    withdrawn = sa.exists().where(withdrawals.c.result_id == films.c.id, withdrawals.c.stands)
    query = sa.select(
        films.c.id,
        films.c.patient,
        films.c.acquired.label("acquired"),
        films.c.received,
        films.c.sop_instance_uid,
        results.c.brixia,
        results.c.model_sha256,
    ).join_from(films, results, results.c.id == films.c.id)
    mine = query.where(films.c.patient.in_(patients), results.c.brixia.is_not(None), ~withdrawn)
    return mine.order_by(films.c.id.desc()).limit(MOST_FILMS)
