"""Code in high throughput is parted into its blocks, and damage of them is seen."""

from __future__ import annotations

import struct
from typing import Any

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray

from radiograde.model.errors import MalformedImageError
from radiograde.model.reading.code_blocks import code_blocks
from radiograde.model.reading.high_throughput import is_damaged
from radiograde.model.reading.jpeg_2000_stream import (
    PRECISION_AT,
    Jpeg2000Stream,
    jpeg_2000_stream,
)
from tests.model.reading.test_damaged_streams import picture

DEEP = np.tile(picture(12), (3, 3))


def encoded(samples: NDArray[Any], **options: Any) -> bytes:
    return bytes(imagecodecs.htj2k_encode(samples, **options))


def parsed(content: bytes) -> Jpeg2000Stream:
    stream = jpeg_2000_stream(content)
    assert stream is not None
    return stream


@pytest.mark.parametrize("levels", [0, 1, 5])
def test_the_blocks_are_all_of_the_code_but_for_the_heads(levels: int) -> None:
    stream = parsed(encoded(DEEP, resolutions=levels))
    blocks = code_blocks(stream)
    assert blocks is not None
    code = stream.parts[0]
    assert 0 < len(code) - sum(map(len, blocks)) < 8 * len(blocks)
    assert stream.content.endswith(blocks[-1] + b"\xff\xd9")


def test_blocks_that_do_not_simply_follow_each_other_are_left_alone() -> None:
    tiles = parsed(encoded(DEEP, tile=(64, 64)))
    colour = parsed(encoded(np.stack((DEEP,) * 3, axis=-1)))
    assert code_blocks(tiles) is None
    assert code_blocks(colour) is None


def test_packets_that_do_not_fill_the_code_are_damage() -> None:
    content = encoded(DEEP)
    longer = bytearray(content[:-2] + b"\x31\x77" + content[-2:])
    at = longer.index(b"\xff\x90") + 6
    struct.pack_into(">I", longer, at, struct.unpack_from(">I", longer, at)[0] + 2)
    with pytest.raises(MalformedImageError):
        code_blocks(parsed(bytes(longer)))


@pytest.mark.parametrize("sign", [0, 1 << 11])
@pytest.mark.parametrize("bits", [8, 12])
def test_whole_films_of_any_precision_are_whole(sign: int, bits: int) -> None:
    depth = np.dtype(f"{'i' if sign else 'u'}{1 if bits == 8 else 2}")
    samples = (DEEP.astype(np.int32) - sign >> 12 - bits).astype(depth)
    for options in ({}, {"resolutions": 3}, {"reversible": False}):
        content = encoded(samples, **options)
        decoded = imagecodecs.jpeg2k_decode(content)
        assert not is_damaged(parsed(content), decoded, lossless="reversible" not in options)


def test_samples_that_are_coded_otherwise_show_damage_of_a_few_blocks() -> None:
    stream = parsed(encoded(DEEP))
    changed = DEEP.copy()
    changed[3, 5] ^= 64
    assert is_damaged(stream, changed, lossless=False)
    assert not is_damaged(stream, DEEP ^ 1365, lossless=False)


def test_twelve_bits_are_coded_around_their_own_middle() -> None:
    content = bytearray(encoded(DEEP - (1 << 11) + (1 << 15)))
    content[PRECISION_AT] = 12 - 1
    stream = parsed(bytes(content))
    decoded = imagecodecs.jpeg2k_decode(stream.content)
    assert np.array_equal(decoded, DEEP)
    assert not is_damaged(stream, decoded, lossless=True)
    decoded[3, 5] ^= 64
    assert is_damaged(stream, decoded, lossless=False)
