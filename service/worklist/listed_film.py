"""A film as the worklist shows it: what came in, what was found, and what a reader said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import Field

from radiograde.model.scoring import result
from radiograde.service.config.site import FilmSource
from radiograde.service.database.tables import FilmState, Verdict
from radiograde.service.films.pseudonym import label_of
from radiograde.service.films.stopped_films import MODEL_STOPPED
from radiograde.service.result_schema import Failure, Pair, Reason, Schema, Severity, Ulid
from radiograde.service.reviews.review import Review
from radiograde.service.worklist.patient_labels import PatientLabel

Status = Literal["waiting", "scored", "rejected", "failed"]
DeliveryLabel = Literal["sent", "waiting", "parked", "not_sent"]

_FAILURES = {
    "gave_up": "Grading this film began several times and never ended. Look at it yourself.",
    "no_document": "The film was no longer there when it was to be graded. Send it again.",
}
_FAILED = "The film could not be graded. Try it again."
_STOPPED = Reason(MODEL_STOPPED, "reject", "Not graded: model stopped.")


@dataclass(frozen=True, slots=True)
class StoredFilm:
    """A film and its result, as the database has them; without a result its columns are None.

    ``acquired``: acquisition time, in the hospital's own time.
    """

    id: str
    received: datetime
    source: FilmSource
    state: FilmState
    reason: str | None
    kept: bool
    patient: str | None
    acquired: str | None
    sop_instance_uid: str | None
    result_status: result.Status | None
    severity: Severity | None
    model_sha256: str | None
    document: Mapping[str, Any] | None

    @property
    def status(self) -> Status:
        """What became of it; a film that was set aside is listed only with a result."""
        if self.state in ("graded", "set_aside"):
            return self.result_status or "failed"
        return "waiting" if self.state == "waiting" else "failed"

    @property
    def view(self) -> str | None:
        """The view of the film, where it was read."""
        return _part(self.document, "image").get("view")

    @property
    def brixia(self) -> GlobalScore | None:
        """The global score, where there is one."""
        brixia = _part(self.document, "scores").get("brixia")
        if brixia is None:
            return None
        return GlobalScore(
            value=brixia["value"], interval=brixia["interval"], range=brixia["range"]
        )

    @property
    def reasons(self) -> list[Reason]:
        """What the input check found."""
        if self.state == "waiting" and self.reason == MODEL_STOPPED:
            return [_STOPPED]
        found = _part(self.document, "gate").get("reasons", [])
        return [Reason(one["code"], one["level"], one["message"]) for one in found]

    @property
    def error(self) -> Failure | None:
        """Why it could not be graded; None for any other film."""
        if self.state != "failed":
            return None
        if error := _part(self.document, "error"):
            return Failure(error["code"], error["message"])
        code = self.reason or "internal_error"
        return Failure(code, _FAILURES.get(code, _FAILED))


class GlobalScore(Schema):
    """The Brixia score of a film."""

    value: float
    interval: Pair
    range: Pair


class RowReview(Schema):
    """The newest review of a film."""

    verdict: Verdict
    reviewer: str
    created: str = Field(description="In UTC")
    brixia: int | None = Field(description="Sum of a correction's zones")


class Patient(Schema):
    """Whose film it is; beside the label only what RADIOGRADE_IDENTIFIERS allows."""

    label: str = Field(description="The same for films of the same patient", examples=["8F3K2Q"])
    id: str | None = None
    name: str | None = None
    birth_date: str | None = Field(None, examples=["1960-01-02"])


class Row(Schema):
    """A film that came in by any source."""

    id: Ulid = Field(description="Also of its result and its job")
    received: str = Field(description="In UTC")
    taken: str | None = Field(
        description="Acquisition time, in the hospital's time without a zone; the day alone where "
        "the film gives no time",
        examples=["2026-03-04T05:06:07"],
    )
    door: FilmSource = Field(description="The source that it came by")
    prior: bool = Field(
        description="Whether it was fetched from the PACS as an earlier film of a patient"
    )
    status: Status
    view: str | None = Field(examples=["PA"])
    severity: Severity | None
    brixia: GlobalScore | None
    reasons: list[Reason] = Field(description="What the input check found")
    error: Failure | None = Field(description="Of a failed one")
    patient: Patient | None = Field(description="Null where the film names nobody")
    kept: bool = Field(description="Whether the film itself is still there")
    review: RowReview | None
    delivery: DeliveryLabel | None = Field(
        description="Of all destinations the state that needs a person most; null where there is "
        "none, or no result"
    )
    withdrawn: bool = Field(False, description="Whether its result was withdrawn: it has none then")
    assigned: str | None = Field(None, description="Who is to read it")
    unread: bool = Field(False, description="The caller is to grade it before its scores are shown")
    accession: str | None = Field(
        None, description="Accession number, where RADIOGRADE_IDENTIFIERS allows it"
    )

    @property
    def is_image(self) -> bool:
        """Whether it was read, so that it can be shown while it is kept."""
        return self.status in ("scored", "rejected")


def without_result(film: StoredFilm) -> StoredFilm:
    """Return a film whose result was withdrawn, with nothing of it but what the film is."""
    image = {name: part for name, part in (film.document or {}).items() if name == "image"}
    return replace(film, severity=None, document=image)


def with_result(film: StoredFilm, document: Mapping[str, Any]) -> StoredFilm:
    """Return a film with another model's result in place of its own; ``document``: its JSON."""
    return replace(
        film,
        result_status=document["status"],
        severity=document.get("severity"),
        model_sha256=document["model"]["sha256"],
        document=document,
    )


def row_of(
    film: StoredFilm, review: Review | None, delivery: DeliveryLabel | None, identity: PatientLabel
) -> Row:
    """Return one film of the worklist; ``identity``: what may be shown beside the pseudonym."""
    label = None if film.patient is None else label_of(film.patient)
    return Row(
        id=film.id,
        received=film.received.astimezone(UTC).isoformat(),
        taken=film.acquired,
        door=film.source,
        prior=film.source == "prior",
        status=film.status,
        view=film.view,
        severity=film.severity,
        brixia=film.brixia,
        reasons=film.reasons,
        error=film.error,
        patient=None if label is None else Patient(label=label, **identity.patient),
        kept=film.kept,
        review=review_of(review),
        delivery=delivery,
        **identity.study,
    )


def review_of(review: Review | None) -> RowReview | None:
    """Return what a film's row shows of its newest review."""
    if review is None:
        return None
    return RowReview(
        verdict=review.verdict,
        reviewer=review.reviewer,
        created=review.created.isoformat(),
        brixia=review.brixia,
    )


def _part(document: Mapping[str, Any] | None, name: str) -> Mapping[str, Any]:
    part: Mapping[str, Any] = (document or {}).get(name) or {}
    return part
