"""Curves and widths that a site's films carry, and those that they do not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from radiograde.model.scoring.intervals import Width
from radiograde.model.scoring.scales import BRIXIA, EXTENT, ZONE
from radiograde.training.adaptation.local_curve import LocalCurve, fit_local_curve
from radiograde.training.adaptation.local_scale import (
    FEWEST_FILMS,
    FOLDS,
    adapt_scale,
    conformal_factor,
)
from radiograde.training.adaptation.network_scores import ScaleScores
from radiograde.training.evaluation.figures.patient_bootstrap import Array

LEVEL = 0.9
TRUE = LocalCurve(1.4, -0.8)


def scores_of(
    count: int = 80, curve: LocalCurve = TRUE, noise: float = 0.5, seed: int = 0
) -> ScaleScores:
    """Return extents, and readers who see them through a curve."""
    rng = np.random.default_rng(seed)
    values = rng.uniform(0.2, 7.8, (count, 1))
    readers = curve.apply(values, EXTENT.high)[:, 0] + rng.normal(0, noise, count)
    patients = [f"P{number}" for number in range(count)]
    spread = rng.uniform(0.3, 0.9, count)
    return ScaleScores(EXTENT, EXTENT.high, values, spread, readers.clip(0, 8), patients)


def folds(count: int) -> Array:
    return np.arange(count, dtype=float) % FOLDS


def test_a_curve_is_found_again_from_totals_of_zones() -> None:
    rng = np.random.default_rng(1)
    zones = rng.uniform(0, 3, (200, 6))
    totals = TRUE.apply(zones, ZONE.high).sum(1)
    found = fit_local_curve(zones, totals, ZONE.high)
    assert found.gain == pytest.approx(TRUE.gain, abs=0.01)
    assert found.offset == pytest.approx(TRUE.offset, abs=0.01)


@pytest.mark.parametrize("curve", [TRUE, LocalCurve(0.6, 1.0), LocalCurve()])
def test_a_curve_keeps_order_and_ends(curve: LocalCurve) -> None:
    values = np.linspace(0, BRIXIA.high, 50)
    moved = curve.apply(values, BRIXIA.high)
    assert (np.diff(moved) > 0).all()
    assert moved[[0, -1]] == pytest.approx([0, BRIXIA.high], abs=0.2)


def test_other_readers_give_a_curve_and_widths_that_hold_out_of_fold() -> None:
    found = adapt_scale(scores_of(), Width(0.4), LEVEL, folds(80))
    assert found.is_adapted
    assert found.curve.gain > 1.1
    assert found.before is not None
    assert found.after is not None
    assert found.after.mae.value < found.before.mae.value  # type: ignore[operator]
    assert abs(found.after.bias.value or 0) < 0.2
    assert found.after.coverage.value == pytest.approx(LEVEL, abs=0.07)


def test_widths_alone_change_where_the_scores_are_right() -> None:
    found = adapt_scale(scores_of(curve=LocalCurve()), Width(0.3), LEVEL, folds(80))
    assert found.is_adapted
    assert found.curve.is_identity
    assert found.factor > 1.5


def test_a_model_that_fits_is_left_alone() -> None:
    found = adapt_scale(scores_of(curve=LocalCurve()), Width(0.85), LEVEL, folds(80))
    assert not found.is_adapted
    assert "no gain out of fold" in found.reason
    assert (found.factor, found.curve.is_identity) == (1.0, True)


def test_intervals_that_always_hold_say_little_where_patients_are_few() -> None:
    scores = scores_of(60, LocalCurve(), 0.2)
    few = replace(scores, patients=[f"P{number % 10}" for number in range(60)])
    held = adapt_scale(few, Width(2.0), LEVEL, folds(60))
    assert held.before is not None
    assert held.before.coverage.value == 1.0
    assert not held.is_adapted
    assert adapt_scale(scores, Width(2.0), LEVEL, folds(60)).factor < 1


def test_noise_seldom_passes_for_other_readers() -> None:
    """Of readers who see as the model does, a curve is found for no more than nine tenths says."""
    curves = sum(
        not adapt_scale(
            scores_of(60, LocalCurve(), 1.0, seed), Width(1.65), LEVEL, folds(60)
        ).curve.is_identity
        for seed in range(30)
    )
    assert curves <= 3


@pytest.mark.parametrize(
    ("count", "patients", "reason"), [(FEWEST_FILMS - 1, 49, "too few"), (60, 5, "too few")]
)
def test_few_films_or_patients_carry_nothing(count: int, patients: int, reason: str) -> None:
    scores = scores_of(count)
    scores = replace(scores, patients=[f"P{number % patients}" for number in range(count)])
    assert reason in adapt_scale(scores, Width(0.4), LEVEL, folds(count)).reason


def test_a_narrow_range_carries_nothing() -> None:
    scores = scores_of()
    narrow = replace(scores, reference=3 + 0.1 * scores.reference)
    assert "range too narrow" in adapt_scale(narrow, Width(0.4), LEVEL, folds(80)).reason


def test_the_factor_is_the_conformal_rank() -> None:
    ratios = np.arange(1, 100, dtype=float)
    assert conformal_factor(ratios, 0.9) == 90
    assert conformal_factor(ratios[:5], 0.9) == 5
