import numpy as np
import pytest

from radiograde.data.phantom import PhantomSpec, draw
from radiograde.training.input_check import corruptions
from radiograde.training.input_check.corruptions import PERTURBATIONS, Picture

FILMS = {
    "a usual film": draw(PhantomSpec(rows=320, columns=288, zones={"C": 2, "F": 1}, seed=6)).pixels,
    "a film of odd sides": draw(PhantomSpec(rows=131, columns=157, seed=7)).pixels,
    "a film as bright as it gets": np.ones((90, 110), np.float32),
    "a film without exposure": np.zeros((90, 110), np.float32),
}
FILM = FILMS["a usual film"]
UNMOVED = "stored as its negative"


def dot(row: int, column: int) -> Picture:
    film = np.zeros((101, 121), np.float32)
    film[row - 1 : row + 2, column - 1 : column + 2] = 1.0
    return film


def brightest(film: Picture) -> tuple[int, ...]:
    return tuple(int(place) for place in np.unravel_index(film.argmax(), film.shape))


@pytest.mark.parametrize("film", FILMS.values(), ids=list(FILMS))
@pytest.mark.parametrize("name", PERTURBATIONS)
def test_a_changed_film_is_a_film(name: str, film: Picture) -> None:
    before = film.copy()
    changed = PERTURBATIONS[name](film)
    assert changed.dtype == np.float32
    assert changed.ndim == 2
    assert min(changed.shape) > 0
    assert np.isfinite(changed).all()
    assert changed.min() >= 0.0
    assert changed.max() <= 1.0
    np.testing.assert_array_equal(film, before)


@pytest.mark.parametrize("name", [name for name in PERTURBATIONS if name != UNMOVED])
def test_a_film_is_moved_but_stays_the_same_chest(name: str) -> None:
    changed = PERTURBATIONS[name](FILM)
    same_size = changed.shape == FILM.shape
    assert not (same_size and np.allclose(changed, FILM, atol=1e-3))
    if same_size:
        assert np.corrcoef(changed.ravel(), FILM.ravel())[0, 1] > 0.75


def test_turning_is_counterclockwise_and_leaves_black_corners() -> None:
    turned = PERTURBATIONS["turned by 5 degrees"](dot(50, 100))
    row, column = brightest(turned)
    assert row == pytest.approx(50 - 40 * np.sin(np.radians(5)), abs=1.5)
    assert column == pytest.approx(60 + 40 * np.cos(np.radians(5)), abs=1.5)
    row, _ = brightest(PERTURBATIONS["turned by -5 degrees"](dot(50, 100)))
    assert row > 52
    bright = corruptions.rotated(np.ones((100, 80), np.float32), 10.0)
    assert bright.shape == (100, 80)
    assert [bright[0, 0], bright[0, -1], bright[-1, 0], bright[-1, -1]] == [0, 0, 0, 0]
    assert bright[50, 40] == 1


def test_a_tenth_is_cropped_off_all_sides_or_off_two() -> None:
    middle = PERTURBATIONS["10 % cropped, all sides"](FILM)
    np.testing.assert_array_equal(middle, FILM[16:304, 14:273])
    corner = PERTURBATIONS["10 % cropped, two sides"](FILM)
    np.testing.assert_array_equal(corner, FILM[:288, :259])
    assert not np.shares_memory(corner, FILM)


@pytest.mark.parametrize(("name", "exponent"), [("gamma 0.7", 0.7), ("gamma 1.4", 1.4)])
def test_gamma_is_a_power_of_the_film(name: str, exponent: float) -> None:
    np.testing.assert_allclose(PERTURBATIONS[name](FILM), FILM**exponent, atol=1e-6)


def test_a_narrow_window_clips_a_twentieth_at_either_end() -> None:
    changed = PERTURBATIONS["narrow window"](FILM)
    low, high = np.percentile(FILM, (5, 95))
    assert (changed == 0).mean() == pytest.approx(0.05, abs=0.01)
    assert (changed == 1).mean() == pytest.approx(0.05, abs=0.01)
    between = (low < FILM) & (high > FILM)
    np.testing.assert_allclose(changed[between], ((FILM - low) / (high - low))[between], atol=1e-5)


def test_jpeg_loses_a_little_everywhere() -> None:
    changed = PERTURBATIONS["JPEG quality 30"](FILM)
    assert changed.shape == FILM.shape
    assert 0.001 < np.abs(changed - FILM).mean() < 0.03
    better = corruptions.jpeg(FILM, quality=95)
    assert np.abs(better - FILM).mean() < np.abs(changed - FILM).mean()


def test_markers_are_letters_in_the_upper_corners_and_a_white_border() -> None:
    dark = np.zeros((280, 300), np.float32)
    changed = PERTURBATIONS["markers and border"](dark)
    assert (changed[0] == 1).all()
    assert (changed[-1] == 1).all()
    assert (changed[:, 0] == 1).all()
    assert (changed[:, -1] == 1).all()
    assert changed[10:50, 10:60].max() == 1.0
    assert changed[4:30, 160:290].max() > 0.5
    assert changed[60:-3, 3:-3].max() == 0


def test_a_downscaled_film_has_its_longest_side_at_256_pixels() -> None:
    changed = PERTURBATIONS["longest side 256 pixels"](FILM)
    assert changed.shape == (256, 230)
    assert changed.mean() == pytest.approx(FILM.mean(), abs=0.005)
    wide = np.ascontiguousarray(np.tile(FILM, (1, 3)))
    assert PERTURBATIONS["longest side 256 pixels"](wide).shape == (95, 256)


def test_a_negative_is_read_as_the_film_that_it_is_of() -> None:
    np.testing.assert_allclose(PERTURBATIONS[UNMOVED](FILM), FILM, atol=1e-6)
    # What does not look like a chest is not turned back: then the score may move, and shows it.
    flat = np.full((90, 110), 0.2, np.float32)
    np.testing.assert_allclose(PERTURBATIONS[UNMOVED](flat), 1 - flat, atol=1e-6)
