"""Damaged compressed pixels are never read; what lies behind them is left alone."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from typing import Any, Literal

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import uid

from radiograde.model.errors import RadiogradeError
from radiograde.model.reading.codecs import FrameShape, decode

ROWS, COLUMNS = 72, 88
GREY = FrameShape(ROWS, COLUMNS, 1, 16, "MONOCHROME2", planar=False)
BYTES = FrameShape(ROWS, COLUMNS, 1, 8, "MONOCHROME2", planar=False)
PLACES = 60


def picture(bits: int) -> NDArray[np.uint16]:
    rng = np.random.default_rng(7)
    slope = np.add.outer(np.arange(ROWS), np.arange(COLUMNS)) / (ROWS + COLUMNS)
    noisy = slope * 0.9 + rng.random((ROWS, COLUMNS)) * 0.05
    samples: NDArray[np.uint16] = (noisy * (2**bits - 1)).astype(np.uint16)
    return samples


def run_lengths(samples: NDArray[np.uint16], behind: bytes = b"") -> bytes:
    planes = [(samples >> 8).astype(np.uint8), (samples & 255).astype(np.uint8)]
    segments = [imagecodecs.packbits_encode(plane.tobytes()) + behind for plane in planes]
    offsets = [2, 64, 64 + len(segments[0]), *[0] * 13]
    return struct.pack("<16I", *offsets) + b"".join(segments)


def jpeg(samples: NDArray[Any], **options: Any) -> bytes:
    return bytes(imagecodecs.jpeg8_encode(samples, **options))


def jpeg_2000(samples: NDArray[Any], container: Literal["j2k", "jp2"]) -> bytes:
    encoded = imagecodecs.jpeg2k_encode(samples, level=0, reversible=True, codecformat=container)
    return bytes(encoded)


def streams() -> dict[str, tuple[bytes, str, FrameShape]]:
    deep, eight = picture(12), picture(8).astype(np.uint8)
    lossless = jpeg(deep, lossless=True, bitspersample=12)
    codestream = jpeg_2000(deep, "j2k")
    return {
        "baseline": (jpeg(eight, level=95), uid.JPEGBaseline8Bit, BYTES),
        "extended": (
            jpeg(deep, level=95, bitspersample=12),
            uid.JPEGExtended12Bit,
            GREY,
        ),
        "lossless": (lossless, uid.JPEGLosslessSV1, GREY),
        "jpeg-ls": (bytes(imagecodecs.jpegls_encode(deep)), uid.JPEGLSLossless, GREY),
        "jpeg 2000": (codestream, uid.JPEG2000Lossless, GREY),
        "htj2k": (bytes(imagecodecs.htj2k_encode(deep)), uid.HTJ2KLossless, GREY),
        "rle": (run_lengths(deep), uid.RLELossless, GREY),
    }


STREAMS = streams()
WITH_END = [name for name in STREAMS if name != "rle"]


def whole(name: str) -> NDArray[np.uint16]:
    content, syntax, shape = STREAMS[name]
    return decode(content, syntax, shape)


def read(content: bytes, name: str) -> NDArray[np.uint16] | None:
    _, syntax, shape = STREAMS[name]
    try:
        return decode(content, syntax, shape)
    except RadiogradeError:
        return None


def places(content: bytes) -> Iterator[int]:
    rng = random.Random(5)  # noqa: S311 - not a secret
    yield from (rng.randrange(len(content) - 2) for _ in range(PLACES))


@pytest.mark.parametrize("name", STREAMS)
def test_a_whole_stream_is_read_whatever_lies_behind_it(name: str) -> None:
    content = STREAMS[name][0]
    expected = np.asarray(whole(name))
    assert expected.shape == (ROWS, COLUMNS)
    for behind in (b"\0", b"\0" * 64):
        again = read(content + behind, name)
        assert again is not None
        assert np.array_equal(again, expected)


@pytest.mark.parametrize("name", STREAMS)
def test_a_cut_stream_is_never_read(name: str) -> None:
    content = STREAMS[name][0]
    for at in places(content):
        assert read(content[:at], name) is None, at


@pytest.mark.parametrize("name", WITH_END)
def test_an_end_mark_makes_no_cut_stream_whole(name: str) -> None:
    content = STREAMS[name][0]
    for at in places(content[:-16]):
        assert read(content[:at] + b"\xff\xd9", name) is None, at


@pytest.mark.parametrize("name", WITH_END)
def test_bytes_too_many_are_noticed(name: str) -> None:
    content = STREAMS[name][0]
    begins = len(content) // 3
    read_after = sum(
        read(content[:at] + b"\x31\x77\x12\x55\x28" * 60 + content[at:], name) is not None
        for at in places(content[:-8])
        if at > begins
    )
    assert read_after == 0


def test_runs_behind_the_last_pixel_are_left_alone() -> None:
    expected = picture(12)
    for behind in (b"\xff\0", b"\0" * 6, b"\x80"):
        samples = read(run_lengths(expected, behind), "rle")
        assert samples is not None
        assert np.array_equal(samples, expected)


def test_a_frame_header_behind_the_scan_counts_for_nothing() -> None:
    content = STREAMS["baseline"][0]
    start = content.index(b"\xff\xc0")
    honest = content[start : start + 19]
    large = bytearray(content)
    struct.pack_into(">HH", large, start + 5, 60_000, 60_000)
    assert read(bytes(large[:-2]) + honest + b"\xff\xd9", "baseline") is None
    progressive = bytearray(large)
    progressive[start + 1] = 0xC2
    assert read(bytes(progressive[:-2]) + honest + b"\xff\xd9", "baseline") is None


def test_too_many_scans_are_refused() -> None:
    content = STREAMS["baseline"][0]
    scan = content[content.index(b"\xff\xda") : -2]
    assert read(content[:-2] + scan * 3 + b"\xff\xd9", "baseline") is None


def test_only_the_codestream_of_its_box_counts() -> None:
    deep = picture(12)
    boxed = jpeg_2000(deep, "jp2")
    samples = read(boxed, "jpeg 2000")
    assert samples is not None
    assert np.array_equal(samples, deep)
    codestream = STREAMS["jpeg 2000"][0]
    hidden = struct.pack(">I4s", 8 + len(codestream), b"free") + codestream
    at = boxed.index(b"jp2c") - 4
    large = bytearray(boxed[at:])
    struct.pack_into(">II", large, 8 + 8, 60_000, 60_000)
    assert read(boxed[:at] + hidden + bytes(large), "jpeg 2000") is None


@pytest.mark.parametrize(("name", "most"), [("jpeg-ls", 1), ("jpeg 2000", 1), ("htj2k", 10)])
def test_values_overwritten_within_the_code_are_noticed(name: str, most: int) -> None:
    content, expected = STREAMS[name][0], whole(name).astype(np.int32)
    for at in places(content[:-60]):
        changed = read(content[:at] + b"\x31\x77\x12\x55\x28" * 8 + content[at + 40 :], name)
        assert changed is None or np.abs(changed - expected).mean() < most, at


def test_zeros_in_place_of_the_second_half_are_noticed() -> None:
    for name in WITH_END:
        content = STREAMS[name][0]
        half = len(content) // 2
        assert read(content[:half] + bytes(len(content) - 2 - half) + content[-2:], name) is None


def test_packets_that_hold_nothing_are_no_damage() -> None:
    flat = np.zeros((ROWS, COLUMNS), np.uint16)
    flat[:4, :4] = 900
    samples = read(jpeg_2000(flat, "j2k"), "jpeg 2000")
    assert samples is not None
    assert np.array_equal(samples, flat)


@pytest.mark.parametrize(
    ("syntax", "options"),
    [
        (uid.JPEGLosslessSV1, {"lossless": True}),
        (uid.JPEGBaseline8Bit, {"level": 95}),
        (uid.JPEGBaseline8Bit, {"level": 60, "subsampling": "444"}),
        (uid.JPEGBaseline8Bit, {"level": 60, "subsampling": "422"}),
    ],
)
def test_colour_is_whole_as_it_was_coded(syntax: str, options: dict[str, Any]) -> None:
    eight = picture(8).astype(np.uint8)
    colour = np.stack((eight, eight // 2, eight // 3), axis=-1)
    content = jpeg(colour, **options)
    shape = FrameShape(ROWS, COLUMNS, 3, 8, "RGB", planar=False)
    assert np.array_equal(decode(content, syntax, shape), imagecodecs.jpeg8_decode(content))
    half = len(content) // 2
    with pytest.raises(RadiogradeError):
        decode(content[:half] + b"\xff\xd9", syntax, shape)


@pytest.mark.parametrize("level", [20, 30, 40, 80])
def test_coding_with_loss_is_no_damage(level: int) -> None:
    sawtooth = (np.add.outer(np.arange(600), np.arange(600)) % 200).astype(np.uint8)
    smooth = (np.add.outer(np.arange(600), np.arange(600)) // 5).astype(np.uint8)
    shape = FrameShape(600, 600, 1, 8, "MONOCHROME2", planar=False)
    for drawn in (sawtooth, smooth):
        for reversible in (False, True):
            stream = imagecodecs.jpeg2k_encode(
                drawn, level=level, reversible=reversible, codecformat="j2k"
            )
            assert decode(bytes(stream), uid.JPEG2000, shape).shape == (600, 600)


def test_a_surplus_of_less_than_a_block_is_noticed() -> None:
    for name in ("baseline", "extended", "lossless"):
        content = STREAMS[name][0]
        assert read(content[:-2] + b"\x31" + content[-2:], name) is None
        assert read(content[:-2] + b"\x31\x77" + content[-2:], name) is None


@pytest.mark.parametrize("name", ["jpeg 2000", "htj2k"])
def test_exponents_that_no_encoder_writes_are_damage(name: str) -> None:
    content = STREAMS[name][0]
    at = content.index(b"\xff\x5c") + 6
    for changed in (at, at + 1, at + 4):
        other = bytes((content[changed] ^ 0x18,))
        assert read(content[:changed] + other + content[changed + 1 :], name) is None


def test_values_beyond_the_precision_are_damage_unless_they_are_bits_above_it() -> None:
    deep = picture(12)
    above = deep | (np.random.default_rng(3).integers(0, 16, deep.shape) << 12).astype(np.uint16)
    samples = read(jpeg(above, lossless=True, bitspersample=12), "lossless")
    assert samples is not None
    assert np.array_equal(samples, above)
    shifted = deep.copy()
    shifted[ROWS // 2 :] += 9001
    assert read(jpeg(shifted, lossless=True, bitspersample=12), "lossless") is None


def test_a_torn_picture_is_damage_and_a_straight_edge_is_not() -> None:
    eight = picture(8).astype(np.uint8) // 2
    edged = eight.copy()
    edged[32:] += 60
    torn = edged.copy()
    torn[32:40, :40] -= 60
    assert read(jpeg(edged, level=95), "baseline") is not None
    assert read(jpeg(torn, level=95), "baseline") is None
