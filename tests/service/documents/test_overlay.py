from __future__ import annotations

import dataclasses
import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from radiograde.model.reading.digest import Digest
from radiograde.model.reading.grey import Pixels
from radiograde.model.reading.radiograph import Radiograph
from radiograde.model.scoring.result import Maps
from radiograde.service.documents.overlay import FILM_SIDE, overlay_png
from tests.service.fakes import maps, scored

FILM = Radiograph(Pixels(np.full((400, 300), 0.5, np.float32)), "png", Digest("0" * 64))


def drawn(png: bytes) -> NDArray[np.uint8]:
    """Return the picture and check that it is one."""
    with Image.open(io.BytesIO(png)) as image:
        assert image.format == "PNG"
        return np.asarray(image.convert("RGB"))


def film_part(picture: NDArray[np.uint8]) -> NDArray[np.int16]:
    """Return the film of 750 x 1000 out of the picture, whose head is taller than its foot."""
    margin = (picture.shape[1] - FILM_SIDE * 3 // 4) // 2
    head = picture.shape[0] - FILM_SIDE - 54
    return picture[head : head + FILM_SIDE, margin:-margin].astype(np.int16)


def test_opacity_is_warm_where_the_map_has_it_and_nowhere_else() -> None:
    film = film_part(drawn(overlay_png(FILM, scored())))
    redness = film[..., 0] - film[..., 2]
    assert redness[680:820, 100:270].min() > 30
    assert redness[680:820, 100:270].max() < 60, "the film stays readable"
    assert redness.max() > 200, "the contour"
    assert redness[:600].max() <= 0


def test_nothing_is_drawn_below_the_models_threshold() -> None:
    faint = dataclasses.replace(maps(), opacity=np.full((80, 60), 0.24, np.float32), involved=0.25)
    film = film_part(drawn(overlay_png(FILM, dataclasses.replace(scored(), maps=faint))))
    assert (film[..., 0] - film[..., 2]).max() <= 0


def test_opacity_outside_the_lungs_is_not_shown() -> None:
    lungs = maps().lungs
    everywhere = Maps(np.ones((80, 60), np.float32), lungs)
    film = film_part(drawn(overlay_png(FILM, dataclasses.replace(scored(), maps=everywhere))))
    between = film[:, 340:400]
    assert (between[..., 0] == between[..., 2]).all()


def test_the_lungs_are_outlined() -> None:
    film = film_part(drawn(overlay_png(FILM, scored())))
    blueness = film[..., 2] - film[..., 0]
    edge = blueness[300, :150]
    assert edge.max() > 80
    assert abs(int(edge.argmax()) - 62) <= 6


def test_a_film_without_a_lung_is_drawn_all_the_same() -> None:
    empty = Maps(np.zeros((8, 6), np.float32), np.zeros((2, 8, 6), np.float32))
    drawn(overlay_png(FILM, dataclasses.replace(scored(), maps=empty)))


@pytest.mark.parametrize("shape", [(16, 16), (200, 1200), (3000, 2400)])
def test_films_of_any_size_are_drawn(shape: tuple[int, int]) -> None:
    film = dataclasses.replace(FILM, grey=Pixels(np.zeros(shape, np.float32)))
    picture = drawn(overlay_png(film, scored()))
    assert max(picture.shape) > FILM_SIDE


def test_a_result_without_scores_cannot_be_drawn() -> None:
    with pytest.raises(ValueError, match="scored"):
        overlay_png(FILM, dataclasses.replace(scored(), scores=None))
