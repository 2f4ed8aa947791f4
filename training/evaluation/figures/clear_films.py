"""Films that radiologists read as clear: whether they are graded as clear, and told from others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from radiograde.training.evaluation.figures import statistics
from radiograde.training.evaluation.figures.graded_films import GradedFilms, Rows
from radiograde.training.evaluation.figures.patient_bootstrap import Estimate, estimate

CLEAR = ("normal", "negative")
"""What ``read`` holds where a radiologist saw no pneumonia."""

GRADED = "graded"
"""What ``read`` holds where a film was graded and nothing else is said."""

ANY_FINDING = "any finding"
FEWEST = 5


@dataclass(frozen=True, slots=True)
class ClearFilms:
    """What films that a radiologist read as clear are given; all should be 0.

    ``specificity``: share worded "none", of those that were graded. ``moderate``: share worded
    "moderate" or "severe". ``mean``, ``p95``: global score, points. ``painted``, ``painted_p95``:
    share (0-1) of the lungs that the opacity map marks.
    """

    read: str
    films: int
    patients: int
    specificity: Estimate
    moderate: Estimate
    mean: Estimate
    p95: Estimate
    painted: Estimate
    painted_p95: Estimate


@dataclass(frozen=True, slots=True)
class Separation:
    """Films of a source with a finding told from its clear films, by the area under the ROC."""

    scale: str
    read: str
    films: int
    clear: int
    auc: Estimate


def clear_films(graded: GradedFilms, severity: Sequence[float]) -> list[ClearFilms]:
    """Return the figures of clear films, for every word for it that films carry.

    ``severity``: global scores at which mild, moderate and severe begin.
    """
    reads = np.array([film.read for film in graded.films], str)
    found = []
    for read in CLEAR:
        chosen = graded.of((reads == read) & ~np.isnan(graded.scales["brixia"].values))
        if len(chosen.films) >= FEWEST:
            found.append(_clear(chosen, read, severity))
    return found


def separations(graded: GradedFilms) -> list[Separation]:
    """Return how the global score tells each kind of finding from clear films.

    Of all findings together every scale is measured.
    """
    reads = np.array([film.read for film in graded.films], str)
    clear = np.isin(reads, CLEAR)
    findings = sorted(set(reads[~clear]) - {"", GRADED})
    kinds = [("brixia", read, reads == read) for read in findings]
    if len(findings) > 1:
        any_finding = np.isin(reads, findings)
        kinds += [(name, ANY_FINDING, any_finding) for name in graded.scales]
    found = (_separation(graded, name, read, kind, clear) for name, read, kind in kinds)
    return [one for one in found if min(one.films, one.clear) >= FEWEST]


def _separation(graded: GradedFilms, name: str, read: str, kind: Rows, clear: Rows) -> Separation:
    values = graded.scales[name].values
    scored = ~np.isnan(values)
    positive = np.where(kind, 1.0, np.where(clear, 0.0, np.nan))
    return Separation(
        name,
        read,
        int((kind & scored).sum()),
        int((clear & scored).sum()),
        estimate(statistics.area_under_roc, graded.patients, values, positive),
    )


def _clear(graded: GradedFilms, read: str, severity: Sequence[float]) -> ClearFilms:
    scores, patients = graded.scales["brixia"].values, graded.patients
    mild, moderate = severity[:2]
    return ClearFilms(
        read,
        len(graded.films),
        len(set(patients)),
        estimate(statistics.mean, patients, (scores < mild).astype(float)),
        estimate(statistics.mean, patients, (scores >= moderate).astype(float)),
        estimate(statistics.mean, patients, scores),
        estimate(statistics.percentile_95, patients, scores),
        estimate(statistics.mean, patients, graded.painted),
        estimate(statistics.percentile_95, patients, graded.painted),
    )
