"""A film in JPEG 2000 is graded at a fraction of its size where that shows the same."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from pydicom import uid
from pydicom.dataset import Dataset

from radiograde.data.phantom import Phantom, PhantomSpec, draw
from radiograde.data.storage import Storage
from radiograde.model.errors import MalformedImageError
from radiograde.model.grading import grade
from radiograde.model.limits import Limits
from radiograde.model.reading.code_blocks import code_blocks
from radiograde.model.reading.film_file import FilmFile, open_film
from radiograde.model.reading.jpeg_2000_stream import jpeg_2000_stream
from radiograde.model.scoring.scorer import Scorer
from tests.model.reading.films import film

LEAST = 150
BY_JPEG_2000 = Storage(12, "MONOCHROME1", uid.JPEG2000Lossless)
SAME_FACTS = ("shape", "sha256", "view", "flipped", "notes", "frames", "pixel_spacing_mm")


@pytest.fixture(scope="module")
def phantom() -> Phantom:
    return draw(PhantomSpec(rows=611, columns=547, zones={"C": 2, "E": 1}, seed=3))


def opened(phantom: Phantom, storage: Storage = BY_JPEG_2000, **elements: Any) -> FilmFile:
    return open_film(film(storage, of=phantom, **elements), Limits())


@pytest.mark.parametrize("orientation", [["L", "F"], ["R", "F"], ["R", "H"]])
def test_it_shows_the_same_at_a_fraction_of_its_size(
    phantom: Phantom, orientation: list[str]
) -> None:
    file = opened(phantom, PatientOrientation=orientation)
    small, whole = file.small_radiograph(LEAST), file.radiograph()
    assert small.grey.stored == (153, 137)
    for fact in SAME_FACTS:
        assert getattr(small, fact) == getattr(whole, fact), fact
    difference = np.abs(small.grey.reduced(1) - whole.grey.reduced(4))
    assert difference.mean() < 0.01
    assert small.pixels.shape == whole.pixels.shape


def sigmoid(ds: Dataset) -> None:
    ds.VOILUTFunction = "SIGMOID"


def padded(ds: Dataset) -> None:
    ds.PixelPaddingValue = 0


def of_other_bits(ds: Dataset) -> None:
    ds.BitsStored, ds.HighBit = 10, 9


@pytest.mark.parametrize("change", [sigmoid, padded, of_other_bits])
def test_what_would_show_other_things_is_read_whole(phantom: Phantom, change: Any) -> None:
    file = opened(phantom, change=change)
    assert file.small_radiograph(LEAST) is file.radiograph()


@pytest.mark.parametrize(
    "storage", [Storage(12), Storage(12, "MONOCHROME1", uid.JPEG2000Lossless, signed=True)]
)
def test_other_films_are_read_whole(phantom: Phantom, storage: Storage) -> None:
    file = opened(phantom, storage)
    assert file.small_radiograph(LEAST) is file.radiograph()


def test_a_small_film_is_read_whole(phantom: Phantom) -> None:
    file = opened(phantom)
    assert file.small_radiograph(400) is file.radiograph()


def test_damage_of_what_is_not_decoded_is_seen_where_the_film_is_read_whole(
    phantom: Phantom,
) -> None:
    content = film(BY_JPEG_2000, of=phantom)
    at = len(content) - 20_000
    file = open_film(content[:at] + bytes(range(200)) * 10 + content[at + 2000 :], Limits())
    assert file.small_radiograph(LEAST).shape == (611, 547)
    with pytest.raises(MalformedImageError):
        file.radiograph()


def test_damage_that_is_found_late_gives_no_result(phantom: Phantom) -> None:
    content = film(BY_JPEG_2000, of=phantom)
    stream = jpeg_2000_stream(content[content.index(b"\xff\x4f\xff\x51") :])
    assert stream is not None
    blocks = code_blocks(stream)
    assert blocks is not None
    end = content.index(blocks[2]) + len(blocks[2])
    other = content[: end - 1] + bytes((content[end - 1] ^ 0x80,)) + content[end:]
    small = open_film(other, Limits()).small_radiograph(LEAST)
    with pytest.raises(MalformedImageError):
        small.assure_whole()
    scorer = Scorer(threads=1)
    with patch.object(Scorer, "least_side", LEAST):
        graded = [grade(open_film(one, Limits()), scorer) for one in (content, other)]
    assert [result.status for result in graded] == ["scored", "failed"]
    assert graded[1].error is not None
    assert graded[1].error.code == "malformed_image"
