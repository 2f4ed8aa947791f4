"""Films beside what was graded and what readers said: what every figure is counted from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from radiograde.data.film import Film
from radiograde.model.scoring.scales import BRIXIA, EXTENT, OPACITY, ZONES, Scale
from radiograde.training.evaluation.figures.patient_bootstrap import Array
from radiograde.training.evaluation.served.served_grading import ServedGrading

SCALES = (BRIXIA, EXTENT, OPACITY)
UNNAMED_SOURCE = "not named"

Rows = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ScaleGrades:
    """One scale of N films: grades, the ends of their intervals, and readers, in points.

    All (N,), NaN where there is nothing. ``reference``: the grade that no reader is named for,
    else the readers' mean. ``readers``: each named reader's own.
    """

    scale: Scale
    values: Array
    low: Array
    high: Array
    reference: Array
    readers: Mapping[str, Array]

    @property
    def known(self) -> Rows:
        """Where the film is graded and has a reference, (N,)."""
        known: Rows = ~np.isnan(self.values + self.reference)
        return known

    @property
    def covered(self) -> Array:
        """1 where the interval holds the reference, 0 where not, NaN without either, (N,)."""
        inside = (self.low <= self.reference) & (self.reference <= self.high)
        return np.where(self.known, inside, np.nan)

    def of(self, rows: Rows) -> ScaleGrades:
        """Return the grades of some films."""
        return ScaleGrades(
            self.scale,
            self.values[rows],
            self.low[rows],
            self.high[rows],
            self.reference[rows],
            {name: column[rows] for name, column in self.readers.items()},
        )


@dataclass(frozen=True, slots=True)
class GradedFilms:
    """N films and what was made of them.

    ``scales``: by name. ``rejected_for``: codes of the reasons for which a film was turned away,
    nothing for one that was graded. ``failed``: (N,) whether the file could not be read.
    ``painted``: (N,) share of both lungs that the opacity map marks, 0-1, NaN where unknown.
    ``lungs``: by scale the right and the left lung's own score, (N, 2), NaN where not graded.
    """

    films: tuple[Film, ...]
    scales: Mapping[str, ScaleGrades]
    rejected_for: tuple[tuple[str, ...], ...]
    failed: Rows
    painted: Array
    lungs: Mapping[str, Array] = field(default_factory=dict)

    @classmethod
    def served(cls, films: Sequence[Film], gradings: Sequence[ServedGrading]) -> GradedFilms:
        """Return films beside what a model file said of them."""
        scales = {}
        for scale in SCALES:
            values, low, high = np.array([_score(one, scale.name) for one in gradings]).T
            readers, reference = reader_grades(films, scale)
            scales[scale.name] = ScaleGrades(scale, values, low, high, reference, readers)
        painted = [np.nan if one.painted is None else one.painted[2] for one in gradings]
        return cls(
            tuple(films),
            scales,
            tuple(one.rejected_for for one in gradings),
            np.array([one.status == "failed" for one in gradings], bool),
            np.array(painted, float),
            {BRIXIA.name: np.array([_zones_of_lungs(one) for one in gradings]).reshape(-1, 2)},
        )

    @property
    def brixia(self) -> Array:
        """Global scores (N,)."""
        return self.scales[BRIXIA.name].values

    @property
    def extent(self) -> Array:
        """Geographic extents (N,)."""
        return self.scales[EXTENT.name].values

    @property
    def opacity(self) -> Array:
        """Opacity scores (N,)."""
        return self.scales[OPACITY.name].values

    @property
    def patients(self) -> list[str]:
        """Whose each film is."""
        return [film.patient for film in self.films]

    @property
    def sources(self) -> NDArray[np.str_]:
        """Where each film comes from, (N,)."""
        return np.array([film.source or UNNAMED_SOURCE for film in self.films], str)

    @property
    def turned_away(self) -> Rows:
        """Whether the input check turned the film away, (N,)."""
        return np.array([bool(codes) for codes in self.rejected_for], bool)

    @property
    def in_scope(self) -> Rows:
        """Whether the film is a frontal chest film of an adult as far as the labels say, (N,)."""
        return np.array([film.in_scope for film in self.films], bool)

    def of(self, rows: Rows) -> GradedFilms:
        """Return some of the films."""
        index = np.flatnonzero(rows)
        return GradedFilms(
            tuple(self.films[row] for row in index),
            {name: grades.of(rows) for name, grades in self.scales.items()},
            tuple(self.rejected_for[row] for row in index),
            self.failed[rows],
            self.painted[rows],
            {name: lungs[rows] for name, lungs in self.lungs.items()},
        )

    def by_source(self) -> dict[str, GradedFilms]:
        """Return the films of each source, by its name."""
        sources = self.sources
        return {str(name): self.of(sources == name) for name in np.unique(sources)}


def reader_grades(films: Sequence[Film], scale: Scale) -> tuple[dict[str, Array], Array]:
    """Return each named reader's grades (N,) in points of ``scale``, and the reference (N,).

    Grades that were read on another top, as 0-6 for 0-8, are brought onto the scale's.
    """
    totals = [film.totals(scale.name) for film in films]
    names = sorted({reader for total in totals for reader in total})
    columns = {
        name: np.array(
            [
                total[name].value * scale.high / total[name].top if name in total else np.nan
                for total in totals
            ],
            float,
        )
        for name in names
    }
    unnamed = columns.pop("", np.full(len(films), np.nan))
    if not columns:
        return columns, unnamed
    mean = mean_of_known(list(columns.values()))
    return columns, np.where(np.isnan(unnamed), mean, unnamed)


def mean_of_known(columns: Sequence[Array]) -> Array:
    """Return each film's mean (N,) over those columns (N,) that have it; NaN where none does."""
    stacked = np.stack(columns)
    count = (~np.isnan(stacked)).sum(0)
    mean: Array = np.nansum(stacked, 0) / np.where(count, count, np.nan)
    return mean


def _score(grading: ServedGrading, name: str) -> tuple[float, float, float]:
    if grading.scores is None or name not in grading.scores:
        return (np.nan,) * 3
    return grading.scores[name]


def _zones_of_lungs(grading: ServedGrading) -> list[float]:
    """Return the sum of the right and of the left lung's zones, 0-9 each."""
    zones = [_score(grading, zone)[0] for zone in ZONES]
    return [sum(zones[:3]), sum(zones[3:])]
