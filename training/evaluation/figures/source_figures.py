"""Every figure of the films of one source: no figure is an average over hospitals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from radiograde.training.evaluation.figures.clear_films import (
    ClearFilms,
    Separation,
    clear_films,
    separations,
)
from radiograde.training.evaluation.figures.each_lung import LungScores, lung_scores
from radiograde.training.evaluation.figures.graded_films import GradedFilms
from radiograde.training.evaluation.figures.lung_overlap import (
    LungFigures,
    LungOverlap,
    lung_figures,
)
from radiograde.training.evaluation.figures.reader_ceiling import ReaderCeiling, reader_ceilings
from radiograde.training.evaluation.figures.scale_figures import (
    GraderAgreement,
    IntervalFigures,
    TwoScales,
    agreements,
    interval_figures,
    two_scales,
)

Overlaps = Sequence[Sequence[LungOverlap]]
"""Each film's overlaps with its mask, by convention."""


@dataclass(frozen=True, slots=True)
class SourceFigures:
    """The films of one source, frontal ones of adults, as they were graded.

    ``films``: all of them. ``scored``: those that were not turned away, on which the other figures
    stand.
    """

    source: str
    films: int
    patients: int
    scored: int
    agreement: Sequence[GraderAgreement]
    intervals: Sequence[IntervalFigures]
    two_scales: Sequence[TwoScales]
    clear: Sequence[ClearFilms]
    separation: Sequence[Separation]
    lungs: Sequence[LungFigures]
    lung_scores: Sequence[LungScores] = field(default_factory=list)
    ceilings: Sequence[ReaderCeiling] = field(default_factory=list)


def source_figures(
    graded: GradedFilms, overlaps: Overlaps, severity: Sequence[float]
) -> list[SourceFigures]:
    """Return the figures of every source, the one with the most films first.

    ``overlaps``: of each film. ``severity``: global scores at which mild, moderate and severe
    begin.
    """
    chosen = graded.in_scope
    sources, in_scope = graded.of(chosen).sources, graded.of(chosen)
    kept = [found for found, inside in zip(overlaps, chosen, strict=True) if inside]
    found = []
    for source, films in in_scope.by_source().items():
        own = [one for one, name in zip(kept, sources, strict=True) if name == source]
        found.append(_of_source(source, films, own, severity))
    return sorted(found, key=lambda figures: (-figures.films, figures.source))


def _of_source(
    source: str, graded: GradedFilms, overlaps: Overlaps, severity: Sequence[float]
) -> SourceFigures:
    scored = ~(graded.turned_away | graded.failed)
    return SourceFigures(
        source,
        len(graded.films),
        len(set(graded.patients)),
        int(scored.sum()),
        agreements(graded),
        interval_figures(graded),
        two_scales(graded),
        clear_films(graded, severity),
        separations(graded),
        lung_figures(graded.patients, overlaps),
        lung_scores(graded),
        reader_ceilings(graded.of(scored)),
    )
