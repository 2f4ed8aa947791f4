"""A newer version beside a running older one: its tables refuse rows, and no film is lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from radiograde.service.database.tables import deliveries
from radiograde.service.errors import StoreError
from radiograde.service.grading.film_grader import MOST_ATTEMPTS
from radiograde.service.grading.housekeeping import adopt_unrecorded
from radiograde.service.grading.records import Records
from tests.accidents.newer_table import newer_table
from tests.accidents.test_standing_work import accepted
from tests.service.documents.graded_films import film_bytes
from tests.service.grading.graders import Outbox, work_with


@contextmanager
def with_newer_table(records: Records, table: str) -> Iterator[None]:
    """Have a table ask for a column that this version does not know, within the ``with`` block."""
    with records.database.write() as connection:
        newer_table(connection, table, present=True)
    yield
    with records.database.write() as connection:
        newer_table(connection, table, present=False)


@pytest.mark.parametrize("table", ["films", "film_sources"])
def test_a_film_that_cannot_be_recorded_is_not_acknowledged_and_not_removed(
    installation: Records, table: str
) -> None:
    with with_newer_table(installation, table), pytest.raises(StoreError):
        accepted(installation)
    (film,) = installation.archive.ids()
    archive, films, intake = installation.archive, installation.films, installation.intake
    assert adopt_unrecorded(archive, films, intake, -1.0) == 1
    work_with(installation).grade(film)
    assert installation.jobs.get(film).state == "graded"
    assert archive.film(film) == film_bytes()


@pytest.mark.parametrize("table", ["results", "deliveries"])
def test_a_result_that_cannot_be_recorded_does_not_count_against_its_film(
    installation: Records, table: str
) -> None:
    outbox = Outbox()
    work = work_with(installation, outbox)
    film = accepted(installation)
    with with_newer_table(installation, table):
        for _ in range(2 * MOST_ATTEMPTS):
            work.grade(film)
        job = installation.jobs.get(film)
        assert (job.state, job.attempts) == ("waiting", 0)
    work.grade(film)
    work.deliver(film, "pacs")
    assert installation.jobs.get(film).state == "graded"
    assert len(outbox.sent) == 1


def test_a_further_source_that_cannot_be_recorded_is_told_so(installation: Records) -> None:
    film = accepted(installation)
    with with_newer_table(installation, "film_sources"), pytest.raises(StoreError):
        installation.intake.accept(film_bytes(), "folder")
    assert installation.intake.accept(film_bytes(), "folder").film_id == film
    assert installation.films.sources_of(film) == {"dicom", "folder"}
    with installation.database.reading() as connection:
        assert connection.execute(sa.select(deliveries)).first() is None
