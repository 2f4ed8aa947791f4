"""Reviews made up for a test, and results to hang them on."""

from __future__ import annotations

from datetime import timedelta

from radiograde.model.scoring.scales import ZONES
from radiograde.service.database.tables import Verdict
from radiograde.service.grading.records import Records
from radiograde.service.reviews.review import Judgement, Review
from tests.service.documents.graded_films import BEGAN, film_bytes
from tests.service.fakes import FakeScorer
from tests.service.grading.graders import work_with

CORRECTED = dict(zip(ZONES, (0, 1, 3, 0, 0, 2), strict=True))
CREATED = BEGAN + timedelta(days=1)


def review(
    number: int = 0,
    verdict: Verdict = "accepted",
    *,
    reader: str = "kim",
    result_id: str = "01JARADMZ00000000000000000",
    comment: str | None = None,
    minutes: float = 0,
) -> Review:
    """Return a review made ``minutes`` after the first; a correction has ``CORRECTED`` zones."""
    zones = CORRECTED if verdict == "corrected" else None
    created = CREATED + timedelta(minutes=minutes)
    judgement = Judgement(verdict, zones, comment)
    return Review(f"01JARADR{number:018d}", result_id, reader, created, judgement)


def keep(records: Records, *reviews: Review) -> None:
    """Record reviews, in a transaction of their own."""
    with records.database.write() as connection:
        for one in reviews:
            records.reviews.add(connection, one)


def graded(records: Records, number: int = 0, *, rejects: bool = False) -> str:
    """Take in and grade a film; return its id."""
    content = film_bytes(SOPInstanceUID=f"1.2.826.0.1.3680043.10.1541.9.{number}")
    film = records.intake.accept(content, "dicom").film_id
    work_with(records, scorer=FakeScorer(rejects=rejects)).grade(film)
    return film
