"""The worklist and a patient's history, described for OpenAPI."""

from __future__ import annotations

from pydantic import Field

from radiograde.service.database.tables import Verdict
from radiograde.service.films.receipt import FilmSource
from radiograde.service.http.schemas import Failure, Pair, Reason, Schema, Ulid
from radiograde.service.worklist import change
from radiograde.service.worklist.query import Severity, Status


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
    """A film that came in by any door."""

    id: Ulid = Field(description="Also of its result and its job")
    received: str = Field(description="In UTC")
    taken: str | None = Field(
        description="In the hospital's time, without a zone; the day alone where no time is told",
        examples=["2026-03-04T05:06:07"],
    )
    door: FilmSource
    status: Status
    view: str | None = Field(examples=["PA"])
    severity: Severity | None
    brixia: GlobalScore | None
    reasons: list[Reason] = Field(description="What the gate says")
    error: Failure | None = Field(description="Of a failed one")
    patient: Patient | None = Field(description="Null where the film names nobody")
    kept: bool = Field(description="Whether the film itself is still there")
    review: RowReview | None


class WorklistPage(Schema):
    """Films, in the order asked for."""

    films: list[Row]
    next: str | None = Field(description="Pass as `after` for the page after; null at the end")


class Change(Schema):
    """How the score differs from that of the scored film before."""

    since: Ulid
    delta: float = Field(description="Above 0: more is involved")
    verdict: change.Verdict


class HistoryFilm(Schema):
    """One of a patient's films."""

    id: Ulid
    taken: str | None
    received: str = Field(description="In UTC")
    status: Status
    view: str | None
    severity: Severity | None
    brixia: GlobalScore | None
    kept: bool
    review: RowReview | None
    change: Change | None


class PatientHistory(Schema):
    """A patient's films, oldest first."""

    repeatability: float | None = Field(
        description="Change of the score that the model in service does not exceed in 95 of 100 "
        "cases when nothing has changed"
    )
    films: list[HistoryFilm]
