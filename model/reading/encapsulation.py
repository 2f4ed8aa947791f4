"""The first frame out of encapsulated pixel data, PS3.5 section A.4."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from radiograde.model.errors import MalformedImageError, TruncatedError

ITEM = 0xFFFEE000
DELIMITER = 0xFFFEE0DD


def first_frame(value: memoryview, frames: int) -> bytes:
    """Return the compressed bytes of frame 0.

    A single frame may lie in any number of fragments. Of several frames the offset table says
    where the second starts; without a table each fragment is a frame.

    Raises:
        TruncatedError: a fragment runs past the end of the file.
        MalformedImageError: what stands there is no sequence of fragments.
    """
    items = _items(value)
    _, table = next(items, (0, memoryview(b"")))
    fragments = list(items)
    if not fragments:
        raise MalformedImageError("The file holds no compressed image. Export the film again.")
    if frames == 1:
        return b"".join(fragment for _, fragment in fragments)
    if len(table) < 8:
        return bytes(fragments[0][1])
    second = fragments[0][0] + struct.unpack("<I", table[4:8])[0]
    return b"".join(fragment for start, fragment in fragments if start < second)


def _items(value: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Yield each item's offset and content, the offset table first."""
    at = 0
    while at + 8 <= len(value):
        group, element, length = struct.unpack("<HHI", value[at : at + 8])
        tag = group << 16 | element
        if tag == DELIMITER:
            return
        if tag != ITEM:
            raise MalformedImageError(
                "The compressed pixels are not laid out as DICOM asks. Export the film again."
            )
        if at + 8 + length > len(value):
            raise TruncatedError("The file ends before its pixels do. Send it again.")
        yield at, value[at + 8 : at + 8 + length]
        at += 8 + length
