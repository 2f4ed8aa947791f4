"""What a status of C-FIND, C-MOVE or C-GET means, and what to do: PS3.4 C.4, PS3.7 annex C."""

from __future__ import annotations

from pydicom.dataset import Dataset

from radiograde.service.errors import UnreachableError
from radiograde.service.retrieve_errors import RetrieveError, UnknownMoveDestinationError

_SUCCESS, _CANCELLED, _UNKNOWN_DESTINATION = 0x0000, 0xFE00, 0xA801
_UNABLE = 0xC000
"""Orthanc's answer to a destination that it does not know, or does not reach."""

_PENDING = frozenset({0xFF00, 0xFF01})
_BUSY = frozenset({0xA700, 0xA701, 0xA702, 0x0213})
_MEANINGS = {
    0x0122: "the class is not supported",
    0x0124: "not authorised",
    0xA900: "it does not understand the identifier",
    0xC000: "it is unable to process it",
}


def is_pending(status: int) -> bool:
    """Return whether more is to come."""
    return status in _PENDING


def raise_for_status(answer: Dataset, operation: str, where: str, own_title: str) -> None:
    """Return where an operation ended well; ``own_title``: of the node that films are moved to.

    Raises:
        UnknownMoveDestinationError: A801.
        UnreachableError: it has no room or no time.
        RetrieveError: any other failure; some of the instances failed, too.
    """
    status = int(answer.Status)
    failed = int(answer.get("NumberOfFailedSuboperations") or 0)
    if status == _SUCCESS and not failed:
        return
    if status == _UNKNOWN_DESTINATION:
        raise UnknownMoveDestinationError(
            f"{where} does not know {own_title} as a destination of C-MOVE (status A801). Add the "
            f"title {own_title}, with host and port of this node, to its list of known nodes; or "
            'fetch by C-GET: `retrieve = "get"`.'
        )
    if status in _BUSY and not failed:
        raise UnreachableError(
            f"{where} has no room or time for {operation} ({_named(status)}). It is tried again "
            "later."
        )
    why = f"{operation} ended with {_named(status)}"
    if operation == "C-MOVE" and (failed or status & 0xF000 == _UNABLE):
        raise RetrieveError(
            f"{where} could not send it: {why}. See that it knows the node {own_title} with its "
            "host and port, that the node runs (radiograde listen), and that `store_from` names "
            "the PACS."
        )
    raise RetrieveError(f"{where} does not do as asked: {why}. Its log may say why.")


def raise_if_unknown(answer: Dataset, operation: str, where: str, own_title: str) -> None:
    """Raise UnknownMoveDestinationError for A801; what else is answered to nothing is no fault."""
    if int(answer.Status) == _UNKNOWN_DESTINATION:
        raise_for_status(answer, operation, where, own_title)


def _named(status: int) -> str:
    family = status & 0xF000 if status >= 0xC000 else status
    meaning = _MEANINGS.get(family) or ("cancelled" if status == _CANCELLED else "")
    return f"status {status:04X}" + (f", {meaning}" if meaning else "")
