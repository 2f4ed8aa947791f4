"""Which instance a data set holds, from its first elements."""

from __future__ import annotations

import io
import zlib

from pydicom.filereader import read_dataset
from pydicom.tag import BaseTag
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
)

from radiograde.model.reading.dicom_header import Header

SOP_INSTANCE_UID = 0x00080018
_HEAD_BYTES = 64 * 1024
"""What is looked at: before the SOP Instance UID stand a few short elements."""


def identify(data_set: memoryview, transfer_syntax: str) -> tuple[str | None, str | None] | None:
    """Return SOP class and instance UID, None for an absent one; None if it cannot be read."""
    head = bytes(data_set[:_HEAD_BYTES])
    try:
        if transfer_syntax == DeflatedExplicitVRLittleEndian:
            head = zlib.decompressobj(-zlib.MAX_WBITS).decompress(head, _HEAD_BYTES)
        elements = read_dataset(
            io.BytesIO(head),
            transfer_syntax == ImplicitVRLittleEndian,
            transfer_syntax != ExplicitVRBigEndian,
            stop_when=_is_past,
        )
    except Exception:  # noqa: BLE001 - on broken bytes pydicom raises anything
        return None
    header = Header(elements)
    return header.text("SOPClassUID"), header.text("SOPInstanceUID")


def _is_past(tag: BaseTag, vr: str | None, length: int) -> bool:
    return int(tag) > SOP_INSTANCE_UID
