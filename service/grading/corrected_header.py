"""A result after its film came again with a corrected header: it follows, and so do documents."""

from __future__ import annotations

import sqlalchemy as sa
import structlog

from radiograde.model.limits import Limits
from radiograde.model.reading.film_file import FilmFile
from radiograde.model.scoring.scorer import Scorer
from radiograde.service.database.tables import reviews
from radiograde.service.films.archive import MAPS
from radiograde.service.grading.grade_film import FilmGrading, grade_film
from radiograde.service.grading.records import Records
from radiograde.service.reviews.withdrawal_repository import CORRECTED

log = structlog.get_logger("radiograde.work")


def adopt_file(records: Records, film_id: str) -> None:
    """Put a file with a corrected header in place that a crash left beside the former.

    Raises NoSpaceError, StoreError.
    """
    if records.archive.has_correction(film_id):
        records.films.corrections.adopt(film_id, records.archive.adopt_correction)


def follow_header(
    records: Records, film_id: str, scorer: Scorer, limits: Limits, *, begun: bool = False
) -> bool:
    """Have a graded film's result follow its corrected header; False where none was corrected.

    The film is graded again, by the caller where it is ``begun``, and what was sent of it is
    replaced. What a reader reviewed keeps its scores and reviews, and is of the corrected film
    from now on; where it was withdrawn, it stays so.

    Raises:
        UndocumentedError: the film is no longer kept.
        NoSpaceError, StoreError: that cannot be recorded; it is done when it is begun again.
    """
    if not records.films.corrections.is_open(film_id):
        return False
    if not _grades_again(records, film_id, begun=begun):
        _move_reviewed(records, film_id, scorer, limits)
    return True


def is_reviewed(connection: sa.Connection, film_id: str) -> bool:
    """Return whether a reader reviewed a film's result."""
    query = sa.select(reviews.c.id).where(reviews.c.result_id == film_id).limit(1)
    return connection.execute(query).first() is not None


def _grades_again(records: Records, film_id: str, *, begun: bool) -> bool:
    with records.database.write() as connection:
        film = records.films.get(connection, film_id)
        if film is None or film.state != "graded" or film.corrected is None:
            return True
        if is_reviewed(connection, film_id):
            return False
        records.withdrawals.replace(connection, film_id, CORRECTED)
        records.films.start_over(connection, film_id, begun=begun)
    log.info("film_graded_again", film_id=film_id, reason="header_corrected")
    return True


def _move_reviewed(records: Records, film_id: str, scorer: Scorer, limits: Limits) -> None:
    film = FilmFile(records.archive.film(film_id), limits)
    grading = grade_film(film, scorer, film_id)
    if grading.result.image is None:
        log.error("corrected_film_unreadable", film_id=film_id)
        return
    records.archive.drop_made(film_id, but=MAPS)
    with records.database.write() as connection:
        _record_moved(records, connection, grading, film.sha256)
    log.info("reviewed_result_moved", film_id=film_id)


def _record_moved(
    records: Records, connection: sa.Connection, grading: FilmGrading, sha256: str
) -> None:
    film_id = grading.film_id
    if not records.films.corrections.close(connection, film_id, sha256):
        return
    records.results.move(connection, grading.result, grading.began)
    if records.withdrawals.standing_in(connection, film_id) is None:
        records.withdrawals.replace(connection, film_id, CORRECTED)
        records.deliveries.send_anew(connection, film_id)
