"""Every figure of labelled films that one model, or the models of a run, graded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from radiograde.training.evaluation.comparators import ComparatorRow, comparator_table
from radiograde.training.evaluation.figures.graded_films import GradedFilms
from radiograde.training.evaluation.figures.real_pictures import PictureKind, picture_kinds
from radiograde.training.evaluation.figures.source_figures import (
    Overlaps,
    SourceFigures,
    source_figures,
)
from radiograde.training.evaluation.metrics import (
    ChangeOverTime,
    UnmeasuredChange,
    change_over_time,
)
from radiograde.training.evaluation.processing_shifts import ProcessingShift
from radiograde.training.evaluation.reference_standard import ReferenceStandard
from radiograde.training.evaluation.source_probe import SourceProbe
from radiograde.training.evaluation.swap_test import SwapFigures


@dataclass(frozen=True, slots=True)
class FilmFigures:
    """Figures of films as they were graded, each with its interval over patients.

    ``sources``: of each source alone. ``pictures``: what the input check turned away. ``peers``:
    beside published systems, where the films have their predictions. ``processing``, ``swaps``:
    of a sample that was graded again, empty where none was. ``probe``: whether a film's source can
    be read off the network; None where that was not asked.
    """

    films: int
    patients: int
    sources: Sequence[SourceFigures]
    pictures: Sequence[PictureKind]
    peers: Sequence[ComparatorRow]
    change: Annotated[ChangeOverTime | UnmeasuredChange, Field(union_mode="left_to_right")]
    processing: Sequence[ProcessingShift] = field(default_factory=list)
    swaps: Sequence[SwapFigures] = field(default_factory=list)
    probe: SourceProbe | None = None

    def source(self, name: str) -> SourceFigures | None:
        """Return the figures of one source, None where there is no such film."""
        return next((one for one in self.sources if one.source == name), None)


def film_figures(graded: GradedFilms, overlaps: Overlaps, severity: Sequence[float]) -> FilmFigures:
    """Return the figures, those of a sample that is graded again aside.

    ``overlaps``: of each film with its mask. ``severity``: global scores at which mild, moderate
    and severe begin.
    """
    brixia = graded.scales["brixia"]
    return FilmFigures(
        len(graded.films),
        len(set(graded.patients)),
        source_figures(graded, overlaps, severity),
        picture_kinds(graded),
        _peers(graded),
        change_over_time(graded.films, brixia.values, brixia.reference),
    )


def _peers(graded: GradedFilms) -> list[ComparatorRow]:
    """Return the comparators' table, empty where the films have no predictions of others."""
    if not any(film.peers for film in graded.films):
        return []
    return comparator_table(graded, ReferenceStandard.of(graded.films), graded.patients)
