"""What is to be erased: a patient's films by whatever number, or films by their ids."""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from radiograde.model.errors import NotFoundError
from radiograde.model.limits import Limits
from radiograde.service.database.engine import Database
from radiograde.service.database.rows import in_parts
from radiograde.service.database.tables import films, patient_numbers, problems
from radiograde.service.films.archive import Archive
from radiograde.service.films.number_films import number_earlier_films
from radiograde.service.films.patient_links import pseudonyms_of, reached
from radiograde.service.films.pseudonym import Pseudonyms


@dataclass(frozen=True, slots=True)
class ErasurePlan:
    """``patients``: pseudonyms, of all whom merges made one. ``numbers``: digests of theirs.

    ``uids``: SOP Instance UIDs of the films, ``studies``: of their studies. ``problems``: ids of
    reported problems.
    """

    patients: tuple[str, ...]
    numbers: tuple[str, ...]
    film_ids: tuple[str, ...]
    uids: tuple[str, ...]
    studies: tuple[str, ...]
    problems: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return it as it is kept until it is done."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> ErasurePlan:
        """Return what was kept."""
        return cls(**{name: tuple(values) for name, values in document.items()})


@dataclass(frozen=True, slots=True)
class Finder:
    """Finds what belongs to a patient. Its methods raise StoreError, and NotFoundError: nothing."""

    database: Database
    archive: Archive
    data_dir: Path
    limits: Limits

    def of_patient(self, patient_id: str, issuer: str = "") -> ErasurePlan:
        """Return the plan for a patient, by an ID of PatientID (0010,0020) and its issuer.

        Who was merged with the patient is the patient. Without an issuer it is whoever has the
        ID with any issuer.
        """
        pseudonyms = Pseudonyms(self.data_dir)
        number_earlier_films(
            self.database, self.archive, pseudonyms, self.limits, threading.Event()
        )
        number = pseudonyms.number(patient_id, issuer)
        with self.database.reading() as connection:
            patients = set() if number is None else reached(connection, {number})
            return self._plan(connection, patients, ())

    def of_films(self, film_ids: Collection[str]) -> ErasurePlan:
        """Return the plan for films alone, of whoever they are."""
        with self.database.reading() as connection:
            return self._plan(connection, set(), film_ids)

    def of_label(self, label: str) -> ErasurePlan:
        """Return the plan for the patient whose pseudonym begins so, and is the only one."""
        begins = films.c.patient.startswith(label.upper(), autoescape=True)
        with self.database.reading() as connection:
            found = set(connection.scalars(sa.select(films.c.patient).where(begins).distinct()))
            if len(found) > 1:
                raise NotFoundError("Several patients' labels begin so. Give more of it.")
            patients = {one for each in found for one in pseudonyms_of(connection, each)}
            return self._plan(connection, patients, ())

    def _plan(
        self, connection: sa.Connection, patients: set[str], film_ids: Collection[str]
    ) -> ErasurePlan:
        wanted = sa.or_(films.c.patient.in_(patients), films.c.id.in_(film_ids))
        query = sa.select(films.c.id, films.c.sop_instance_uid, films.c.study_instance_uid).where(
            wanted
        )
        found = connection.execute(query.order_by(films.c.id)).all()
        if not found:
            raise NotFoundError("No film of this patient is kept here, nor a result of one.")
        ids = [one.id for one in found]
        return ErasurePlan(
            patients=tuple(sorted(patients)),
            numbers=tuple(sorted(_numbers(connection, patients))),
            film_ids=tuple(ids),
            uids=tuple(one.sop_instance_uid for one in found if one.sop_instance_uid),
            studies=tuple(
                sorted({one.study_instance_uid for one in found if one.study_instance_uid})
            ),
            problems=tuple(_problems(connection, ids)),
        )


def _numbers(connection: sa.Connection, patients: Collection[str]) -> set[str]:
    query = sa.select(patient_numbers.c.number).where(patient_numbers.c.patient.in_(patients))
    return set(connection.scalars(query))


def _problems(connection: sa.Connection, film_ids: Sequence[str]) -> list[str]:
    return [
        id
        for some in in_parts(film_ids)
        for id in connection.scalars(sa.select(problems.c.id).where(problems.c.result_id.in_(some)))
    ]
