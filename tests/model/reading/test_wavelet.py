"""A picture halved by wavelets is what a decoder gives at that size."""

from __future__ import annotations

import imagecodecs
import numpy as np
import pytest

from radiograde.model.reading.jpeg_2000_reduction import reduced
from radiograde.model.reading.jpeg_2000_stream import jpeg_2000_stream
from radiograde.model.reading.wavelet import low_band


@pytest.mark.parametrize("size", [(764, 636), (301, 203), (300, 511), (257, 256), (1001, 90)])
@pytest.mark.parametrize("halvings", [1, 2, 3])
def test_it_is_what_a_decoder_gives_at_that_size(size: tuple[int, int], halvings: int) -> None:
    values = np.random.default_rng(1).integers(0, 4096, size, np.uint16)
    content = imagecodecs.jpeg2k_encode(
        values, level=0, reversible=True, codecformat="j2k", bitspersample=12
    )
    whole = jpeg_2000_stream(bytes(content))
    assert whole is not None
    smaller = reduced(whole, max(size) >> halvings)
    assert smaller is not None
    samples, small = (
        imagecodecs.jpeg2k_decode(stream.unlimited().content) for stream in (whole, smaller)
    )
    assert np.array_equal(low_band(samples, halvings), small)


def test_a_single_line_stays() -> None:
    line = np.array([[3]], np.int16)
    assert np.array_equal(low_band(line, 2), line)
