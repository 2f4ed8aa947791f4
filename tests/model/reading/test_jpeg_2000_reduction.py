"""A codestream without its highest resolutions is that of the picture at a fraction of its size."""

from __future__ import annotations

import functools
import io
from typing import Any

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from pydicom import uid

from radiograde.model.errors import RadiogradeError
from radiograde.model.reading.codecs import FrameShape, decode_small
from radiograde.model.reading.jpeg_2000_reduction import centred, reduced
from radiograde.model.reading.jpeg_2000_stream import Jpeg2000Stream, jpeg_2000_stream

ROWS, COLUMNS = 544, 416
SHAPE = FrameShape(ROWS, COLUMNS, 1, 16, "MONOCHROME2", planar=False)
LEAST = 120
ODD, RISE = (517, 431), 60


@functools.cache
def picture() -> NDArray[np.uint16]:
    rng = np.random.default_rng(7)
    slope = np.add.outer(np.arange(ROWS), np.arange(COLUMNS)) / (ROWS + COLUMNS)
    noisy = slope * 0.9 + rng.random((ROWS, COLUMNS)) * 0.05
    samples: NDArray[np.uint16] = (noisy * 65535).astype(np.uint16)
    samples[:100] = 0  # blocks without code
    return samples


@functools.cache
def encoded() -> bytes:
    return without_loss(picture())


def without_loss(samples: NDArray[np.uint16]) -> bytes:
    return bytes(imagecodecs.jpeg2k_encode(samples, level=0, reversible=True, codecformat="j2k"))


def stream_of(content: bytes) -> Jpeg2000Stream:
    stream = jpeg_2000_stream(content)
    assert stream is not None
    return stream


def by_pillow(content: bytes, halvings: int) -> NDArray[Any]:
    image = Image.open(io.BytesIO(content))
    image.reduce = halvings  # type: ignore[assignment,method-assign]
    return np.asarray(image)


@pytest.mark.parametrize(("least", "halvings"), [(250, 1), (129, 2), (60, 3), (17, 5)])
def test_it_is_what_another_reader_decodes_at_that_size(least: int, halvings: int) -> None:
    smaller = reduced(stream_of(encoded()), least)
    assert smaller is not None
    samples = imagecodecs.jpeg2k_decode(smaller.content)
    assert (smaller.rows, smaller.columns) == samples.shape
    assert np.array_equal(samples, by_pillow(encoded(), halvings))


def test_a_picture_that_would_be_too_small_is_read_whole() -> None:
    assert reduced(stream_of(encoded()), ROWS // 2 + 1) is None


@pytest.mark.parametrize("halvings", [1, 2, 3])
def test_centred_it_lies_where_the_picture_does(halvings: int) -> None:
    rising = np.add.outer(*(RISE * np.arange(side) for side in ODD)).astype(np.uint16)
    smaller = reduced(stream_of(without_loss(rising)), max(ODD) >> halvings)
    assert smaller is not None
    samples = centred(imagecodecs.jpeg2k_decode(smaller.content), halvings)
    factor = 1 << halvings
    middles = [RISE * (np.arange(-(-side // factor)) * factor + (factor - 1) / 2) for side in ODD]
    expected = np.add.outer(*middles)
    assert samples.shape == expected.shape
    inside = slice(2, -4)
    np.testing.assert_allclose(samples[inside, inside], expected[inside, inside], atol=RISE / 20)


def test_a_stream_laid_out_otherwise_is_read_whole() -> None:
    options: dict[str, dict[str, Any]] = {
        "precincts": {"level": 60, "reversible": False},
        "one resolution": {"level": 0, "reversible": True, "resolutions": 1},
    }
    for name, chosen in options.items():
        content = imagecodecs.jpeg2k_encode(picture(), codecformat="j2k", **chosen)
        assert reduced(stream_of(bytes(content)), LEAST) is None, name
    high_throughput = bytes(imagecodecs.htj2k_encode(picture()))
    assert reduced(stream_of(high_throughput), LEAST) is None


def small(content: bytes) -> NDArray[Any] | None:
    found = decode_small(content, uid.JPEG2000Lossless, SHAPE, 16, LEAST)
    if found is None:
        return None
    assert found.code_check is not None
    found.code_check.result()
    return found.codes


@pytest.mark.parametrize("reversible", [True, False])
@pytest.mark.parametrize("bits", [8, 12, 14, 15, 16])
def test_it_is_decoded_within_its_range(bits: int, *, reversible: bool) -> None:
    drawn = np.random.default_rng(3).random((ROWS, COLUMNS)).round()
    samples = (drawn * ((1 << bits) - 1)).astype(np.uint8 if bits == 8 else np.uint16)
    content = bytes(
        imagecodecs.jpeg2k_encode(
            samples, level=0, reversible=reversible, codecformat="j2k", bitspersample=bits
        )
    )
    smaller = reduced(stream_of(content), LEAST)
    assert smaller is not None
    plain = imagecodecs.jpeg2k_decode(smaller.content)
    for syntax in (uid.JPEG2000Lossless, uid.JPEG2000):
        found = decode_small(content, syntax, SHAPE, bits, LEAST)
        assert found is not None
        assert found.codes.flags.c_contiguous
        assert found.codes.dtype == samples.dtype
        assert np.array_equal(found.codes, centred(plain, 2))


def test_damage_of_the_blocks_that_are_decoded_is_refused() -> None:
    content = encoded()
    first = stream_of(content).parts[0].start
    refused = 0
    for at in range(first + 200, first + 6000, 300):
        damaged = content[:at] + b"\x31\x77\x12\x55\x28" * 8 + content[at + 40 :]
        try:
            refused += small(damaged) is None
        except RadiogradeError:
            refused += 1
    assert refused == 20


def test_packets_that_do_not_fill_the_code_are_left_to_the_decoder_of_the_whole() -> None:
    content = encoded()
    for at in range(len(content) // 2, len(content) - 100, len(content) // 9):
        more = content[:at] + bytes(range(1, 200)) + content[at:]
        less = content[:at] + content[at + 50 :]
        for changed in (more, less):
            try:
                assert small(changed) is None
            except RadiogradeError:
                continue


def test_a_cut_stream_is_refused() -> None:
    content = encoded()
    for at in range(200, len(content), len(content) // 9):
        for end in (b"", b"\xff\xd9"):
            try:
                assert small(content[:at] + end) is None
            except RadiogradeError:
                continue


def test_bits_that_the_header_does_not_know_are_left_to_the_decoder_of_the_whole() -> None:
    assert decode_small(encoded(), uid.JPEG2000, SHAPE, 12, LEAST) is None
    assert decode_small(b"\xff\xd8", uid.JPEG2000, SHAPE, 16, LEAST) is None
