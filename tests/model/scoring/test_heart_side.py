"""A film whose heart lies on the wrong side is doubted, unless the header says the sides."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from radiograde.data.phantom import PhantomSpec, draw
from radiograde.model.reading.film_file import read
from radiograde.model.reading.grey import Pixels
from radiograde.model.reading.radiograph import Radiograph
from radiograde.model.reasons import SIDES_UNSURE
from radiograde.model.scoring.heart_side import features, seems_mirrored, side_of_heart
from radiograde.model.scoring.scorer import Scorer
from tests.model.reading.films import film


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer(threads=1)


@functools.cache
def radiograph(seed: int, *, known: bool = False) -> Radiograph:
    phantom = draw(PhantomSpec(rows=600, columns=520, zones={"C": 2, "E": 1}, seed=seed))
    return read(film(of=phantom, PatientOrientation=["L", "F"] if known else None))


def mirrored(of: Radiograph) -> Radiograph:
    return replace(of, grey=Pixels(np.ascontiguousarray(of.pixels[:, ::-1])))


def is_doubted(of: Radiograph, scorer: Scorer) -> bool:
    gate = scorer.score(of).gate
    assert gate is not None
    return SIDES_UNSURE in gate.reasons


@pytest.mark.parametrize("seed", [0, 1])
def test_a_mirrored_film_is_doubted(seed: int, scorer: Scorer) -> None:
    assert not is_doubted(radiograph(seed), scorer)
    assert is_doubted(mirrored(radiograph(seed)), scorer)


def test_what_the_header_says_is_believed(scorer: Scorer) -> None:
    assert not is_doubted(mirrored(radiograph(0, known=True)), scorer)


SQUARE = 64


def chest(size: int = 2 * SQUARE) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return grey with a heart on the patient's left, and the lungs beside it."""
    lungs = np.zeros((2, SQUARE, SQUARE), np.float32)
    lungs[0, 10:50, 8:28] = lungs[1, 10:50, 38:56] = 1
    small = 1 - lungs.max(axis=0)
    small[30:50, 38:48] = 1
    repeat = size // SQUARE
    return small.repeat(repeat, 0).repeat(repeat, 1), lungs


def test_a_mirror_image_has_the_opposite_side() -> None:
    grey, lungs = chest()
    found, turned = features(grey, lungs), features(grey[:, ::-1], lungs[::-1, :, ::-1])
    assert found is not None
    assert turned is not None
    np.testing.assert_allclose(found, -turned, atol=1e-3)
    assert side_of_heart(found) == pytest.approx(-side_of_heart(turned), abs=1e-3)
    assert side_of_heart(found) > 0


def test_a_symmetric_chest_and_one_without_a_lung_have_no_side() -> None:
    grey, lungs = chest()
    found = features(grey + grey[:, ::-1], np.maximum(lungs, lungs[::-1, :, ::-1]))
    assert found is not None
    assert side_of_heart(found) == pytest.approx(0, abs=1e-3)
    for lung in (0, 1):
        one = lungs.copy()
        one[lung] = 0
        assert features(grey, one) is None
        assert not seems_mirrored(grey, one)
