"""What a model file reached on a site's films: errors, intervals, losses, whole and by group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from radiograde.model.scoring.metadata import ModelMetadata
from radiograde.training.acceptance.acceptance_limits import Limits
from radiograde.training.acceptance.second_reader import SecondReader, beside_second_reader
from radiograde.training.evaluation.figures import statistics
from radiograde.training.evaluation.figures.film_groups import film_groups
from radiograde.training.evaluation.figures.graded_films import GradedFilms, ScaleGrades
from radiograde.training.evaluation.figures.patient_bootstrap import Estimate, estimate
from radiograde.training.evaluation.figures.scale_figures import FEWEST, agreement
from radiograde.training.evaluation.figures.shares import share_of

UNREADABLE = "cannot be read"


@dataclass(frozen=True, slots=True)
class ScaleAcceptance:
    """One scale beside the readers' mean, in points of the scale; ``coverage`` is a share (0-1).

    ``films``, ``patients``: graded ones with readers' scores.
    """

    scale: str
    films: int
    patients: int
    mae: Estimate
    bias: Estimate
    r: Estimate
    kappa: Estimate
    coverage: Estimate
    second_reader: SecondReader


@dataclass(frozen=True, slots=True)
class Losses:
    """Ordinary frontal films of adults that were not graded.

    ``share``: of all such films, 0-1. ``reasons``: how often each was given.
    """

    films: int
    lost: int
    share: Estimate
    reasons: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """Films of one group, on the first scale that readers graded.

    ``films``: all of the group; ``graded``: of these with a score and readers' scores.
    """

    by: str
    name: str
    films: int
    graded: int
    mae: Estimate
    bias: Estimate
    coverage: Estimate
    lost: Estimate


@dataclass(frozen=True, slots=True)
class AcceptanceFigures:
    """Every figure of a site's films, ordinary frontal ones of adults."""

    films: int
    patients: int
    scales: Sequence[ScaleAcceptance]
    losses: Losses
    groups: Sequence[GroupFigures]

    def scale(self, name: str) -> ScaleAcceptance | None:
        """Return the figures of a scale, None where readers did not grade it."""
        return next((one for one in self.scales if one.scale == name), None)


def acceptance_figures(
    graded: GradedFilms, metadata: ModelMetadata, limits: Limits
) -> AcceptanceFigures:
    """Return the figures of films that ``metadata``'s model graded; other pictures are left out."""
    inside = graded.of(graded.in_scope)
    measured = [one for one in inside.scales.values() if one.known.sum() >= FEWEST]
    return AcceptanceFigures(
        len(inside.films),
        len(set(inside.patients)),
        [_scale(one, inside.patients, metadata, limits) for one in measured],
        _losses(inside),
        _groups(inside, measured[0]) if measured else [],
    )


def _scale(
    grades: ScaleGrades, patients: list[str], metadata: ModelMetadata, limits: Limits
) -> ScaleAcceptance:
    found = agreement(grades, patients)
    asked = limits.of(grades.scale.name).second_reader
    return ScaleAcceptance(
        scale=found.scale,
        films=found.films,
        patients=found.patients,
        mae=found.mae,
        bias=found.bias,
        r=found.r,
        kappa=found.kappa,
        coverage=share_of(grades.covered, patients),
        second_reader=beside_second_reader(grades, patients, metadata, asked),
    )


def _losses(graded: GradedFilms) -> Losses:
    lost = graded.turned_away | graded.failed
    reasons = Counter(code for codes in graded.rejected_for for code in codes)
    if graded.failed.any():
        reasons[UNREADABLE] = int(graded.failed.sum())
    return Losses(
        len(lost),
        int(lost.sum()),
        share_of(lost.astype(float), graded.patients),
        dict(reasons.most_common()),
    )


def _groups(graded: GradedFilms, grades: ScaleGrades) -> list[GroupFigures]:
    found = []
    lost = (graded.turned_away | graded.failed).astype(float)
    for by, name, rows in film_groups(graded.films):
        here = grades.of(rows)
        if here.known.sum() < FEWEST or rows.all():
            continue
        patients = graded.of(rows).patients
        found.append(
            GroupFigures(
                by,
                name,
                int(rows.sum()),
                int(here.known.sum()),
                estimate(statistics.mean_absolute_error, patients, here.values, here.reference),
                estimate(statistics.bias, patients, here.values, here.reference),
                share_of(here.covered, patients),
                share_of(lost[rows], patients),
            )
        )
    return found
