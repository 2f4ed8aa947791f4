"""Packed pixels are the same pixels, in fewer bytes where films are like films."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from numpy.typing import NDArray

from radiograde.service.viewing.packed_pixels import packed

RNG = np.random.default_rng(5)
SMOOTH = np.add.outer(np.arange(300) * 9, np.arange(257) * 7).astype(np.uint16)
FILMS: dict[str, NDArray[np.uint16]] = {
    "smooth": SMOOTH,
    "grainy": (SMOOTH + RNG.normal(8000, 60, SMOOTH.shape)).astype(np.uint16),
    "noise": RNG.integers(0, 2**16, (40, 50), dtype=np.uint16),
    "extremes": np.tile(np.array([0, 65535, 32768, 32767, 1], np.uint16), (3, 4)),
    "one pixel": np.array([[65535]], np.uint16),
    "turned around": SMOOTH[::-1, ::-1],
}


def unpacked(content: bytes, shape: tuple[int, int]) -> NDArray[np.uint16]:
    """Return the pixels by the words of the reference, step by step."""
    count = shape[0] * shape[1]
    sizes = struct.unpack("<II", content[:8])
    assert len(content) == 8 + sum(sizes)
    parts = content[8 : 8 + sizes[0]], content[8 + sizes[0] :]
    high, low = (
        np.frombuffer(part if len(part) == count else zlib.decompress(part), np.uint8)
        for part in parts
    )
    folded = high.astype(np.int64) * 256 + low
    differences = np.where(folded % 2, -(folded + 1) // 2, folded // 2).reshape(shape)
    return (differences.cumsum(axis=1) % 2**16).astype(np.uint16)


@pytest.mark.parametrize("name", FILMS)
def test_unpacked_they_are_the_same(name: str) -> None:
    film = FILMS[name]
    before = film.copy()
    assert np.array_equal(unpacked(packed(film), film.shape), before)
    assert np.array_equal(film, before), "the film itself is left alone"


def test_a_film_takes_fewer_bytes_and_noise_no_more() -> None:
    assert len(packed(FILMS["smooth"])) < FILMS["smooth"].nbytes / 10
    assert len(packed(FILMS["grainy"])) < FILMS["grainy"].nbytes / 1.5
    assert len(packed(FILMS["noise"])) == 8 + FILMS["noise"].nbytes
