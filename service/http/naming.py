"""What of a film is kept from a researcher: whatever names its patient.

Identifiers and UIDs are left out, and what readers wrote freely: it may name somebody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends

from radiograde.service.database.engine import Database
from radiograde.service.http.film_guard import Films
from radiograde.service.http.runtime import Service
from radiograde.service.projects.film_access import FilmAccess
from radiograde.service.worklist.listed_film import Row

_UIDS = ("study_instance_uid", "sop_instance_uid")


@dataclass(frozen=True, slots=True)
class Naming:
    """Leaves out what names patients. Its methods raise StoreError."""

    access: FilmAccess
    database: Database

    def names(self, film_id: str) -> bool:
        """Return whether the caller is shown whose film it is."""
        return film_id in self.access.named(self.database, [film_id])

    def rows(self, rows: Sequence[Row]) -> list[Row]:
        """Return films of the worklist as the caller is shown them."""
        named = self.access.named(self.database, [row.id for row in rows])
        return [row if row.id in named else _unnamed_row(row) for row in rows]

    def results(self, documents: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return results as the caller is shown them."""
        named = self.access.named(self.database, [one["id"] for one in documents])
        return [one if one["id"] in named else _unnamed_result(one) for one in documents]

    def reviews(self, film_id: str, reviews: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return what readers said of a film as the caller is shown it."""
        return list(reviews) if self.names(film_id) else _unnamed_reviews(reviews)


async def _naming(films: Films, service: Service) -> Naming:
    return Naming(films, service.records.database)


CallerNaming = Annotated[Naming, Depends(_naming)]


def _unnamed_result(document: Mapping[str, Any]) -> dict[str, Any]:
    shown = dict(document)
    if image := document.get("image"):
        shown["image"] = {**image, **{name: None for name in _UIDS if name in image}}
    if "reviews" in document:
        shown["reviews"] = _unnamed_reviews(document["reviews"])
    if "withdrawn" in document:
        shown["withdrawn"] = {**document["withdrawn"], "reason": ""}
    return shown


def _unnamed_reviews(reviews: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{**review, "comment": None} for review in reviews]


def _unnamed_row(row: Row) -> Row:
    named = ("id", "name", "birth_date")
    patient = row.patient and row.patient.model_copy(
        update={name: None for name in named if getattr(row.patient, name)}
    )
    accession = {"accession": None} if row.accession else {}
    return row.model_copy(update={"patient": patient, **accession})
