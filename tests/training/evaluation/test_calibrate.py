from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from radiograde.model.scoring.scales import EXTENT, ZONE, ZONES
from radiograde.training.evaluation import calibrate
from radiograde.training.evaluation.metrics import Array
from radiograde.training.evaluation.predictions import Predictions
from radiograde.training.evaluation.reference_standard import References
from radiograde.training.network.curves import Calibration, Curve
from tests.training.samples import predictions

FILMS = 400
ALL = np.ones(FILMS, bool)
BENT = Curve(0.6, -0.8)


def truth(high: float, width: int, seed: int = 0) -> Array:
    """Return scores (N, width) that leave both ends of their scale free."""
    return np.random.default_rng(seed).uniform(0.03 * high, 0.97 * high, (FILMS, width))


def bent(scores: Array, high: float) -> NDArray[np.float32]:
    return BENT.apply(torch.from_numpy(scores), high).numpy().astype(np.float32)


def references(zones: Array, extent: Array, opacity: Array) -> References:
    """Return the same zones from both readers."""
    nobody = np.zeros(len(extent), bool)
    return References({"S": zones, "J": zones}, extent, opacity, {}, nobody)


@pytest.fixture
def known() -> References:
    return references(truth(3.0, 6), truth(8.0, 1, 1)[:, 0], truth(8.0, 1, 2)[:, 0])


@pytest.fixture
def found(known: References) -> Predictions:
    """Gradings that are bent, every scale in the same way."""
    return predictions(
        bent(known.zones, 3.0), extent=bent(known.extent, 8.0), opacity=bent(known.opacity, 8.0)
    )


def test_a_known_distortion_is_undone(found: Predictions, known: References) -> None:
    calibration = calibrate.fit(found, known, ALL)
    for curve in (calibration.zones, calibration.extent, calibration.opacity):
        assert curve.gain == pytest.approx(1 / 0.6, abs=0.01)
        assert curve.offset == pytest.approx(0.8 / 0.6, abs=0.01)
    straight = calibrate.calibrated(found, calibration)
    np.testing.assert_allclose(straight.zones, known.zones, atol=0.01)
    np.testing.assert_allclose(straight.brixia, known.brixia, atol=0.03)
    np.testing.assert_allclose(straight.extent, known.extent, atol=0.02)
    np.testing.assert_allclose(straight.opacity, known.opacity, atol=0.02)


def test_each_scale_has_a_curve_of_its_own(found: Predictions, known: References) -> None:
    mixed = replace(found, extent=known.extent.astype(np.float32))
    calibration = calibrate.fit(mixed, known, ALL)
    assert calibration.extent.gain == pytest.approx(1.0, abs=0.01)
    assert calibration.extent.offset == pytest.approx(0.0, abs=0.01)
    assert calibration.opacity.gain == pytest.approx(1 / 0.6, abs=0.01)


def test_noise_is_met_in_the_middle_and_every_order_stays(
    found: Predictions, known: References
) -> None:
    rng = np.random.default_rng(3)
    noisy = references(
        np.clip(known.zones + rng.normal(0, 0.7, known.zones.shape), 0, 3),
        np.clip(known.extent + rng.normal(0, 2, FILMS), 0, 8),
        known.opacity,
    )
    straight = calibrate.calibrated(found, calibrate.fit(found, noisy, ALL))
    for before, after in (
        (found.zones.ravel(), straight.zones.ravel()),
        (found.extent, straight.extent),
    ):
        np.testing.assert_array_equal(np.argsort(before), np.argsort(after))
    missed = np.abs(straight.brixia - noisy.brixia).mean()
    assert missed < 0.5 * np.abs(found.brixia - noisy.brixia).mean()
    assert abs((straight.brixia - noisy.brixia).mean()) < 0.15


def test_grades_that_run_the_wrong_way_are_not_turned_around(
    found: Predictions, known: References
) -> None:
    """A curve rises, whatever a network that learned nothing gives it to fit."""
    wrong = references(3 - known.zones, 8 - known.extent, 8 - known.opacity)
    calibration = calibrate.fit(found, wrong, ALL)
    for curve in (calibration.zones, calibration.extent, calibration.opacity):
        assert np.isfinite([curve.gain, curve.offset]).all()
        assert curve.gain >= 0


def test_the_curve_serves_zones_and_their_sum(found: Predictions, known: References) -> None:
    """No curve nearby is better by the squared error of zones and global score together."""
    # Readers who tell films apart more than zones: the sum asks for a steeper curve than zones do.
    film = 1.6 * known.zones.mean(1, keepdims=True) - 0.9
    read = np.clip(film + 0.3 * (known.zones - 1.5), 0, 3)
    best = calibrate.fit(found, references(read, known.extent, known.opacity), ALL).zones

    def missed(curve: Curve) -> float:
        error = curve.apply(torch.from_numpy(found.zones.astype(float)), 3.0).numpy() - read
        return float((error**2).mean() + (error.sum(1) ** 2).mean() / len(ZONES))

    for gain, offset in ((0.02, 0), (-0.02, 0), (0, 0.02), (0, -0.02)):
        assert missed(best) < missed(Curve(best.gain + gain, best.offset + offset))


@pytest.mark.parametrize(("films", "left"), [(0, True), (19, True), (20, False)])
def test_few_graded_films_leave_the_grades_as_they_are(
    found: Predictions, known: References, films: int, left: bool
) -> None:
    few = known.extent.copy()
    few[films:] = np.nan
    calibration = calibrate.fit(found, references(known.zones, few, known.opacity), ALL)
    assert (calibration.extent == Curve()) is left
    assert calibration.zones != Curve()


def test_only_the_films_that_are_asked_for_set_the_curves(
    found: Predictions, known: References
) -> None:
    asked = np.arange(FILMS) < 200
    wild = np.where(asked, 1.0, -5.0)
    spoilt = references(
        np.where(asked[:, None], known.zones, 0.0),
        known.extent * np.maximum(wild, 0),
        known.opacity * np.maximum(wild, 0),
    )
    assert calibrate.fit(found, spoilt, asked) == calibrate.fit(found, known, asked)
    assert calibrate.fit(found, spoilt, ALL) != calibrate.fit(found, known, ALL)


def test_a_film_is_calibrated_by_other_folds_alone(found: Predictions, known: References) -> None:
    folds = np.arange(FILMS) % 4
    here = folds == 2
    other = references(
        np.where(here[:, None], 0.0, known.zones),
        np.where(here, 0.0, known.extent),
        np.where(here, 0.0, known.opacity),
    )
    one = calibrate.crossed(found, known, folds)
    two = calibrate.crossed(found, other, folds)
    for name in ("zones", "extent", "opacity"):
        np.testing.assert_array_equal(getattr(one, name)[here], getattr(two, name)[here])
        assert not np.allclose(getattr(one, name)[~here], getattr(two, name)[~here], atol=0.05)
    np.testing.assert_allclose(one.zones, known.zones, atol=0.02)


def test_each_fold_is_calibrated_by_what_the_others_give(
    found: Predictions, known: References
) -> None:
    folds = np.arange(FILMS) // 200
    crossed = calibrate.crossed(found, known, folds)
    for fold in (0, 1):
        expected = calibrate.calibrated(found, calibrate.fit(found, known, folds != fold))
        here = folds == fold
        np.testing.assert_array_equal(crossed.zones[here], expected.zones[here])
        np.testing.assert_array_equal(crossed.opacity[here], expected.opacity[here])


def test_calibration_moves_scores_and_nothing_else(found: Predictions, known: References) -> None:
    before = found.zones.copy()
    crossed = calibrate.crossed(found, known, np.arange(FILMS) % 3)
    for name in ("spread", "scope", "dice", "lung_share"):
        np.testing.assert_array_equal(getattr(crossed, name), getattr(found, name))
    np.testing.assert_array_equal(found.zones, before)
    assert crossed.zones.dtype == np.float32


def test_a_curve_keeps_the_ends_of_its_scale() -> None:
    ends = torch.tensor([0.0, 8.0])
    torch.testing.assert_close(Curve(1.7, 0.9).apply(ends, EXTENT.high), ends, atol=0.02, rtol=0)
    torch.testing.assert_close(
        Curve(1.2, -1.0).apply(torch.tensor([3.0]), ZONE.high),
        torch.tensor([3.0]),
        atol=0.02,
        rtol=0,
    )


def test_a_plain_curve_changes_nothing() -> None:
    values = torch.linspace(0, 3, 50)
    torch.testing.assert_close(Curve().apply(values, 3.0), values, atol=1e-3, rtol=0)


def test_a_curve_moves_a_grade_by_its_logit() -> None:
    value = Curve(2.0, 1.0).apply(torch.tensor([2.0]), 8.0)
    logit = 2.0 * np.log(0.25 / 0.75) + 1.0
    assert float(value) == pytest.approx(8 / (1 + np.exp(-logit)))


def test_a_calibration_comes_back_from_json() -> None:
    calibration = Calibration(Curve(1.1, -0.2), Curve(0.9, 0.3), Curve(1.3))
    raw = calibration.to_json()
    assert raw["extent"] == {"gain": 0.9, "offset": 0.3}
    assert Calibration.parse(raw) == calibration


def test_clear_films_pull_their_own_grades_towards_none(
    found: Predictions, known: References
) -> None:
    """Clear films graded as mild: the curve falls at that end, and few graded films outweigh it."""
    clear = np.arange(FILMS) >= 300
    graded = references(
        np.where(clear[:, None], np.nan, known.zones),
        np.where(clear, np.nan, known.extent),
        np.where(clear, np.nan, known.opacity),
    )
    zones = np.where(clear[:, None], np.float32(0.5), found.zones)
    mild = replace(found, zones=zones, extent=np.where(clear, np.float32(1.5), found.extent))
    without = calibrate.calibrated(mild, calibrate.fit(mild, graded, ALL))
    told = calibrate.calibrated(mild, calibrate.fit(mild, graded, ALL, clear))
    assert told.zones[clear].mean() < without.zones[clear].mean() - 0.05
    assert told.extent[clear].mean() < without.extent[clear].mean() - 0.05
    missed = np.abs(told.zones - known.zones)[~clear].mean()
    assert missed < 0.5 * np.abs(mild.zones - known.zones)[~clear].mean()


def test_clear_films_of_a_fold_do_not_calibrate_it(found: Predictions, known: References) -> None:
    folds = np.arange(FILMS) % 4
    clear = (folds == 1) & (np.arange(FILMS) < 200)
    one = calibrate.crossed(found, known, folds)
    other = calibrate.crossed(found, known, folds, clear)
    np.testing.assert_array_equal(one.zones[folds == 1], other.zones[folds == 1])
    for fold in (0, 2, 3):
        assert other.brixia[folds == fold].mean() < one.brixia[folds == fold].mean()
