"""The table of patients' numbers: which pseudonyms a number may mean."""

from __future__ import annotations

import sqlalchemy as sa

from radiograde.service.database.insert_missing import insert_missing
from radiograde.service.database.tables import patient_numbers
from radiograde.service.films.patient_number import PatientNumber


def add_number(
    connection: sa.Connection, patient: str | None, number: PatientNumber | None
) -> None:
    """Record a patient's number in a transaction that its caller ends; nobody has none."""
    if patient is not None and number is not None:
        row = {"patient": patient, "number": number.number, "issuer": number.issuer}
        insert_missing(connection, patient_numbers, row)
