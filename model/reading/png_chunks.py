"""The chunks of a PNG file, ISO/IEC 15948 section 5, and their checksums.

Pillow leaves those of the pixels unchecked.
"""

from __future__ import annotations

import struct
import zlib

from radiograde.model.errors import MalformedImageError, TruncatedError

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
LAST = b"IEND"
MOST_CHUNKS = 200_000
"""256 MiB of pixels in chunks of 8 KiB are 32,768."""


def check_chunks(data: bytes) -> None:
    """Raise where a chunk is not what its checksum says; what lies behind the last is left alone.

    Raises:
        TruncatedError: the last chunk is missing.
        MalformedImageError: a chunk is damaged, or there are more than a picture needs.
    """
    view, at = memoryview(data), len(PNG_SIGNATURE)
    for _ in range(MOST_CHUNKS):
        if at + 12 > len(data):
            raise TruncatedError("The picture is damaged or cut short. Send it again.")
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 8 + length
        if end + 4 > len(data):
            raise TruncatedError("The picture is damaged or cut short. Send it again.")
        (checksum,) = struct.unpack_from(">I", data, end)
        if zlib.crc32(view[at + 4 : end]) != checksum:
            raise MalformedImageError("The picture is damaged. Export it again.")
        if kind == LAST:
            return
        at = end + 4
    raise MalformedImageError("The picture has too many parts. Export it again.")
