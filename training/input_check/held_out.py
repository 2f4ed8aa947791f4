"""What the gate lets pass and what it turns away, out of fold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radiograde.model.scoring.scope import CLASSES, FRONTAL
from radiograde.training.input_check.train_head import TRIAL
from radiograde.training.run_paths import fold_name

LOST = 0.02
"""Share of good frontal films that the threshold may cost."""

HIGHEST = 0.5
"""A film whose likeliest class is the frontal one is never turned away for a doubt."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Pictures out of scope, each judged by a gate that never saw it.

    ``frontal``: (M,) probability that it is a frontal film. ``kinds``: what each was.
    """

    frontal: NDArray[np.float64]
    kinds: NDArray[np.str_]

    @classmethod
    def load(cls, run: Path, folds: Sequence[int]) -> Trial:
        """Return what the gates of all folds said of the pictures held out from them."""
        parts = [np.load(run / fold_name(fold) / TRIAL) for fold in folds]
        frontal = np.concatenate([part["probabilities"] for part in parts])[
            :, CLASSES.index(FRONTAL)
        ]
        kinds = np.concatenate([part["kinds"] for part in parts])
        other = kinds != "frontal film"
        return cls(frontal[other].astype(float), kinds[other])


def figures(trial: Trial, films: NDArray[np.float32]) -> dict[str, Any]:
    """Return the threshold, what it rejects of each kind, and the ROC's area.

    ``films``: (N,) out-of-fold probability of every good frontal film that it is one.
    """
    good = films.astype(float)
    threshold = min(HIGHEST, float(np.quantile(good, LOST, method="lower")))
    # Cut, not rounded, to the digits that ship: rounded up it would cost more films.
    threshold = math.floor(threshold * 1e4) / 1e4
    rejected = trial.frontal < threshold
    kinds = [
        {
            "kind": str(kind),
            "pictures": int((trial.kinds == kind).sum()),
            "rejected": float(rejected[trial.kinds == kind].mean()),
        }
        for kind in sorted(set(trial.kinds.tolist()))
    ]
    return {
        "threshold": threshold,
        "films": len(good),
        "films_rejected": float((good < threshold).mean()),
        "kinds": kinds,
        "auc": _area(good, trial.frontal),
    }


def _area(films: NDArray[np.float64], others: NDArray[np.float64]) -> float:
    """Return the chance that a film looks more frontal than another picture, ties a half."""
    order = np.sort(others)
    below = np.searchsorted(order, films, "left") + np.searchsorted(order, films, "right")
    return float(below.mean() / 2 / len(others))
