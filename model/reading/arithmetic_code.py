"""Damage within the arithmetic code of lossless JPEG 2000 (T.800 annex C) that decoders swallow.

Any bits decode to some samples, and nearly all of them are the code of those. But an encoder ends
the code of a block in one way (C.2.9), and what was changed before would have another end. Where
the decoder counts what it used, some small blocks come to the same number of bytes by chance.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import imagecodecs
from numpy.typing import NDArray

from radiograde.model.errors import MalformedImageError
from radiograde.model.reading.code_blocks import code_blocks
from radiograde.model.reading.jpeg_2000_coding import PREDICTABLE_END, USUAL_BLOCK, damaged
from radiograde.model.reading.jpeg_2000_reduction import reduced
from radiograde.model.reading.jpeg_2000_stream import (
    WIDER_BITS,
    Jpeg2000Stream,
    jpeg_2000_stream,
)
from radiograde.model.reading.wavelet import low_band

JUDGED = 256
"""A larger picture is judged at 1/2, 1/4, ... of its size, not below this: there blocks are small,
and one of them is seen all over the picture. So judging costs a small part of decoding.
"""

MOST_UNLIKE = 2
"""Damage that the decoder does not count is of one block; an encoder of other habits has more."""

LEFT_AWAY = b"\xff\x7f"


def check_code(stream: Jpeg2000Stream) -> None:
    """Check that a lossless codestream is what its samples are coded to.

    Colour, and what :func:`code_blocks` does not part, is not judged.

    Raises:
        MalformedImageError: a block has an end that no encoder gives it, or samples are beyond
            their range.
        RuntimeError: the stream is damaged.
    """
    if not is_judged(stream):
        return
    small = reduced(stream, JUDGED)
    if small is not None:
        _check_blocks(small, lambda: _unlimited(small))
    elif max(stream.rows, stream.columns) < 2 * JUDGED:
        _check_blocks(stream, lambda: _unlimited(stream), in_range=True)


def check_reduced(stream: Jpeg2000Stream, samples: NDArray[Any]) -> None:
    """Check a reduced codestream as :func:`check_code` does, but for the range of its samples.

    ``samples``: (H, W), what its ``unlimited`` one is decoded to, so that it is not decoded again.

    Raises:
        MalformedImageError: a block has an end that no encoder gives it.
    """
    if not is_judged(stream):
        return
    small = reduced(stream, JUDGED) or stream
    halvings = stream.codings[0].levels - small.codings[0].levels
    _check_blocks(small, lambda: low_band(samples, halvings).astype(samples.dtype))


def is_judged(stream: Jpeg2000Stream) -> bool:
    """Return whether a codestream is coded as OpenJPEG codes samples here."""
    coding = stream.codings[0]
    usual = not coding.style & ~PREDICTABLE_END and coding.block == USUAL_BLOCK
    return usual and coding.reversible


def are_alike(block: bytes, full: bytes) -> bool:
    """Return whether a block is the same code as one that ends in as many ones as can be.

    An encoder may have zeros for the last ones, leave away pairs of bytes of ones, or keep one.
    """
    if full.startswith(block):
        return not full[len(block) :].replace(LEFT_AWAY, b"")
    if len(block) != len(full):
        return block == full + b"\xff"
    ones = full[-1] & ~(full[-1] + 1)
    return block[:-1] == full[:-1] and block[-1] | ones == full[-1]


def _check_blocks(
    stream: Jpeg2000Stream, decoded: Callable[[], NDArray[Any]], *, in_range: bool = False
) -> None:
    blocks = _blocks(stream)
    if blocks is None:
        return
    samples = decoded()
    if in_range and _is_beyond(samples, stream.precision):
        raise damaged()
    others = _blocks(jpeg_2000_stream(_encoded(stream, samples)))
    if others is None or len(others) != len(blocks):
        return
    unlike = sum(not are_alike(one, other) for one, other in zip(blocks, others, strict=True))
    if 0 < unlike <= MOST_UNLIKE:
        raise damaged()


def _blocks(stream: Jpeg2000Stream | None) -> list[bytes] | None:
    try:
        return None if stream is None else code_blocks(stream)
    except MalformedImageError:
        return None


def _unlimited(stream: Jpeg2000Stream) -> NDArray[Any]:
    """Return (H, W) integers around 0, which the decoder does not bring into their range."""
    samples: NDArray[Any] = imagecodecs.jpeg2k_decode(stream.unlimited().content, numthreads=1)
    return samples


def _is_beyond(samples: NDArray[Any], precision: int) -> bool:
    half = 1 << (precision - 1)
    return bool(samples.min() < -half or samples.max() >= half)


def _encoded(stream: Jpeg2000Stream, samples: NDArray[Any]) -> bytes:
    """Return the samples, decomposed and coded alike."""
    return bytes(
        imagecodecs.jpeg2k_encode(
            samples,
            codecformat="j2k",
            bitspersample=stream.precision + WIDER_BITS,
            resolutions=stream.codings[0].levels + 1,
            reversible=True,
            level=0,
            numthreads=1,
        )
    )
