"""Can the source be read off what the network makes of a film? A linear probe, beside two others.

A probe (Alain and Bengio, arXiv 1610.01644) that finds the source says that the network could use
it as a shortcut, not that it does: the swap test asks that. Beside it stand chance, and a probe on
the simplest statistics of the picture, which shows how much of the source lies in plain sight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from radiograde.training.evaluation.figures.film_sample import SampleFilm
from radiograde.training.evaluation.figures.patient_bootstrap import Array, Estimate, estimate
from radiograde.training.evaluation.served.film_summaries import FilmSummary

A_SOURCE = 150
"""Films of each source that are probed at most, one a patient."""

PARTS = 5
RIDGE = 0.1
"""Weight of the ridge, a film; chosen beforehand and the same for both probes."""

SEED = 2


@dataclass(frozen=True, slots=True)
class SourceProbe:
    """How often a linear probe names a film's source, each source weighing the same, 0-1.

    ``chance``: of naming one blindly. ``network``: from the network's summary of the whole film.
    ``picture``: from shape, brightness, borders and sharpness alone. Cross-validated by patient.
    """

    films: int
    sources: Sequence[str]
    chance: float
    network: Estimate
    picture: Estimate


def source_probe(
    sample: Sequence[SampleFilm], summaries: Sequence[FilmSummary]
) -> SourceProbe | None:
    """Return the probe of the sample's films; None where there is one source alone."""
    sources = sorted({one.source for one in sample})
    if len(sources) < 2:
        return None
    labels = np.array([sources.index(one.source) for one in sample])
    patients = [one.film.patient for one in sample]
    network, picture = (
        _named_rightly(np.stack(columns), labels, patients)
        for columns in (
            [one.network for one in summaries],
            [one.picture for one in summaries],
        )
    )
    return SourceProbe(len(sample), sources, 1 / len(sources), network, picture)


def _named_rightly(
    features: NDArray[np.float64], labels: NDArray[np.int64], patients: Sequence[str]
) -> Estimate:
    named = np.zeros(len(labels), int)
    parts = _parts(patients)
    for part in range(PARTS):
        here = parts == part
        if here.any() and not here.all():
            named[here] = _named(features[~here], labels[~here], features[here])
    right = (named == labels).astype(float)
    return estimate(_mean_over_sources, patients, right, labels.astype(float))


def _parts(patients: Sequence[str]) -> NDArray[np.int64]:
    """Return a part (N,) of every film; a patient's films stay together."""
    names, patient = np.unique(np.asarray(patients), return_inverse=True)
    dealt = np.random.default_rng(SEED).permutation(len(names)) % PARTS
    parts: NDArray[np.int64] = dealt[patient]
    return parts


def _named(
    features: NDArray[np.float64], labels: NDArray[np.int64], unseen: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return the class of unseen films by ridge regression onto one column a class."""
    centre, spread = features.mean(0), features.std(0) + 1e-6
    inputs, theirs = (features - centre) / spread, (unseen - centre) / spread
    targets = np.eye(labels.max() + 1)[labels]
    weight = 1 / np.maximum(targets.sum(0), 1)[labels][:, None]
    mean = targets.mean(0)
    normal = inputs.T @ (weight * inputs) + RIDGE * np.eye(inputs.shape[1])
    found = np.linalg.solve(normal, inputs.T @ (weight * (targets - mean)))
    named: NDArray[np.int64] = (theirs @ found + mean).argmax(1)
    return named


def _mean_over_sources(right: Array, labels: Array) -> float:
    return float(np.mean([right[labels == label].mean() for label in np.unique(labels)]))
