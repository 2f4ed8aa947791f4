"""A film that was acknowledged stays, whatever the records say of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from radiograde.service.config.settings import Settings
from radiograde.service.database.tables import films
from radiograde.service.errors import StoreError
from radiograde.service.grading.housekeeping import adopt_unrecorded, drop_expired
from radiograde.service.grading.records import Records, open_records
from tests.service.documents.graded_films import film_bytes
from tests.service.grading.graders import work_with

UID = "1.2.826.0.1.3680043.10.1541.3"


def test_a_table_that_is_newer_than_the_process_refuses_the_film(records: Records) -> None:
    with records.database.write() as connection:
        connection.execute(sa.text("ALTER TABLE films RENAME TO former"))
        connection.execute(sa.text("CREATE TABLE films AS SELECT * FROM former WHERE 0"))
        connection.execute(sa.text("ALTER TABLE films ADD COLUMN one_more TEXT CHECK (one_more)"))
        connection.execute(
            sa.text(
                "CREATE TRIGGER refuses BEFORE INSERT ON films BEGIN "
                "SELECT RAISE(ABORT, 'NOT NULL constraint failed: films.one_more'); END"
            )
        )
    with pytest.raises(StoreError):
        records.intake.accept(film_bytes(), "dicom")
    (kept,) = records.archive.ids()
    assert records.archive.film(kept) == film_bytes()


def test_an_older_database_removes_no_film(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    records = open_records(settings)
    film = records.intake.accept(film_bytes(), "dicom").film_id
    with records.database.write() as connection:  # as a restored database does not know it
        for table in ("film_sources", "films", "workflow_status"):
            connection.execute(sa.text(f"DELETE FROM {table}"))  # noqa: S608
    assert adopt_unrecorded(records.archive, records.films, records.intake, -1.0) == 1
    work_with(records).grade(film)
    assert records.jobs.get(film).state == "graded"
    assert records.archive.film(film) == film_bytes()
    records.close()


@pytest.mark.parametrize("graded", [True, False])
def test_a_film_that_is_recorded_and_not_there_is_written_when_it_comes_again(
    records: Records, graded: bool
) -> None:
    film = records.intake.accept(film_bytes(), "dicom").film_id
    if graded:
        work_with(records).grade(film)
    records.archive.drop(film)
    known = records.films.known(f"sop:{UID}")
    assert known is not None
    instance = (str(known.sop_class_uid), UID)
    assert not records.intake.holds(*instance)
    assert records.intake.accept(film_bytes(), "dicom").film_id == film
    assert records.archive.film(film) == film_bytes()
    assert records.intake.holds(*instance)


def test_a_film_sent_again_after_its_time_stays_as_long_as_a_new_one(records: Records) -> None:
    film = records.intake.accept(film_bytes(), "dicom").film_id
    work_with(records).grade(film)
    with records.database.write() as connection:
        long_ago = datetime.now(UTC) - timedelta(days=40)
        connection.execute(sa.update(films).values(received=long_ago))
    month = timedelta(days=30)
    drop_expired(records.archive, records.films, month)
    assert not records.archive.has(film)
    records.intake.accept(film_bytes(), "dicom")
    drop_expired(records.archive, records.films, month)
    assert records.archive.has(film)


def test_a_film_sent_again_while_it_is_let_go_is_there_afterwards(records: Records) -> None:
    film = records.intake.accept(film_bytes(), "dicom").film_id
    work_with(records).grade(film)
    expired = [film.id for film in records.films.expired(timedelta(0))]
    records.intake.accept(film_bytes(), "dicom")
    assert records.films.let_go(expired, records.archive.drop, timedelta(days=1)) == 0
    assert records.archive.has(film)
