"""Patients of films that came before numbers were kept get theirs from a film."""

from __future__ import annotations

import threading
from pathlib import Path

import sqlalchemy as sa

from radiograde.model.limits import Limits
from radiograde.service.database.tables import patient_numbers
from radiograde.service.films.number_films import number_earlier_films
from radiograde.service.films.pseudonym import Pseudonyms
from radiograde.service.grading.records import Records
from tests.service.documents.graded_films import film_bytes


def numbered(records: Records, tmp_path: Path) -> int:
    pseudonyms = Pseudonyms(tmp_path / "data")
    database, archive = records.database, records.archive
    return number_earlier_films(database, archive, pseudonyms, Limits(), threading.Event())


def test_every_patient_with_a_film_gets_a_number_once(records: Records, tmp_path: Path) -> None:
    for place, id in enumerate(("A-1", "A-1", "B-1", "", "UNKNOWN")):
        records.intake.accept(film_bytes(PatientID=id, SOPInstanceUID=f"1.2.{place}"), "dicom")
    with records.database.write() as connection:
        before = set(connection.execute(sa.select(patient_numbers)).all())
        connection.execute(sa.delete(patient_numbers))
    assert len(before) == 2
    assert numbered(records, tmp_path) == 2
    with records.database.reading() as connection:
        assert set(connection.execute(sa.select(patient_numbers)).all()) == before
    assert numbered(records, tmp_path) == 0
