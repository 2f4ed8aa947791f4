"""Where the code of a scan is interrupted is found by parts, as if it were looked at whole."""

from __future__ import annotations

import re

import numpy as np
import pytest

from radiograde.model.errors import TruncatedError
from radiograde.model.reading import jpeg_stream as module
from radiograde.model.reading.jpeg_stream import JPEG_LS, LOSSLESS, RESTARTS

BY_KIND = {LOSSLESS: rb"\xff+([^\x00\xff])", JPEG_LS: rb"\xff+([\x80-\xfe])"}
BYTES = np.frombuffer(b"\xff\xff\xff\x00\x01\x7f\x80\xd0\xd3\xd7", np.uint8)


def ends_of(data: bytes, kind: int) -> list[int]:
    ends = []
    for found in re.finditer(BY_KIND[kind], data):
        ends.append(found.start())
        if found[1][0] not in RESTARTS:
            return ends
    raise TruncatedError("")


@pytest.mark.parametrize("kind", [LOSSLESS, JPEG_LS])
@pytest.mark.parametrize("part", [2, 3, 7, 1000])
def test_parts_are_looked_at_as_the_whole(
    kind: int, part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FIRST_PART", part)
    monkeypatch.setattr(module, "LARGEST_PART", part)
    drawn = np.random.default_rng(part)
    for length in range(60):
        data = drawn.choice(BYTES, length).tobytes()
        for code in (data, data + b"\x00\xff\xd9", data.replace(b"\x80", b"\xd1") + b"\xff\xd9"):
            try:
                expected = ends_of(code, kind)
            except TruncatedError:
                with pytest.raises(TruncatedError):
                    module._code_ends(code, 0, kind, 1000)
            else:
                assert module._code_ends(code, 0, kind, 1000) == expected
