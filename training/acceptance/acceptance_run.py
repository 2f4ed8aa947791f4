"""Tests a model file on a site's films against the site's limits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from radiograde import __version__
from radiograde.data.film import Film
from radiograde.data.film_header import machine_of
from radiograde.data.manifest import Manifest
from radiograde.model.scoring.metadata import ModelMetadata
from radiograde.model.scoring.scorer import Scorer
from radiograde.training.acceptance.acceptance_figures import AcceptanceFigures, acceptance_figures
from radiograde.training.acceptance.acceptance_limits import Limits
from radiograde.training.acceptance.acceptance_record import FORMAT, AcceptanceRecord
from radiograde.training.acceptance.criteria import criteria, verdict_on
from radiograde.training.acceptance.second_reader import THESE_FILMS
from radiograde.training.evaluation.figures.graded_films import GradedFilms
from radiograde.training.evaluation.served.film_grader import FilmGrader
from radiograde.training.evaluation.served.grading_store import GradingStore

REVIEWS = "reviews"
"""The source of films that `radiograde data reviews` writes."""


@dataclass(frozen=True, slots=True)
class AcceptanceTest:
    """What is asked of a model, and who asks. ``by``: who signs."""

    limits: Limits
    by: str

    def run(self, scorer: Scorer, manifest: Manifest, graded: GradedFilms) -> AcceptanceRecord:
        """Return the record of films that ``scorer`` graded."""
        metadata = scorer.metadata
        figures = acceptance_figures(graded, metadata, self.limits)
        found = criteria(figures, self.limits)
        return AcceptanceRecord(
            FORMAT,
            verdict_on(found),
            scorer.facts,
            metadata.intervals.level,
            manifest.digest,
            self.by,
            datetime.now(UTC).isoformat(timespec="seconds"),
            __version__,
            found,
            list(_remarks(manifest, metadata, figures, self.limits)),
            figures,
            self.limits,
        )


def graded_films(scorer: Scorer, manifest: Manifest, folder: Path, threads: int) -> GradedFilms:
    """Return a manifest's films as the service would grade them, each with its machine.

    ``folder``: where gradings are kept, so that no film is graded twice. ``threads``: films graded
    at a time; the scorer should use one a film.
    """
    grader = FilmGrader(scorer, GradingStore(folder, scorer.facts.sha256), threads)
    films = [_with_machine(film) for film in manifest.films]
    return GradedFilms.served(films, grader.as_served(films))


def _with_machine(film: Film) -> Film:
    """Return the film with the machine that its DICOM header names, where the CSV names none."""
    return film if film.machine else replace(film, machine=machine_of(film.image))


def _remarks(
    manifest: Manifest, metadata: ModelMetadata, figures: AcceptanceFigures, limits: Limits
) -> Iterator[str]:
    training = metadata.raw.get("training", {})
    sources = {film.source for film in manifest.films}
    if manifest.digest == training.get("manifest_sha256") or sources & set(
        training.get("sources", [])
    ):
        yield "The model learned from films of this source: the figures flatter it."
    if REVIEWS in sources:
        yield (
            "Readers reviewed the model's own results and had seen its scores: the figures flatter "
            "it. Readers who grade without it say more."
        )
    adapted = metadata.raw.get("adapted", {}).get("films_sha256")
    if adapted == manifest.digest:
        yield "The model was adapted to these very films: the figures flatter it."
    for scale in figures.scales:
        if scale.films < limits.least_films:
            yield f"{scale.scale}: {scale.films} films do not carry a verdict."
        elif scale.second_reader.known_from not in ("", THESE_FILMS):
            yield (
                f"{scale.scale}: one reader graded; a second reader's distance, "
                f"{scale.second_reader.apart:.2f}, is from {scale.second_reader.known_from}."
            )
    if not figures.scales:
        yield "No scale has enough films with readers' scores."
