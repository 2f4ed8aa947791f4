"""Brings grades onto the readers' scales, by curves fitted to out-of-fold grades."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from radiograde.model.scoring.scales import EXTENT, OPACITY, ZONE, Scale
from radiograde.training.evaluation.figures.patient_bootstrap import Array
from radiograde.training.evaluation.predictions import Predictions
from radiograde.training.evaluation.reference_standard import ReferenceStandard
from radiograde.training.network.calibration import Calibration, Curve, CurveSamples, fit_curve

Grade = NDArray[np.float32]

LEAST = 1e-4
"""A film's score under which no lung has a share of it."""

FEWEST = 20
"""Graded films below which grades are left as they are."""


def fit_calibration(
    predictions: Predictions,
    standard: ReferenceStandard,
    films: NDArray[np.bool_],
    normal: NDArray[np.bool_] | None = None,
) -> Calibration:
    """Return the calibration that serves ``films`` (N,) best, by squared error.

    ``normal``: (N,) films that count as graded 0 on every scale, and together weigh as much as
    all graded ones; None: there are none.
    """
    zero = films & normal if normal is not None else np.zeros_like(films)
    columns = (
        (predictions.zones, standard.zones, ZONE),
        (predictions.extent[:, None], standard.extent[:, None], EXTENT),
        (predictions.opacity[:, None], standard.opacity[:, None], OPACITY),
    )
    return Calibration(
        *(
            _fitted_curve(values[films], reference[films], values[zero], scale)
            for values, reference, scale in columns
        )
    )


def calibrated(predictions: Predictions, calibration: Calibration) -> Predictions:
    """Return the gradings on the readers' scales."""
    return _with_scales(
        predictions,
        _on_curve(predictions.zones, calibration.zones, ZONE),
        _on_curve(predictions.extent, calibration.extent, EXTENT),
        _on_curve(predictions.opacity, calibration.opacity, OPACITY),
    )


def _with_scales(
    predictions: Predictions, zones: Grade, extent: Grade, opacity: Grade
) -> Predictions:
    """Return the gradings with other scores; each lung keeps its share of the film's."""
    before = np.stack([predictions.extent, predictions.opacity], 1)
    share = (np.stack([extent, opacity], 1) / np.maximum(before, LEAST)).astype(np.float32)
    return replace(
        predictions,
        zones=zones,
        extent=extent,
        opacity=opacity,
        lung_scales=predictions.lung_scales * share[:, :, None],
    )


def cross_fitted(
    predictions: Predictions,
    standard: ReferenceStandard,
    folds: NDArray[np.int64],
    normal: NDArray[np.bool_] | None = None,
) -> Predictions:
    """Return the gradings, each calibrated by curves that other folds' films gave."""
    zones, extent, opacity = (
        np.copy(scores) for scores in (predictions.zones, predictions.extent, predictions.opacity)
    )
    for fold in np.unique(folds):
        here = folds == fold
        there = calibrated(predictions, fit_calibration(predictions, standard, ~here, normal))
        zones[here], extent[here] = there.zones[here], there.extent[here]
        opacity[here] = there.opacity[here]
    return _with_scales(predictions, zones, extent, opacity)


def _fitted_curve(
    values: NDArray[np.float32], reference: Array, normal: NDArray[np.float32], scale: Scale
) -> Curve:
    """Return the curve for values (N, Z) beside their reference.

    ``normal``: (M, Z) values that should be 0.
    """
    known = ~np.isnan(values + reference).any(1)
    if known.sum() < FEWEST:
        return Curve()
    parts = [(values[known], reference[known])]
    if len(normal):
        parts.append((normal, np.zeros(normal.shape)))
    samples = [
        CurveSamples(torch.from_numpy(inputs.astype(float)), torch.from_numpy(target))
        for inputs, target in parts
    ]
    return fit_curve(samples, scale.high)


def _on_curve(values: NDArray[np.float32], curve: Curve, scale: Scale) -> NDArray[np.float32]:
    return curve.apply(torch.from_numpy(values), scale.high).numpy()
