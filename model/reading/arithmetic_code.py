"""Damage within the arithmetic code of lossless JPEG 2000 (T.800 annex C) that decoders swallow.

Any bits decode to some samples, and nearly all of them are the code of those. But an encoder ends
the code of a block in one way (C.2.9), and what was changed before would have another end. Where
the decoder counts what it used, some small blocks come to the same number of bytes by chance.
"""

from __future__ import annotations

from typing import Any

import imagecodecs
from numpy.typing import NDArray

from radiograde.model.errors import MalformedImageError
from radiograde.model.reading.code_blocks import code_blocks
from radiograde.model.reading.jpeg_2000_coding import PREDICTABLE_END, USUAL_BLOCK, damaged
from radiograde.model.reading.jpeg_2000_reduction import reduced
from radiograde.model.reading.jpeg_2000_stream import (
    PRECISION_AT,
    Jpeg2000Stream,
    jpeg_2000_stream,
)

JUDGED = 256
"""A larger picture is judged at 1/2, 1/4, ... of its size, not below this: there blocks are small,
and one of them is seen all over the picture. So judging costs a small part of decoding.
"""

MOST_UNLIKE = 2
"""Damage that the decoder does not count is of one block; an encoder of other habits has more."""

WIDER_BITS = 2
"""Of samples that are not yet brought into their range."""

SIGNED = 0x80
LEFT_AWAY = b"\xff\x7f"


def check_code(stream: Jpeg2000Stream, smaller: Jpeg2000Stream | None = None) -> None:
    """Check that a lossless codestream is what its samples are coded to.

    Colour, and what :func:`code_blocks` does not part, is not judged. ``smaller``: the codestream
    reduced, where it is at hand, of which fewer heads of packets are read.

    Raises:
        MalformedImageError: a block has an end that no encoder gives it, or samples are beyond
            their range.
        RuntimeError: the stream is damaged.
    """
    coding = stream.codings[0]
    if coding.style & ~PREDICTABLE_END or coding.block != USUAL_BLOCK or not coding.reversible:
        return
    small = reduced(smaller or stream, JUDGED) or smaller
    if small is None and max(stream.rows, stream.columns) >= 2 * JUDGED:
        return
    judged = small or stream
    blocks = _blocks(judged)
    if blocks is None:
        return
    samples = _unlimited(judged)
    if judged is stream and _is_beyond(samples, stream.precision):
        raise damaged()
    others = _blocks(jpeg_2000_stream(_encoded(judged, samples)))
    if others is None or len(others) != len(blocks):
        return
    unlike = sum(not are_alike(one, other) for one, other in zip(blocks, others, strict=True))
    if 0 < unlike <= MOST_UNLIKE:
        raise damaged()


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


def _blocks(stream: Jpeg2000Stream | None) -> list[bytes] | None:
    try:
        return None if stream is None else code_blocks(stream)
    except MalformedImageError:
        return None


def _unlimited(stream: Jpeg2000Stream) -> NDArray[Any]:
    """Return (H, W) integers around 0, which the decoder does not bring into their range."""
    content = bytearray(stream.content)
    content[PRECISION_AT] = SIGNED | (stream.precision + WIDER_BITS - 1)
    samples: NDArray[Any] = imagecodecs.jpeg2k_decode(bytes(content), numthreads=1)
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
