"""Text in a film's pixels is painted over, wherever it stands and however faint it is."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from radiograde.data.phantom import PhantomSpec, draw
from radiograde.service.problems.burned_in_text import Codes, Mask, paint_over_text

ROWS, COLUMNS = 900, 800
TEXT = "DOE^JANE 19600102 ACC-7"


@pytest.fixture(scope="module")
def film() -> Codes:
    """Return a drawn film with the noise of a detector, 12 bits."""
    drawn = draw(PhantomSpec(rows=ROWS, columns=COLUMNS, zones={"C": 2.0})).pixels
    noise = np.random.default_rng(0).normal(0, 0.004, drawn.shape)
    codes: Codes = np.clip((drawn + noise) * 4095, 0, 4095).astype(np.uint16)
    return codes


def written(codes: Codes, place: tuple[int, int], size: int, level: float) -> tuple[Codes, Mask]:
    """Return the film with a text, at a level between its darkest and brightest code, and where."""
    picture = Image.new("L", (COLUMNS, ROWS))
    ImageDraw.Draw(picture).text(place, TEXT, fill=255, font=ImageFont.load_default(size))
    ink = np.asarray(picture).astype(np.float32) / 255
    low, high = int(codes.min()), int(codes.max())
    mixed = codes * (1 - ink) + ink * (low + level * (high - low))
    return mixed.astype(codes.dtype), ink > 0.5


@pytest.mark.parametrize("size", [12, 20, 36])
@pytest.mark.parametrize(
    ("place", "level"),
    [((20, 15), 0.5), ((20, 15), 1.0), ((360, 20), 0.0), ((360, 20), 1.0), ((30, 840), 0.0)],
)
def test_hardly_a_stroke_of_a_text_is_left(
    film: Codes, place: tuple[int, int], size: int, level: float
) -> None:
    codes, ink = written(film, place, size, level)
    seen = ink & (np.abs(codes.astype(int) - film) > 400)
    painted = paint_over_text(codes)
    kept = painted.codes == codes
    assert seen.sum() > 100
    assert (kept & seen).sum() / seen.sum() < 0.05
    assert 0 < painted.share < 0.5


def test_a_text_over_the_lungs_goes_too(film: Codes) -> None:
    codes, ink = written(film, (200, 400), 24, 1.0)
    painted = paint_over_text(codes, np.ones((64, 64), bool))
    assert ((painted.codes == codes) & ink).sum() / ink.sum() < 0.05


def test_a_film_without_text_keeps_its_lungs(film: Codes) -> None:
    painted = paint_over_text(film, np.ones((64, 64), bool))
    assert painted.share < 0.1
    middle = (slice(200, 700), slice(150, 650))
    assert (painted.codes[middle] == film[middle]).mean() > 0.9


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (128, 128)])
def test_pictures_of_one_grey_or_hardly_any_pixels_stay(shape: tuple[int, int]) -> None:
    codes = np.full(shape, 7, np.uint8)
    assert np.array_equal(paint_over_text(codes).codes, codes)
