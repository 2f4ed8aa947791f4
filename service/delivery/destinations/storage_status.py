"""What a storage status means for a document: C-STORE's, and the reasons that STOW-RS gives.

Both speak the same codes: DICOM PS3.4 B.2.3 and PS3.7 Annex C; PS3.18 I.2.2.
"""

from __future__ import annotations

from typing import Literal

Verdict = Literal["stored", "warned", "later", "refused"]

_SUCCESS = 0x0000
_DUPLICATE = 0x0111
"""Duplicate SOP Instance: a try before this one arrived, and only its answer was lost."""

_LATER = frozenset({0x0110, 0x0124, 0x0213})
"""Processing failure, not authorised, resource limitation: nothing that the document can help."""

_MEANINGS = {
    0x0110: "processing failure",
    0x0122: "the class is not supported",
    0x0124: "not authorised",
    0x0213: "resource limitation",
    0xA700: "out of resources",
    0xA900: "the data set does not match its class",
    0xC000: "it cannot be understood",
    0xC122: "the transfer syntax is not supported",
}
"""By code; those of A7, A9 and C stand for their whole range."""


def judge(status: int) -> Verdict:
    """Return what became of the document; ``warned``: stored, with a remark."""
    if status in (_SUCCESS, _DUPLICATE):
        return "stored"
    if status & 0xF000 == 0xB000:
        return "warned"
    if status & 0xFF00 == 0xA700 or status in _LATER:
        return "later"
    return "refused"


def words(status: int) -> str:
    """Return a status for people, such as ``status A700, out of resources``."""
    family = status & (0xF000 if status >= 0xC000 else 0xFF00)
    meaning = _MEANINGS.get(status) or _MEANINGS.get(family)
    return f"status {status:04X}" + (f", {meaning}" if meaning else "")
