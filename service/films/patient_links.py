"""Which patients are one: the tables of their numbers, and of what other systems merged.

Every message is kept, and of two about the same pair the one that occurred last holds: the order
in which they arrive, and how often, makes no difference. A patient is whoever can be reached over
pairs that are linked; so it does not matter which of two was merged into the other.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from ulid import ULID

from radiograde.service.database.engine import Database
from radiograde.service.database.insert_missing import insert_missing
from radiograde.service.database.rows import in_parts, rows_of
from radiograde.service.database.tables import films, patient_links, patient_numbers
from radiograde.service.films.patient_number import PatientLink, PatientNumber

_ENDS = sa.select(
    patient_links.c.number,
    patient_links.c.issuer,
    patient_links.c.other_number,
    patient_links.c.other_issuer,
    patient_links.c.linked,
).order_by(patient_links.c.occurred, patient_links.c.id)


@dataclass(frozen=True, slots=True)
class _Owner:
    patient: str
    number: str
    issuer: str


@dataclass(frozen=True, slots=True)
class _Ends:
    number: str
    issuer: str
    other_number: str
    other_issuer: str
    linked: bool


class PatientLinks:
    """Keeps ``patient_links``; safe to share among threads and processes.

    Every method raises StoreError where the database does not answer.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, links: Collection[PatientLink]) -> None:
        """Keep links; whoever watches one of these patients' films hears of it."""
        with self._database.write() as connection:
            numbers = {end for link in links for end in link.ends}
            before = reached(connection, numbers)
            for link in links:
                insert_missing(connection, patient_links, _row(link))
            _touch(connection, before | reached(connection, numbers))

    def same_as(self, patient: str) -> list[str]:
        """Return the pseudonyms of a patient, the one that is asked for among them."""
        with self._database.reading() as connection:
            return pseudonyms_of(connection, patient)


def pseudonyms_of(connection: sa.Connection, patient: str) -> list[str]:
    """Return the same as :meth:`PatientLinks.same_as`, as a transaction sees it."""
    if connection.execute(sa.select(patient_links.c.id).limit(1)).first() is None:
        return [patient]
    return sorted({patient} | reached(connection, _numbers_of(connection, {patient})))


def _row(link: PatientLink) -> dict[str, Any]:
    one, other = link.ends
    return {
        "id": str(ULID()),
        "number": one.number,
        "issuer": one.issuer,
        "other_number": other.number,
        "other_issuer": other.issuer,
        "linked": link.linked,
        "occurred": link.occurred,
    }


def reached(connection: sa.Connection, numbers: Iterable[PatientNumber]) -> set[str]:
    """Return the pseudonyms of all whom these numbers lead to."""
    patients: set[str] = set()
    known: set[PatientNumber] = set()
    waiting = set(numbers)
    while waiting:
        known |= waiting
        found = _owners(connection, waiting) - patients
        patients |= found
        waiting = (_numbers_of(connection, found) | _linked(connection, waiting)) - known
    return patients


def _numbers_of(connection: sa.Connection, patients: Iterable[str]) -> set[PatientNumber]:
    query = sa.select(patient_numbers)
    found = _where(connection, query, patient_numbers.c.patient, patients, _Owner)
    return {PatientNumber(one.number, one.issuer) for one in found}


def _owners(connection: sa.Connection, numbers: Collection[PatientNumber]) -> set[str]:
    query, digests = sa.select(patient_numbers), {one.number for one in numbers}
    found = _where(connection, query, patient_numbers.c.number, digests, _Owner)
    return {
        one.patient for one in found if _is_among(PatientNumber(one.number, one.issuer), numbers)
    }


def _linked(connection: sa.Connection, numbers: Collection[PatientNumber]) -> set[PatientNumber]:
    """Return the other ends of the pairs that are linked."""
    digests = {one.number for one in numbers}
    last: dict[tuple[PatientNumber, PatientNumber], bool] = {}
    for column in (patient_links.c.number, patient_links.c.other_number):
        for row in _where(connection, _ENDS, column, digests, _Ends):
            one = PatientNumber(row.number, row.issuer)
            last[one, PatientNumber(row.other_number, row.other_issuer)] = row.linked
    found: set[PatientNumber] = set()
    for (one, other), linked in last.items():
        if linked and _is_among(one, numbers):
            found.add(other)
        if linked and _is_among(other, numbers):
            found.add(one)
    return found


def _is_among(number: PatientNumber, numbers: Collection[PatientNumber]) -> bool:
    return any(number.may_be(one) for one in numbers)


def _where(
    connection: sa.Connection,
    query: sa.Select[Any],
    column: sa.Column[str],
    wanted: Iterable[str],
    row: Callable[..., Any],
) -> list[Any]:
    return [
        one
        for some in in_parts(sorted(wanted))
        for one in rows_of(connection, query.where(column.in_(some)), row)
    ]


def _touch(connection: sa.Connection, patients: Iterable[str]) -> None:
    for some in in_parts(sorted(patients)):
        of_them = sa.update(films).where(films.c.patient.in_(some))
        connection.execute(of_them.values(changed=datetime.now(UTC)))
