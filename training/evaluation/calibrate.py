"""Fits the curves that bring grades onto the readers' scale, to out-of-fold grades.

Clear films, and readers of other scales, pull a network's grades up or down while it learns. A
curve with two numbers, straight on the scale's logit, undoes that and keeps every order.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from radiograde.model.scoring.scales import EXTENT, OPACITY, ZONE, Scale
from radiograde.training.evaluation.metrics import Array
from radiograde.training.evaluation.predictions import Predictions
from radiograde.training.evaluation.reference_standard import References
from radiograde.training.network.curves import Calibration, Curve, curved

FEWEST = 20
"""Graded films below which grades are left as they are."""

CLEAR_WEIGHT = 0.2
"""What all clear films together weigh beside all graded ones: readers' zeros are few."""


def fit(
    found: Predictions,
    references: References,
    films: NDArray[np.bool_],
    clear: NDArray[np.bool_] | None = None,
) -> Calibration:
    """Return the calibration that serves ``films`` (N,) best, by squared error.

    ``clear``: (N,) films that count as graded 0 on every scale; None: there are none.
    """
    zero = films & clear if clear is not None else np.zeros_like(films)
    columns = (
        (found.zones, references.zones, ZONE),
        (found.extent[:, None], references.extent[:, None], EXTENT),
        (found.opacity[:, None], references.opacity[:, None], OPACITY),
    )
    return Calibration(
        *(
            _fitted(values[films], reference[films], values[zero], scale)
            for values, reference, scale in columns
        )
    )


def calibrated(found: Predictions, calibration: Calibration) -> Predictions:
    """Return the gradings on the readers' scales."""
    return replace(
        found,
        zones=_on(found.zones, calibration.zones, ZONE),
        extent=_on(found.extent, calibration.extent, EXTENT),
        opacity=_on(found.opacity, calibration.opacity, OPACITY),
    )


def crossed(
    found: Predictions,
    references: References,
    folds: NDArray[np.int64],
    clear: NDArray[np.bool_] | None = None,
) -> Predictions:
    """Return the gradings, each calibrated by curves that other folds' films gave."""
    zones, extent, opacity = (np.copy(a) for a in (found.zones, found.extent, found.opacity))
    for fold in np.unique(folds):
        here = folds == fold
        there = calibrated(found, fit(found, references, ~here, clear))
        zones[here], extent[here] = there.zones[here], there.extent[here]
        opacity[here] = there.opacity[here]
    return replace(found, zones=zones, extent=extent, opacity=opacity)


def _fitted(
    values: NDArray[np.float32], reference: Array, clear: NDArray[np.float32], scale: Scale
) -> Curve:
    """Return the curve for values (N, Z), near to each reference and to the sum of the Z.

    ``clear``: (M, Z) values that should be 0.
    """
    known = ~np.isnan(values + reference).any(1)
    if known.sum() < FEWEST:
        return Curve()
    parts = [(values[known], reference[known], 1.0)]
    if len(clear):
        parts.append((clear, np.zeros(clear.shape), CLEAR_WEIGHT))
    sets = [
        (torch.from_numpy(inputs.astype(np.float64)), torch.from_numpy(truth), weight)
        for inputs, truth, weight in parts
    ]
    # The gain's logarithm is fitted: a curve rises, whatever it is fitted to.
    curve = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([curve], max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimiser.zero_grad()
        total = torch.zeros((), dtype=torch.float64)
        for inputs, truth, weight in sets:
            missed = curved(inputs, scale.high, curve[0].exp(), curve[1]) - truth
            both = missed.square().mean() + missed.sum(1).square().mean() / missed.shape[1]
            total = total + weight * both
        total.backward()
        return total

    optimiser.step(loss)
    log_gain, offset = curve.tolist()
    return Curve(round(math.exp(log_gain), 4), round(offset, 4))


def _on(values: NDArray[np.float32], curve: Curve, scale: Scale) -> NDArray[np.float32]:
    return curve.apply(torch.from_numpy(values), scale.high).numpy()
