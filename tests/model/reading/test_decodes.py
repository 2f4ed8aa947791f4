"""How often a film is decoded: what the checks for damage cost at any size."""

from __future__ import annotations

from collections import Counter
from typing import Any

import imagecodecs
import pytest
from pydicom import uid

from radiograde.data.storage import Storage
from radiograde.model.reading.film_file import read
from tests.model.reading.films import film

CODECS = (
    "jpeg8_decode",
    "jpegls_decode",
    "jpeg2k_decode",
    "jpeg2k_encode",
    "htj2k_decode",
    "htj2k_encode",
)
ONE, TWICE = {"jpeg2k_decode": 1}, {"jpeg2k_decode": 2}
HUFFMAN = {"jpeg8_decode": 3}
AGAIN = {"htj2k_decode": 1, "htj2k_encode": 1}
"""By the other decoder, and coded anew."""

MOST: dict[uid.UID, dict[str, int]] = {
    uid.ExplicitVRLittleEndian: {},
    uid.RLELossless: {},
    uid.JPEGBaseline8Bit: HUFFMAN,
    uid.JPEGExtended12Bit: HUFFMAN,
    uid.JPEGLosslessSV1: HUFFMAN,
    uid.JPEGLSLossless: {"jpegls_decode": 1},
    uid.JPEG2000: ONE,
    uid.JPEG2000Lossless: {"jpeg2k_decode": 3, "jpeg2k_encode": 1},
    uid.HTJ2K: ONE | {"htj2k_encode": 1},
    uid.HTJ2KLossless: TWICE | AGAIN,
}
"""Of the times for JPEG 2000 without loss one ends at the packets' heads, and one is of at most
512 rows and columns, which are coded anew.
"""


@pytest.mark.parametrize("syntax", MOST)
def test_no_film_is_decoded_more_often(syntax: uid.UID, monkeypatch: pytest.MonkeyPatch) -> None:
    counts: Counter[str] = Counter()
    for name in CODECS:
        whole = getattr(imagecodecs, name)

        def counted(*given: Any, _name: str = name, _whole: Any = whole, **options: Any) -> Any:
            counts[_name] += 1
            return _whole(*given, **options)

        monkeypatch.setattr(imagecodecs, name, counted)
    content = film(Storage(8 if syntax == uid.JPEGBaseline8Bit else 12, transfer_syntax=syntax))
    counts.clear()
    assert read(content).pixels.any()
    assert counts == MOST[syntax]
