"""A patient's films in the order in which they were taken, and what changed between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from typing import Any

from radiograde.model.errors import NotFoundError
from radiograde.service.database.engine import Database
from radiograde.service.reviews.review import Review
from radiograde.service.reviews.review_repository import ReviewRepository
from radiograde.service.worklist import query
from radiograde.service.worklist.listed_film import finding_json, review_json
from radiograde.service.worklist.score_change import Change, RepeatabilityLimit, Score, change

MOST_FILMS = 200


class History:
    """Finds films of the same patient, by pseudonym; safe to share among threads."""

    def __init__(
        self, database: Database, reviews: ReviewRepository, repeatability: RepeatabilityLimit
    ) -> None:
        self._database = database
        self._reviews = reviews
        self._repeatability = repeatability

    def of(self, film_id: str) -> dict[str, Any]:
        """Return the patient's films as plain JSON types, oldest first, the film itself among them.

        They are ordered by when they were taken, else came in. At most the last ``MOST_FILMS`` that
        came in are told. A film of nobody, or of a placeholder, has itself alone.

        Raises:
            NotFoundError: there is no such film, or it was set aside.
            StoreError: the database does not answer.
        """
        films = sorted(_once(self._films(film_id), film_id), key=_moment)
        reviews = self._reviews.newest(film.id for film in films)
        return {
            "repeatability": self._repeatability.repeatability,
            "films": list(_told(films, reviews, self._repeatability)),
        }

    def _films(self, film_id: str) -> Sequence[Any]:
        own = self._database.read(query.rows_of([film_id]))
        if not own:
            raise NotFoundError("No film has this id. GET /v1/worklist lists those that came in.")
        patient = own[0].patient
        if patient is None:
            return own
        found = self._database.read(query.films_of(patient, MOST_FILMS))
        return found if any(film.id == film_id for film in found) else [*found, *own]


def _once(films: Sequence[Any], film_id: str) -> Iterable[Any]:
    """Return films so that an instance which came again counts once.

    The film that is asked for stands for its own instance, else the last to be scored.
    """
    last: dict[str, Any] = {}
    for film in sorted(films, key=lambda film: (film.id == film_id, bool(film.severity), film.id)):
        last[film.sop_instance_uid or film.id] = film
    return last.values()


def _told(
    films: Iterable[Any], reviews: Mapping[str, Review], repeatability: RepeatabilityLimit
) -> Iterable[dict[str, Any]]:
    before: Score | None = None
    for film in films:
        finding = finding_json(film)
        del finding["reasons"]
        score = _score(film, finding)
        changed = change(before, score, repeatability) if before and score else None
        before = score or before
        yield _entry(film, finding, reviews.get(film.id), changed)


def _entry(
    film: Any, finding: dict[str, Any], review: Review | None, changed: Change | None
) -> dict[str, Any]:
    return {
        "id": film.id,
        "taken": film.taken,
        "received": film.received.astimezone(UTC).isoformat(),
        **finding,
        "kept": film.kept,
        "review": None if review is None else review_json(review),
        "change": None if changed is None else changed.to_json(),
    }


def _score(film: Any, finding: Mapping[str, Any]) -> Score | None:
    brixia = finding["brixia"]
    return None if brixia is None else Score(film.id, brixia["value"], film.model_sha256)


def _moment(film: Any) -> tuple[str, str]:
    """Return what films are sorted by: hospital time, for which this computer's clock stands in."""
    return film.taken or film.received.astimezone().strftime("%Y-%m-%dT%H:%M:%S"), film.id
