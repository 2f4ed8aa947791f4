"""What ORM^O01, OMI^O23 and OMG^O19 say of orders (HL7 v2.5.1 chapter 4), after IHE RAD-4."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from radiograde.model.reading.uids import is_dotted_uid
from radiograde.service.films.order_store import Order
from radiograde.service.hl7.received_message import ReceivedMessage, Segment

ORDERS = frozenset({("ORM", "O01"), ("OMI", "O23"), ("OMG", "O19")})

_CANCELLED = frozenset({"CA", "CR", "DC", "DR", "OC", "OD"})
"""ORC-1, table 0119: cancelled or discontinued."""

_LONGEST = 64
_LONGEST_REASON = 1000


def orders_of(message: ReceivedMessage) -> list[tuple[Order, bool]]:
    """Return each order that can be found again, and whether it holds; else it is cancelled."""
    patient = message.first("PID").text(3)
    if not patient:
        return []
    return [
        (replace(order, patient_id=patient), holds)
        for order, holds in _groups(message)
        if order.accession or order.study_uid
    ]


def _groups(message: ReceivedMessage) -> Iterator[tuple[Order, bool]]:
    """Yield what the segments from one ORC, or from one OBR without it, to the next say."""
    order, holds, has_request = Order(""), True, False
    for segment in message.segments:
        if segment.name == "ORC" or (segment.name == "OBR" and has_request):
            if has_request:
                yield order, holds
            order, has_request = Order(""), False
            holds = segment.name != "ORC" or segment.text(1) not in _CANCELLED
        has_request = has_request or segment.name == "OBR"
        order = _with(order, segment)
    if has_request:
        yield order, holds


def _with(order: Order, segment: Segment) -> Order:
    match segment.name:
        case "ORC":
            return replace(order, placer=_short(segment.text(2)))
        case "OBR":
            reason = segment.text(31, 2) or segment.text(31) or segment.text(13)
            return replace(
                order,
                accession=order.accession or _short(segment.text(18)),
                placer=order.placer or _short(segment.text(2)),
                reason=" ".join(reason.split())[:_LONGEST_REASON],
            )
        case "IPC":
            return replace(
                order,
                accession=_short(segment.text(1)) or order.accession,
                study_uid=_uid(segment.text(3)),
            )
        case "ZDS":
            return replace(order, study_uid=order.study_uid or _uid(segment.text(1)))
    return order


def _short(text: str) -> str:
    """Return an identifier; a part of a longer one would be another's."""
    return text if len(text) <= _LONGEST else ""


def _uid(text: str) -> str:
    return text if is_dotted_uid(text) and len(text) <= _LONGEST else ""
