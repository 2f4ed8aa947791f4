"""A received data set as a file: the header before it, PS3.10 section 7.1."""

from __future__ import annotations

import struct

from service.documents.uids import IMPLEMENTATION_CLASS_UID

_PREAMBLE = bytes(128) + b"DICM"
_VERSION = b"\x00\x01"


def header(sop_class_uid: str, sop_instance_uid: str, transfer_syntax_uid: str) -> bytes:
    """Return preamble, prefix and file meta information; UIDs of at most 64 characters.

    It names no sender: the same object sent twice gives the same file.
    """
    elements = _long(0x0001, b"OB", _VERSION) + b"".join(
        _uid(element, value)
        for element, value in (
            (0x0002, sop_class_uid),
            (0x0003, sop_instance_uid),
            (0x0010, transfer_syntax_uid),
            (0x0012, IMPLEMENTATION_CLASS_UID),
        )
    )
    return _PREAMBLE + _short(0x0000, b"UL", struct.pack("<I", len(elements))) + elements


def _uid(element: int, value: str) -> bytes:
    encoded = value.encode("ascii")
    return _short(element, b"UI", encoded + b"\0" * (len(encoded) % 2))


def _short(element: int, vr: bytes, value: bytes) -> bytes:
    return struct.pack("<HH2sH", 0x0002, element, vr, len(value)) + value


def _long(element: int, vr: bytes, value: bytes) -> bytes:
    return struct.pack("<HH2s2xI", 0x0002, element, vr, len(value)) + value
