"""Code of lossless JPEG 2000 that was overwritten is told by the ends of its blocks."""

from __future__ import annotations

import functools
import random
from typing import Any

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import uid

from radiograde.data.phantom import PhantomSpec, draw
from radiograde.model.errors import MalformedImageError
from radiograde.model.reading.arithmetic_code import JUDGED, are_alike, check_code, check_reduced
from radiograde.model.reading.code_blocks import code_blocks
from radiograde.model.reading.codecs import FrameShape, decode, decode_small
from radiograde.model.reading.jpeg_2000_reduction import reduced
from radiograde.model.reading.jpeg_2000_stream import jpeg_2000_stream

ROWS, COLUMNS = 155, 141
OVERWRITTEN = 40


@functools.cache
def grey(rows: int = ROWS, columns: int = COLUMNS) -> NDArray[np.float32]:
    return draw(PhantomSpec(rows=rows, columns=columns, zones={"C": 2, "E": 1}, seed=3)).pixels


def samples(bits: int, of: NDArray[np.float32]) -> NDArray[Any]:
    return (of * ((1 << bits) - 1)).astype(np.uint8 if bits == 8 else np.uint16)


@functools.cache
def encoded(bits: int, rows: int = ROWS, columns: int = COLUMNS) -> bytes:
    values = samples(bits, grey(rows, columns))
    options: dict[str, Any] = {"level": 0, "reversible": True, "codecformat": "j2k"}
    return bytes(imagecodecs.jpeg2k_encode(values, bitspersample=bits, **options))


def shape(bits: int, rows: int = ROWS, columns: int = COLUMNS) -> FrameShape:
    return FrameShape(rows, columns, 1, 8 if bits == 8 else 16, "MONOCHROME2", planar=False)


def damaged(content: bytes, seed: int) -> bytes:
    rng = random.Random(seed)  # noqa: S311 - not a secret
    at = rng.randrange(content.index(b"\xff\x93") + 2, len(content) // 3)
    return content[:at] + rng.randbytes(OVERWRITTEN) + content[at + OVERWRITTEN :]


@pytest.mark.parametrize(
    ("bits", "seed"), [(8, 570), (8, 830), (8, 1919), (8, 2155), (8, 2806), (12, 3826)]
)
def test_blocks_that_come_to_their_length_by_chance_are_damage(bits: int, seed: int) -> None:
    content = damaged(encoded(bits), seed)
    plain = imagecodecs.jpeg2k_decode(content).astype(float)
    assert np.abs(plain - samples(bits, grey())).mean() > 0.01 * (1 << bits)
    with pytest.raises(MalformedImageError):
        decode(content, uid.JPEG2000Lossless, shape(bits))


def found_damaged(content: bytes, syntax: str, of: FrameShape) -> bool:
    small = decode_small(content, syntax, of, 12, JUDGED)
    assert small is not None
    try:
        if small.code_check is not None:
            small.code_check.result()
    except MalformedImageError:
        return True
    return False


def test_a_picture_that_is_decoded_small_is_judged_too() -> None:
    size = 2 * JUDGED + 8, JUDGED
    content, of = encoded(12, *size), shape(12, *size)
    assert found_damaged(content, uid.JPEG2000Lossless, of) is False
    stream = jpeg_2000_stream(content)
    assert stream is not None
    blocks = code_blocks(stream)
    assert blocks is not None
    end = content.index(blocks[1]) + len(blocks[1])
    other = content[: end - 1] + bytes((content[end - 1] ^ 0x80,)) + content[end:]
    assert found_damaged(other, uid.JPEG2000Lossless, of) is True
    assert found_damaged(other, uid.JPEG2000, of) is False


@pytest.mark.parametrize("at_hand", [None, 300, 640, 2000])
def test_a_large_picture_is_judged_at_a_fraction_of_its_size(
    at_hand: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    encode, sizes = imagecodecs.jpeg2k_encode, []

    def seen(values: NDArray[Any], **options: Any) -> Any:
        sizes.append(values.shape)
        return encode(values, **options)

    content = encode(np.zeros((4100, 4000), np.uint8), level=0, reversible=True, codecformat="j2k")
    monkeypatch.setattr(imagecodecs, "jpeg2k_encode", seen)
    stream = jpeg_2000_stream(bytes(content))
    assert stream is not None
    if at_hand is None:
        check_code(stream)
    else:
        smaller = reduced(stream, at_hand)
        assert smaller is not None
        check_reduced(smaller, imagecodecs.jpeg2k_decode(smaller.unlimited().content))
    assert sizes == [(257, 250)]


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("bits", [8, 12, 16])
@pytest.mark.parametrize("size", [(1, 1), (17, 300), (ROWS, COLUMNS), (520, 300)])
def test_whole_films_are_whole(bits: int, size: tuple[int, int], *, signed: bool) -> None:
    rng = np.random.default_rng(bits)
    noise = rng.random(size, np.float32)
    for picture in (noise, np.zeros(size, np.float32), np.round(noise)):
        values = samples(bits, picture)
        if signed:
            half = 1 << (bits - 1)
            values = (values.astype(np.int32) - half).astype(f"i{values.dtype.itemsize}")
        content = imagecodecs.jpeg2k_encode(
            values, level=0, reversible=True, codecformat="j2k", bitspersample=bits
        )
        stream = jpeg_2000_stream(bytes(content))
        assert stream is not None
        check_code(stream)


def test_an_encoder_of_other_habits_is_left_alone() -> None:
    content = bytearray(encoded(12))
    stream = jpeg_2000_stream(bytes(content))
    assert stream is not None
    blocks = code_blocks(stream)
    assert blocks is not None
    for block in blocks[4:8]:
        at = content.index(block) + len(block) - 1
        content[at] ^= 0x40
    other = jpeg_2000_stream(bytes(content))
    assert other is not None
    check_code(other)


@pytest.mark.parametrize(
    ("block", "full", "alike"),
    [
        (b"\x12\x34", b"\x12\x34", True),
        (b"\x12\xe6", b"\x12\xef", True),  # Kakadu
        (b"\x12\x34", b"\x12\x34\xff\x7f", True),  # Kakadu
        (b"\x12\x34", b"\x12\x34\xff\x7f\xff\x7f", True),
        (b"\x12\x34\xff", b"\x12\x34", True),
        (b"", b"", True),
        (b"\x12\xe6", b"\x12\xe7\x01", False),
        (b"\x12\xa6", b"\x12\xef", False),
        (b"\x13\xef", b"\x12\xef", False),
        (b"\x12", b"\x12\xef", False),
        (b"\x12\xef\x01", b"\x12\xef", False),
    ],
)
def test_ends_that_encoders_give_the_same_code(block: bytes, full: bytes, *, alike: bool) -> None:
    assert are_alike(block, full) == alike
