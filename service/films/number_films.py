"""The numbers of patients whose films came before numbers were kept: read from a film of each."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import sqlalchemy as sa
import structlog

from radiograde.model.limits import Limits
from radiograde.model.reading.film_file import FilmFile
from radiograde.service.database.engine import Database
from radiograde.service.database.tables import films, patient_numbers
from radiograde.service.films.archive import Archive
from radiograde.service.films.known_numbers import add_number
from radiograde.service.films.pseudonym import Pseudonyms

log = structlog.get_logger("radiograde.hl7")

_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class _KeptFilm:
    id: str
    patient: str


def number_earlier_films(
    database: Database,
    archive: Archive,
    pseudonyms: Pseudonyms,
    limits: Limits,
    stop: threading.Event,
) -> int:
    """Return how many patients got their number. One whose films are gone gets none.

    Raises StoreError.
    """
    found, last = 0, ""
    while not stop.is_set():
        some = database.rows(_without_number(last), _KeptFilm)
        if not some:
            break
        last = some[-1].patient
        for film in some:
            content = archive.find(film.id)
            header = None if content is None else FilmFile(content, limits).header
            number = None if header is None else pseudonyms.number_of(header)
            if number is not None:
                with database.write() as connection:
                    add_number(connection, film.patient, number)
                found += 1
    log.info("patients_numbered", patients=found)
    return found


def _without_number(after: str) -> sa.Select[tuple[str, str]]:
    has_one = sa.exists().where(patient_numbers.c.patient == films.c.patient)
    query = sa.select(sa.func.max(films.c.id).label("id"), films.c.patient)
    return (
        query.where(films.c.kept, films.c.patient > after, sa.not_(has_one.correlate(films)))
        .group_by(films.c.patient)
        .order_by(films.c.patient)
        .limit(_AT_ONCE)
    )
