"""Damage within the code of high-throughput JPEG 2000 (T.814), which its decoders swallow.

Any bits decode to some samples; but samples have one code. Those that a damaged block decodes to
are coded in other bytes.
"""

from __future__ import annotations

from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from radiograde.model.reading.code_blocks import code_blocks
from radiograde.model.reading.jpeg_2000_coding import USUAL_BLOCK
from radiograde.model.reading.jpeg_2000_stream import Jpeg2000Stream, jpeg_2000_stream

MOST_DIFFERENT = 0.5
"""Of the blocks; where more are coded otherwise, an encoder of other habits, or loss, did it."""


def is_damaged(stream: Jpeg2000Stream, samples: NDArray[Any], *, lossless: bool) -> bool:
    """Return whether a reversible codestream cannot have come from the samples it decodes to.

    ``samples``: (H, W), within the range of the stream. ``lossless``: the transfer syntax says so.
    Colour, and what :func:`code_blocks` does not part, is not judged.

    Raises:
        MalformedImageError: the packets do not fill the code.
    """
    if samples.ndim != 2 or samples.dtype.itemsize > 2 or not stream.codings[0].reversible:
        return False
    blocks = code_blocks(stream)
    if lossless and _is_beyond(stream, samples):
        return True
    if blocks is None or stream.codings[0].block != USUAL_BLOCK:
        return False
    again = jpeg_2000_stream(_encoded(stream, samples))
    others = None if again is None else code_blocks(again)
    if others is None or len(others) != len(blocks):
        return False
    different = sum(one != other for one, other in zip(blocks, others, strict=True))
    return 0 < different <= MOST_DIFFERENT * len(blocks)


def _is_beyond(stream: Jpeg2000Stream, samples: NDArray[Any]) -> bool:
    """Return whether samples lie outside their range, where nothing was lost.

    OpenJPEG brings them back into it, OpenJPH does not.
    """
    try:
        plain = imagecodecs.htj2k_decode(stream.content)
    except (RuntimeError, ValueError):
        return False
    return not np.array_equal(plain, samples)


def _encoded(stream: Jpeg2000Stream, samples: NDArray[Any]) -> bytes:
    """Return the samples, decomposed and coded alike, their middle that of whole bytes."""
    if not stream.signed:
        middle = 1 << (8 * samples.dtype.itemsize - 1)
        samples = samples + samples.dtype.type(middle - (1 << (stream.precision - 1)))
    levels = stream.codings[0].levels
    return bytes(imagecodecs.htj2k_encode(samples, resolutions=levels, reversible=True))
