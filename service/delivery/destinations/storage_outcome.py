"""What became of a document at a DICOM destination, and the error that a result's faults add up to.

C-STORE and STOW-RS speak the same codes: DICOM PS3.4 B.2.3 and PS3.7 Annex C; PS3.18 I.2.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import structlog

from radiograde.service.errors import RefusedError, UnreachableError

log = structlog.get_logger("radiograde.delivery")

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


@dataclass(frozen=True, slots=True)
class Fault:
    """What kept one document from arriving; ``passing``: it is not to blame, so later may help."""

    kind: str
    why: str
    passing: bool


def judge_status(status: int) -> Verdict:
    """Return what became of the document; ``warned``: stored, with a remark."""
    if status in (_SUCCESS, _DUPLICATE):
        return "stored"
    if status & 0xF000 == 0xB000:
        return "warned"
    if status & 0xFF00 == 0xA700 or status in _LATER:
        return "later"
    return "refused"


def describe_status(status: int) -> str:
    """Return a status for people, such as ``status A700, out of resources``."""
    family = status & (0xF000 if status >= 0xC000 else 0xFF00)
    meaning = _MEANINGS.get(status) or _MEANINGS.get(family)
    return f"status {status:04X}" + (f", {meaning}" if meaning else "")


def fault_of(kind: str, status: int) -> Fault | None:
    """Return the fault that a status stands for; None where the document is stored."""
    verdict = judge_status(status)
    if verdict in ("stored", "warned"):
        return None
    return Fault(kind, describe_status(status), passing=verdict == "later")


def log_warning(destination: str, result_id: str, kind: str, status: int) -> None:
    """Log that a document is stored with a warning."""
    log.warning(
        "stored_with_warning",
        destination=destination,
        result_id=result_id,
        kind=kind,
        status=f"{status:04X}",
    )


def raise_for(where: str, faults: Sequence[Fault]) -> None:
    """Return where there are no faults.

    Raises:
        UnreachableError: a fault may pass; the others are named too.
        RefusedError: none does.
    """
    if not faults:
        return
    named = "; ".join(f"{fault.kind}: {fault.why}" for fault in faults)
    if any(fault.passing for fault in faults):
        raise UnreachableError(f"{where} did not store {named}. It is tried again later.")
    raise RefusedError(
        f"{where} did not store {named}. Its log may say why; once that is mended, send the result "
        "again."
    )
