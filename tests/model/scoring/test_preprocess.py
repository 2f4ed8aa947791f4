import numpy as np
import pytest
from PIL import Image

from radiograde.model.reading.grey import ROOM
from radiograde.model.scoring.preprocess import Preprocessing, letterbox_of, prepare, to_square

SPEC = Preprocessing(size=64, low=0.0, high=100.0)


def ramp(rows: int, columns: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.tile(np.linspace(0.2, 0.8, columns, dtype=np.float32), (rows, 1))


@pytest.mark.parametrize(("rows", "columns"), [(100, 80), (80, 100), (64, 64), (3, 900), (31, 31)])
def test_the_film_keeps_its_shape_in_the_middle(rows: int, columns: int) -> None:
    letterbox = letterbox_of(rows, columns, 64)
    assert max(letterbox.height, letterbox.width) == 64
    scale = 64 / max(rows, columns)
    assert letterbox.height == pytest.approx(max(1, rows * scale), abs=0.5)
    assert letterbox.width == pytest.approx(max(1, columns * scale), abs=0.5)
    assert abs(letterbox.top - (64 - letterbox.top - letterbox.height)) <= 1
    assert abs(letterbox.left - (64 - letterbox.left - letterbox.width)) <= 1


def test_borders_are_black_and_the_film_fills_the_range() -> None:
    square, letterbox = prepare(ramp(120, 60), SPEC)
    film = square[:, letterbox.left : letterbox.left + letterbox.width]
    assert square[:, : letterbox.left].max() == 0.0
    assert film.min() == pytest.approx(0.0, abs=0.02)
    assert film.max() == pytest.approx(1.0, abs=0.02)


def test_window_and_exposure_do_not_matter() -> None:
    film = ramp(90, 70)
    one, _ = prepare(film, SPEC)
    other, _ = prepare((0.3 * film + 0.1).astype(np.float32), SPEC)
    np.testing.assert_allclose(one, other, atol=1e-5)


def test_a_large_film_is_averaged_not_sampled() -> None:
    noise = np.random.default_rng(0).random((1280, 1280), dtype=np.float32)
    square, _ = to_square(noise, 64)
    assert square.std() < 0.05
    assert square.mean() == pytest.approx(0.5, abs=0.01)


def test_a_flat_film_stays_finite() -> None:
    square, _ = prepare(np.full((50, 40), 0.5, np.float32), SPEC)
    assert np.isfinite(square).all()


def test_maps_are_cut_back_to_the_film() -> None:
    letterbox = letterbox_of(100, 50, 64)
    maps = np.zeros((2, 128, 128), np.float32)
    maps[:, :, 32:96] = 1.0
    film = letterbox.crop(maps)
    assert film.shape == (2, 128, 64)
    assert film.min() == 1.0


@pytest.mark.parametrize("shape", [(1000, 900), (2049, 1777), (1999, 800), (513, 4099)])
def test_shrinking_by_bands_is_shrinking_the_whole_film(shape: tuple[int, int]) -> None:
    pixels = np.random.default_rng(4).random(shape, dtype=np.float32)
    square, letterbox = to_square(pixels, 128)
    factor = int(min(shape[0] / letterbox.height, shape[1] / letterbox.width) / ROOM)
    assert factor > 1
    whole = Image.fromarray(pixels).reduce(factor)
    shrunk = whole.resize((letterbox.width, letterbox.height), Image.Resampling.BILINEAR)
    assert np.array_equal(square[letterbox.area], np.asarray(shrunk))
