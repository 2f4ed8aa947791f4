"""What ADT messages say of patients' numbers (HL7 v2.5.1 chapter 3): merges, links and unlinks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

from radiograde.service.films.patient_number import PatientLink, PatientNumber
from radiograde.service.films.pseudonym import Pseudonyms
from radiograde.service.hl7.received_message import ReceivedMessage, Segment

MERGES = frozenset({"A18", "A30", "A34", "A36", "A39", "A40", "A47"})
"""A number that was given up (MRG-1) is of the patient that PID names."""

LINKS = frozenset({"A24", "A37"})
"""Two patients (PID twice) are one; A37: they are not."""

_UNLINK = "A37"
_MOST_NUMBERS = 20
"""Of one patient in one message."""

_TIME = re.compile(
    r"(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:\.(\d{1,6}))?([+-]\d{4})?", re.ASCII
)


def links_of(message: ReceivedMessage, pseudonyms: Pseudonyms) -> list[PatientLink]:
    """Return the pairs of numbers that a message links or unlinks; none where one is missing.

    Placeholders, such as ``UNKNOWN``, are no numbers. Raises as :meth:`Pseudonyms.number`.
    """
    event = message.kind[1]
    occurred = _occurred(message)
    pairs = _merged(message, pseudonyms) if event in MERGES else _named_twice(message, pseudonyms)
    found = {
        PatientLink(one, other, event != _UNLINK, occurred)
        for ones, others in pairs
        for one in ones
        for other in others
        if one != other
    }
    return sorted(found, key=lambda link: link.ends)


Pair = tuple[list[PatientNumber], list[PatientNumber]]


def _merged(message: ReceivedMessage, pseudonyms: Pseudonyms) -> Iterator[Pair]:
    """Yield the numbers of each PID with those of the MRG that follows it."""
    kept: list[PatientNumber] = []
    for segment in message.segments:
        if segment.name == "PID":
            kept = _numbers(segment, 3, pseudonyms)
        elif segment.name == "MRG":
            yield kept, _numbers(segment, 1, pseudonyms)


def _named_twice(message: ReceivedMessage, pseudonyms: Pseudonyms) -> Iterator[Pair]:
    patients = [_numbers(one, 3, pseudonyms) for one in message.named("PID")]
    if len(patients) == 2:
        yield patients[0], patients[1]


def _numbers(segment: Segment, field: int, pseudonyms: Pseudonyms) -> list[PatientNumber]:
    """Return the numbers of a field of CX; an authority is its namespace, else its universal id."""
    names = list(segment.texts(field))[:_MOST_NUMBERS]
    namespaces, universal = segment.texts(field, 4), segment.texts(field, 4, 2)
    found = (
        pseudonyms.number(name, namespace or identifier)
        for name, namespace, identifier in zip(names, namespaces, universal, strict=False)
    )
    return [one for one in found if one is not None]


def _occurred(message: ReceivedMessage) -> str:
    """Return when an event occurred, else when it was recorded or sent, else now; in UTC."""
    event = message.first("EVN")
    for text in (event.text(6), event.text(2), message.header.text(7)):
        time = _parsed(text)
        if time is not None:
            return f"{time:%Y%m%d%H%M%S%f}"
    return f"{datetime.now(UTC):%Y%m%d%H%M%S%f}"


def _parsed(text: str) -> datetime | None:
    """Return a TS in UTC; one without a zone is by this computer's."""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    year, *rest = (int(part) if part else None for part in match.groups()[:6])
    given = zip(rest, (1, 1, 0, 0, 0), strict=True)
    month, day, hour, minute, second = (usual if one is None else one for one, usual in given)
    fraction = int((match[7] or "").ljust(6, "0"))
    try:
        plain = datetime(year or 0, month, day, hour, minute, min(second, 59), fraction)
        zone = match[8]
        if zone is None:
            return plain.astimezone(UTC)
        offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:]))
        known = timezone(-offset if zone[0] == "-" else offset)
        return plain.replace(tzinfo=known).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
