from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from radiograde.model.scoring.scales import ZONES
from radiograde.training.evaluation.calibrate import (
    calibrated,
    cross_fitted,
    fit_calibration,
)
from radiograde.training.evaluation.figures.patient_bootstrap import Array
from radiograde.training.evaluation.predictions import Predictions
from radiograde.training.evaluation.reference_standard import ReferenceStandard
from radiograde.training.network.calibration import Curve
from tests.training.samples import predictions

FILMS = 400
ALL = np.ones(FILMS, bool)
BENT = Curve(0.6, -0.8)


def truth(high: float, width: int, seed: int = 0) -> Array:
    """Return scores (N, width) that leave both ends of their scale free."""
    return np.random.default_rng(seed).uniform(0.03 * high, 0.97 * high, (FILMS, width))


def bent(scores: Array, high: float) -> NDArray[np.float32]:
    return BENT.apply(torch.from_numpy(scores), high).numpy().astype(np.float32)


def reference_standard(zones: Array, extent: Array, opacity: Array) -> ReferenceStandard:
    """Return the same zones from both readers."""
    nobody = np.zeros(len(extent), bool)
    return ReferenceStandard({"S": zones, "J": zones}, extent, opacity, {}, nobody)


@pytest.fixture
def known() -> ReferenceStandard:
    return reference_standard(truth(3.0, 6), truth(8.0, 1, 1)[:, 0], truth(8.0, 1, 2)[:, 0])


@pytest.fixture
def graded(known: ReferenceStandard) -> Predictions:
    """Gradings that are bent, every scale in the same way."""
    return predictions(
        bent(known.zones, 3.0), extent=bent(known.extent, 8.0), opacity=bent(known.opacity, 8.0)
    )


def test_a_known_distortion_is_undone(graded: Predictions, known: ReferenceStandard) -> None:
    calibration = fit_calibration(graded, known, ALL)
    for curve in (calibration.zones, calibration.extent, calibration.opacity):
        assert curve.gain == pytest.approx(1 / 0.6, abs=0.01)
        assert curve.offset == pytest.approx(0.8 / 0.6, abs=0.01)
    straight = calibrated(graded, calibration)
    np.testing.assert_allclose(straight.zones, known.zones, atol=0.01)
    np.testing.assert_allclose(straight.brixia, known.brixia, atol=0.03)
    np.testing.assert_allclose(straight.extent, known.extent, atol=0.02)
    np.testing.assert_allclose(straight.opacity, known.opacity, atol=0.02)


def test_each_scale_has_a_curve_of_its_own(graded: Predictions, known: ReferenceStandard) -> None:
    mixed = replace(graded, extent=known.extent.astype(np.float32))
    calibration = fit_calibration(mixed, known, ALL)
    assert calibration.extent.gain == pytest.approx(1.0, abs=0.01)
    assert calibration.extent.offset == pytest.approx(0.0, abs=0.01)
    assert calibration.opacity.gain == pytest.approx(1 / 0.6, abs=0.01)


def test_noise_is_met_in_the_middle_and_every_order_stays(
    graded: Predictions, known: ReferenceStandard
) -> None:
    rng = np.random.default_rng(3)
    noisy = reference_standard(
        np.clip(known.zones + rng.normal(0, 0.7, known.zones.shape), 0, 3),
        np.clip(known.extent + rng.normal(0, 2, FILMS), 0, 8),
        known.opacity,
    )
    straight = calibrated(graded, fit_calibration(graded, noisy, ALL))
    for before, after in (
        (graded.zones.ravel(), straight.zones.ravel()),
        (graded.extent, straight.extent),
    ):
        np.testing.assert_array_equal(np.argsort(before), np.argsort(after))
    missed = np.abs(straight.brixia - noisy.brixia).mean()
    assert missed < 0.5 * np.abs(graded.brixia - noisy.brixia).mean()
    assert abs((straight.brixia - noisy.brixia).mean()) < 0.15


def test_grades_that_run_the_wrong_way_are_not_turned_around(
    graded: Predictions, known: ReferenceStandard
) -> None:
    """A curve rises, whatever a network that learned nothing gives it to fit."""
    wrong = reference_standard(3 - known.zones, 8 - known.extent, 8 - known.opacity)
    calibration = fit_calibration(graded, wrong, ALL)
    for curve in (calibration.zones, calibration.extent, calibration.opacity):
        assert np.isfinite([curve.gain, curve.offset]).all()
        assert curve.gain >= 0


def test_the_curve_serves_zones_and_their_sum(
    graded: Predictions, known: ReferenceStandard
) -> None:
    """No curve nearby is better by the squared error of zones and global score together."""
    # Readers who tell films apart more than zones: the sum asks for a steeper curve than zones do.
    film = 1.6 * known.zones.mean(1, keepdims=True) - 0.9
    read = np.clip(film + 0.3 * (known.zones - 1.5), 0, 3)
    best = fit_calibration(graded, reference_standard(read, known.extent, known.opacity), ALL).zones

    def missed(curve: Curve) -> float:
        error = curve.apply(torch.from_numpy(graded.zones.astype(float)), 3.0).numpy() - read
        return float((error**2).mean() + (error.sum(1) ** 2).mean() / len(ZONES))

    for gain, offset in ((0.02, 0), (-0.02, 0), (0, 0.02), (0, -0.02)):
        assert missed(best) < missed(Curve(best.gain + gain, best.offset + offset))


@pytest.mark.parametrize(("films", "left"), [(0, True), (19, True), (20, False)])
def test_few_graded_films_leave_the_grades_as_they_are(
    graded: Predictions, known: ReferenceStandard, films: int, left: bool
) -> None:
    few = known.extent.copy()
    few[films:] = np.nan
    calibration = fit_calibration(graded, reference_standard(known.zones, few, known.opacity), ALL)
    assert (calibration.extent == Curve()) is left
    assert calibration.zones != Curve()


def test_only_the_films_that_are_chosen_set_the_curves(
    graded: Predictions, known: ReferenceStandard
) -> None:
    chosen = np.arange(FILMS) < 200
    wild = np.where(chosen, 1.0, -5.0)
    altered = reference_standard(
        np.where(chosen[:, None], known.zones, 0.0),
        known.extent * np.maximum(wild, 0),
        known.opacity * np.maximum(wild, 0),
    )
    assert fit_calibration(graded, altered, chosen) == fit_calibration(graded, known, chosen)
    assert fit_calibration(graded, altered, ALL) != fit_calibration(graded, known, ALL)


def test_a_film_is_calibrated_by_other_folds_alone(
    graded: Predictions, known: ReferenceStandard
) -> None:
    folds = np.arange(FILMS) % 4
    here = folds == 2
    other = reference_standard(
        np.where(here[:, None], 0.0, known.zones),
        np.where(here, 0.0, known.extent),
        np.where(here, 0.0, known.opacity),
    )
    one = cross_fitted(graded, known, folds)
    two = cross_fitted(graded, other, folds)
    for name in ("zones", "extent", "opacity"):
        np.testing.assert_array_equal(getattr(one, name)[here], getattr(two, name)[here])
        assert not np.allclose(getattr(one, name)[~here], getattr(two, name)[~here], atol=0.05)
    np.testing.assert_allclose(one.zones, known.zones, atol=0.02)


def test_each_fold_is_calibrated_by_what_the_others_give(
    graded: Predictions, known: ReferenceStandard
) -> None:
    folds = np.arange(FILMS) // 200
    moved = cross_fitted(graded, known, folds)
    for fold in (0, 1):
        expected = calibrated(graded, fit_calibration(graded, known, folds != fold))
        here = folds == fold
        np.testing.assert_array_equal(moved.zones[here], expected.zones[here])
        np.testing.assert_array_equal(moved.opacity[here], expected.opacity[here])


def test_calibration_moves_scores_and_nothing_else(
    graded: Predictions, known: ReferenceStandard
) -> None:
    before = graded.zones.copy()
    moved = cross_fitted(graded, known, np.arange(FILMS) % 3)
    for name in ("spread", "scope", "dice", "lung_share"):
        np.testing.assert_array_equal(getattr(moved, name), getattr(graded, name))
    np.testing.assert_array_equal(graded.zones, before)
    assert moved.zones.dtype == np.float32


def test_normal_films_pull_their_own_grades_towards_none(
    graded: Predictions, known: ReferenceStandard
) -> None:
    """Normal films graded as mild: the curve falls at that end; graded ones come nearer, too."""
    normal = np.arange(FILMS) >= 300
    read = reference_standard(
        np.where(normal[:, None], np.nan, known.zones),
        np.where(normal, np.nan, known.extent),
        np.where(normal, np.nan, known.opacity),
    )
    zones = np.where(normal[:, None], np.float32(0.5), graded.zones)
    mild = replace(graded, zones=zones, extent=np.where(normal, np.float32(1.5), graded.extent))
    without = calibrated(mild, fit_calibration(mild, read, ALL))
    beside = calibrated(mild, fit_calibration(mild, read, ALL, normal))
    assert beside.zones[normal].mean() < without.zones[normal].mean() - 0.05
    assert beside.extent[normal].mean() < without.extent[normal].mean() - 0.05
    missed = np.abs(beside.zones - known.zones)[~normal].mean()
    assert missed < 0.75 * np.abs(mild.zones - known.zones)[~normal].mean()


def test_normal_films_of_a_fold_do_not_calibrate_it(
    graded: Predictions, known: ReferenceStandard
) -> None:
    folds = np.arange(FILMS) % 4
    normal = (folds == 1) & (np.arange(FILMS) < 200)
    one = cross_fitted(graded, known, folds)
    other = cross_fitted(graded, known, folds, normal)
    np.testing.assert_array_equal(one.zones[folds == 1], other.zones[folds == 1])
    for fold in (0, 2, 3):
        assert other.brixia[folds == fold].mean() < one.brixia[folds == fold].mean()
