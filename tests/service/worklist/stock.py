"""Films in an installation's records, made to measure and in no time."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from fastapi.testclient import TestClient
from ulid import ULID

from radiograde.model.scoring.result import GateVerdict, SeverityResult
from radiograde.service.database.tables import films
from radiograde.service.films.film_days import day_of
from radiograde.service.films.film_repository import NewFilm
from radiograde.service.grading.records import Records
from radiograde.service.reviews.review import Judgement, Review
from tests.service.fakes import FACTS, LATERAL, scored

BEGAN = datetime(2026, 3, 1, 12, tzinfo=UTC)
PATIENT = "K3" * 13


def records_of(client: TestClient) -> Records:
    records: Records = client.app.state.runtime.records  # type: ignore[attr-defined]
    return records


@dataclasses.dataclass
class Stock:
    """Puts films into the records, one a minute."""

    records: Records
    count: int = 0

    def film(self, *, received: datetime | None = None, **changed: Any) -> str:
        """Add a film that waits, and return its id."""
        self.count += 1
        at = received or BEGAN + timedelta(minutes=self.count)
        id = str(ULID.from_datetime(at))
        film = NewFilm(id, f"sop:{self.count}", "dicom", 1000)
        self.records.films.accept(dataclasses.replace(film, **changed))
        with self.records.database.write() as connection:
            day = day_of(changed.get("acquired"), at)
            arrived = sa.update(films).where(films.c.id == id).values(received=at, day=day)
            connection.execute(arrived)
        return id

    def scored(
        self, brixia: float = 6.7, severity: str = "moderate", sha256: str = "", **film: Any
    ) -> str:
        """Add a film with a score, and return its id."""
        result = scored()
        assert result.scores is not None
        score = dataclasses.replace(result.scores.brixia, value=brixia)
        model = dataclasses.replace(FACTS, sha256=sha256 or FACTS.sha256)
        return self.graded(
            dataclasses.replace(
                result,
                scores=dataclasses.replace(result.scores, brixia=score),
                severity=severity,
                model=model,
            ),
            **film,
        )

    def rejected(self, **film: Any) -> str:
        """Add a film that the gate turned away, and return its id."""
        return self.graded(SeverityResult("rejected", FACTS, None, GateVerdict((LATERAL,))), **film)

    def graded(self, result: SeverityResult, **film: Any) -> str:
        """Add a film with a result, and return its id."""
        id = self.film(**film)
        with self.records.database.write() as connection:
            assert self.records.films.graded(connection, id)
            self.records.results.add(connection, dataclasses.replace(result, id=id), BEGAN)
        return id

    def failed(self, code: str = "gave_up", result: SeverityResult | None = None) -> str:
        """Add a film that could not be graded, and return its id."""
        id = self.film()
        self.fail(id, code)
        if result is not None:
            with self.records.database.write() as connection:
                kept = dataclasses.replace(result, id=id)
                self.records.results.add(connection, kept, datetime.now(UTC))
        return id

    def fail(self, id: str, code: str = "gave_up") -> None:
        """Have a film that waits fail."""
        with self.records.database.write() as connection:
            assert self.records.films.failed(connection, id, code)

    def set_aside(self, id: str) -> None:
        """Set a film that waits aside."""
        with self.records.database.write() as connection:
            assert self.records.films.set_aside(connection, id, "not_a_film")

    def reviewed(
        self, id: str, reviewer: str = "kim", judgement: Judgement | None = None
    ) -> Review:
        """Add a review, and return it."""
        review = Review(
            str(ULID()), id, reviewer, datetime.now(UTC), judgement or Judgement("accepted")
        )
        with self.records.database.write() as connection:
            self.records.reviews.add(connection, review)
        return review
