"""Reviewed films as a labelled set that training takes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa

from radiograde.model.errors import RadiogradeError
from radiograde.model.limits import Limits
from radiograde.model.reading.dicom_header import Header
from radiograde.model.reading.film_file import FilmFile
from radiograde.model.reading.radiograph import Radiograph
from radiograde.model.reading.view_position import View
from radiograde.model.scoring.scales import ZONES
from radiograde.service.database.engine import Database
from radiograde.service.database.rows import in_parts
from radiograde.service.database.tables import films
from radiograde.service.errors import ExportError
from radiograde.service.films.patient_links import PatientLinks
from radiograde.service.grading.records import Records
from radiograde.service.labelling.export_folder import (
    IMAGES,
    MASKS,
    ExportFolder,
    film_png,
    lungs_png,
)
from radiograde.service.reviews.review import Review

SOURCE = "reviews"
OLDEST = 90
"""Ages from here on are written as one: few people reach them."""

_VIEWS: Mapping[View, str] = {"PA": "PA", "AP": "AP", "LATERAL": "L"}
_SEXES = ("M", "F", "O")

Outcome = Literal["exported", "not_gradable", "gone"]


@dataclass(frozen=True, slots=True)
class Choice:
    """Which reviews are exported, and whether the model's lung outlines go with them."""

    since: datetime | None = None
    accepted: bool = False
    lungs: bool = True


@dataclass(frozen=True, slots=True)
class _FilmOf:
    id: str
    patient: str


class ReviewExport:
    """The films that a choice of reviews labels; each is written by one step of :meth:`write`."""

    def __init__(self, records: Records, choice: Choice, limits: Limits) -> None:
        """Look up the reviews; ``limits``: what a film may claim.

        Raises:
            ExportError: there are none.
            StoreError: the database does not answer.
        """
        self._records = records
        self._choice = choice
        self._limits = limits
        self._reviews = self._chosen()
        if not self._reviews:
            raise ExportError(
                "No review to export. Review results on the page, or leave --since out."
            )
        ids = [review.result_id for review in self._reviews]
        self._patients = patients_of(records.database, ids)
        self._rows: list[Mapping[str, str]] = []

    def __len__(self) -> int:
        """Return how many films are to be looked at."""
        return len(self._reviews)

    def write(self, out: Path) -> Iterator[Outcome]:
        """Yield what became of each film; with the last one the manifest is written.

        Raises:
            ExportError: ``out`` holds something else than an earlier export.
            StoreError: the database does not answer.
            OSError: something cannot be written.
        """
        folder = ExportFolder(out)
        for review in self._reviews:
            yield self._write_film(folder, review)
        folder.finish(self._rows)

    def _chosen(self) -> list[Review]:
        since = self._choice.since
        of_each = list(self._records.reviews.reviewed(since).values())
        withdrawn = self._records.withdrawals.standing_of(found[0].result_id for found in of_each)
        newest = (
            deciding(found, accepted=self._choice.accepted)
            for found in of_each
            if found[0].result_id not in withdrawn
        )
        chosen = [
            review
            for review in newest
            if review is not None and (since is None or review.created >= since)
        ]
        return sorted(chosen, key=lambda review: review.result_id)

    def _write_film(self, folder: ExportFolder, review: Review) -> Outcome:
        zones = zones_of(review, self._records.results.get(review.result_id))
        if zones is None:
            return "not_gradable"
        try:
            file = FilmFile(self._records.archive.film(review.result_id), self._limits)
            film = file.radiograph()
        except RadiogradeError:
            return "gone"
        self._rows.append(
            {
                "image": folder.save(IMAGES, review.result_id, film_png(film)),
                "patient": self._patients.get(review.result_id, review.result_id),
                **{f"brixia_{zone}": str(score) for zone, score in zones.items()},
                "view": view_code(film),
                "sex": sex_of(file.header),
                "age": age_of(film),
                "lung_mask": self._save_lungs(folder, review.result_id, film),
                "source": SOURCE,
                "license": "",
            }
        )
        return "exported"

    def _save_lungs(self, folder: ExportFolder, film_id: str, film: Radiograph) -> str:
        maps = self._records.archive.maps(film_id) if self._choice.lungs else None
        return "" if maps is None else folder.save(MASKS, film_id, lungs_png(film, maps))


def summary(outcomes: Sequence[Outcome]) -> str:
    """Return what became of the films, in one line."""
    return (
        f"{outcomes.count('exported')} films exported, {outcomes.count('not_gradable')} not "
        f"gradable left out, {outcomes.count('gone')} no longer kept"
    )


def deciding(reviews: Sequence[Review], *, accepted: bool) -> Review | None:
    """Return the newest review; without ``accepted`` the newest that accepts nothing.

    ``reviews``: newest first. None where none is left.
    """
    wanted = (review for review in reviews if accepted or review.verdict != "accepted")
    return next(wanted, None)


def zones_of(review: Review, document: Mapping[str, Any]) -> dict[str, int] | None:
    """Return the zones A-F, each 0-3: the reader's own, or the model's rounded where accepted.

    ``document``: the result. None where the reader finds the film not gradable, or agrees that the
    model did not grade it.
    """
    if review.zones is not None:
        return dict(review.zones)
    if review.verdict != "accepted" or "scores" not in document:
        return None
    zones = document["scores"]["brixia"]["zones"]
    return {zone: math.floor(zones[zone]["value"] + 0.5) for zone in ZONES}


def patients_of(database: Database, film_ids: Iterable[str]) -> dict[str, str]:
    """Return each film's patient: one pseudonym for all that were merged. Raises StoreError."""
    named = sa.select(films.c.id, films.c.patient).where(films.c.patient.is_not(None))
    found = [
        film
        for some in in_parts(film_ids)
        for film in database.rows(named.where(films.c.id.in_(some)), _FilmOf)
    ]
    links = PatientLinks(database)
    merged = {one: min(links.same_as(one)) for one in {film.patient for film in found}}
    return {film.id: merged[film.patient] for film in found}


def view_code(film: Radiograph) -> str:
    """Return a film's view as manifests have it; empty for an unknown one."""
    return _VIEWS.get(film.view, "")


def sex_of(header: Header | None) -> str:
    """Return a patient's sex as manifests have it; empty where the header does not say."""
    sex = (header.text("PatientSex") or "").upper() if header is not None else ""
    return sex if sex in _SEXES else ""


def age_of(film: Radiograph) -> str:
    """Return a patient's age as manifests have it; empty where the film does not say."""
    if film.age_years is None:
        return ""
    return f"{OLDEST}+" if film.age_years >= OLDEST else str(int(film.age_years))
