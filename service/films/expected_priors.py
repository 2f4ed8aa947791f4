"""Films that a PACS was asked to send: who is on the way as a prior, and of which patient.

By C-MOVE they come to the node like any other film. What is recorded here tells them apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from radiograde.service.database.engine import Database
from radiograde.service.database.pacs_tables import expected_priors
from radiograde.service.database.rows import columns_of

EXPECTED_FOR = timedelta(minutes=15)
"""After that nobody waits for them any more: whoever asked has ended without saying so."""


@dataclass(frozen=True, slots=True)
class ExpectedPrior:
    """A film that was asked for. ``patient``: pseudonym. ``refused``: it came, of another one."""

    sop_instance_uid: str
    patient: str
    asked: datetime
    refused: bool


class ExpectedPriors:
    """Keeps the table ``expected_priors``; safe to share among threads and processes.

    Every method raises StoreError where the database does not answer.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, sop_instance_uid: str, patient: str) -> None:
        """Record that a film of a patient is about to be asked for."""
        row = {"sop_instance_uid": sop_instance_uid, "patient": patient}
        with self._database.write() as connection:
            connection.execute(sa.delete(expected_priors).where(_is(sop_instance_uid)))
            connection.execute(
                sa.insert(expected_priors), row | {"asked": datetime.now(UTC), "refused": False}
            )

    def find(self, sop_instance_uid: str) -> ExpectedPrior | None:
        """Return what is expected under a UID; None where nothing is."""
        query = sa.select(*columns_of(expected_priors, ExpectedPrior)).where(
            _is(sop_instance_uid),
            expected_priors.c.asked > datetime.now(UTC) - EXPECTED_FOR,
        )
        return self._database.first(query, ExpectedPrior)

    def refuse(self, sop_instance_uid: str) -> None:
        """Record that a film came, and that it is of another patient."""
        refused = sa.update(expected_priors).where(_is(sop_instance_uid)).values(refused=True)
        with self._database.write() as connection:
            connection.execute(refused)

    def remove(self, sop_instance_uid: str) -> None:
        """Record that nobody waits for a film any more."""
        with self._database.write() as connection:
            connection.execute(sa.delete(expected_priors).where(_is(sop_instance_uid)))


def _is(sop_instance_uid: str) -> sa.ColumnElement[bool]:
    return expected_priors.c.sop_instance_uid == sop_instance_uid
