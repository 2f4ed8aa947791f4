"""One film, however it is stored, gives the same pixels."""

from __future__ import annotations

import hashlib
from itertools import product

import numpy as np
import pytest
from pydicom import uid

from radiograde.data.storage import Photometric, Storage
from radiograde.model.reading.film_file import read
from radiograde.model.reading.radiograph import Radiograph
from radiograde.model.scoring.input_check import check_film
from tests.model.reading.films import LOSSLESS, film, phantom

BOTH: tuple[Photometric, ...] = ("MONOCHROME1", "MONOCHROME2")


def digest(radiograph: Radiograph) -> str:
    return hashlib.sha256(radiograph.pixels.tobytes()).hexdigest()


@pytest.mark.parametrize("bits", [8, 12, 16])
@pytest.mark.parametrize("signed", [False, True])
def test_every_lossless_syntax_gives_the_same_pixels(bits: int, signed: bool) -> None:
    storages = [Storage(bits, transfer_syntax=syntax, signed=signed) for syntax in LOSSLESS]
    digests = {storage.transfer_syntax: digest(read(film(storage))) for storage in storages}
    assert len(set(digests.values())) == 1, digests


def test_depth_sign_and_photometric_do_not_matter_with_a_window() -> None:
    for bits, photometric, signed in product((8, 10, 12, 14, 15, 16), BOTH, (False, True)):
        radiograph = read(film(Storage(bits, photometric, signed=signed)))
        worst = np.abs(radiograph.pixels - phantom().pixels).max()
        assert worst <= 0.6 / (2**bits - 1), (bits, photometric, signed)
        assert check_film(radiograph).in_scope
        assert radiograph.notes == ()


def test_depth_and_photometric_do_not_matter_without_a_window() -> None:
    finest = read(film(Storage(16, windowed=False))).pixels
    for bits, photometric in product((8, 12), BOTH):
        pixels = read(film(Storage(bits, photometric, windowed=False))).pixels
        assert np.abs(pixels - finest).max() <= 1.5 / (2**bits - 1) + 0.001


@pytest.mark.parametrize(
    ("syntax", "bits"),
    [(uid.JPEGBaseline8Bit, 8), (uid.JPEGExtended12Bit, 8), (uid.JPEGExtended12Bit, 12)],
)
def test_lossy_jpeg_stays_close(syntax: str, bits: int) -> None:
    pixels = read(film(Storage(bits, transfer_syntax=syntax))).pixels
    assert np.abs(pixels - phantom().pixels).mean() < 0.01
