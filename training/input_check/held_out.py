"""What the input check lets pass and what it turns away, out of fold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from radiograde.model.scoring.input_check import frontality
from radiograde.training.input_check.corruptions import CORRUPTIONS
from radiograde.training.input_check.picture_kind import ORDINARY
from radiograde.training.run_paths import RunPaths, fold_name

LOST = 0.01
"""Share of ordinary films that the threshold may cost any source, and all together."""

FEWEST = 100
"""Films of a source below which it does not move the threshold."""

HIGHEST = 0.5
"""A film whose likeliest class is the frontal one is never turned away for a doubt."""

_FORMERLY_COUNTED = ("frontal film", *(kind for _, kind, _ in CORRUPTIONS))
"""Runs of earlier versions hold ordinary films by this name, and films that were corrupted."""

NOT_COUNTED = (ORDINARY, *_FORMERLY_COUNTED)


@dataclass(frozen=True, slots=True)
class HeldOutPictures:
    """Real pictures out of scope, each judged by an input check that never saw it.

    ``frontal``: (M,) probability that it is a frontal film, as :func:`frontality` has it.
    ``kinds``: what each was.
    """

    frontal: NDArray[np.float64]
    kinds: NDArray[np.str_]

    @classmethod
    def load(cls, paths: RunPaths, folds: Sequence[int]) -> HeldOutPictures:
        """Return what the input checks of all folds said of the pictures held out from them."""
        parts = [np.load(paths.held_out_pictures(fold_name(fold))) for fold in folds]
        frontal = frontality(np.concatenate([part["probabilities"] for part in parts]))
        kinds = np.concatenate([part["kinds"] for part in parts])
        other = ~np.isin(kinds, NOT_COUNTED)
        return cls(frontal[other].astype(float), kinds[other])


@dataclass(frozen=True, slots=True)
class KindRejection:
    """The share (0-1) of one kind of pictures that is turned away."""

    kind: str
    pictures: int
    rejected: float


@dataclass(frozen=True, slots=True)
class InputCheckMetrics:
    """The threshold on the probability of a frontal film, and what it turns away (shares, 0-1).

    ``auc``: area under the ROC; None without pictures out of scope.
    """

    threshold: float
    films: int
    films_rejected: float
    kinds: Sequence[KindRejection]
    auc: float | None


def input_check_metrics(
    pictures: HeldOutPictures, films: NDArray[np.float32], sources: Sequence[str]
) -> InputCheckMetrics:
    """Return the threshold, what it rejects of each kind, and the ROC's area.

    ``films``: (N,) the same, out of fold, of every ordinary frontal film.
    ``sources``: where each is from.
    """
    good = films.astype(float)
    names = np.asarray(sources)
    of_sources = (good[names == name] for name in np.unique(names))
    groups = [good, *(group for group in of_sources if len(group) >= FEWEST)]
    lowest = (float(np.quantile(group, LOST, method="lower")) for group in groups)
    threshold = min(HIGHEST, *lowest)
    # Cut, not rounded, to the digits that ship: rounded up it would cost more films.
    threshold = math.floor(threshold * 1e4) / 1e4
    rejected = pictures.frontal < threshold
    return InputCheckMetrics(
        threshold,
        len(good),
        float((good < threshold).mean()),
        [
            KindRejection(
                str(kind),
                int((pictures.kinds == kind).sum()),
                float(rejected[pictures.kinds == kind].mean()),
            )
            for kind in sorted(set(pictures.kinds.tolist()))
        ],
        _area(good, pictures.frontal) if len(pictures.frontal) else None,
    )


def _area(films: NDArray[np.float64], others: NDArray[np.float64]) -> float:
    """Return the chance that a film looks more frontal than another picture, ties a half."""
    order = np.sort(others)
    below = np.searchsorted(order, films, "left") + np.searchsorted(order, films, "right")
    return float(below.mean() / 2 / len(others))
