"""Another database, an older one, a newer one: what is bound, moved, brought up to date."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from pydantic import SecretStr

from radiograde.service.config.settings import Settings
from radiograde.service.database.binding import DATABASE_ID
from radiograde.service.database.copying import copy_rows
from radiograde.service.database.engine import MIGRATIONS, Database, open_engine
from radiograde.service.database.tables import results
from radiograde.service.errors import StoreError
from radiograde.service.grading.records import Records, open_records
from tests.accidents.postgres import Postgres
from tests.service.documents.graded_films import film_bytes
from tests.service.fakes import FakeScorer
from tests.service.grading.graders import Outbox, work_with


def test_films_beside_another_database_stop_with_words(settings: Settings, tmp_path: Path) -> None:
    with closing(open_records(settings)) as records:
        film = records.intake.accept(film_bytes(), "dicom").film_id
    other = Settings(
        data_dir=settings.data_dir,
        database_url=SecretStr(f"sqlite:///{tmp_path / 'other.sqlite'}"),
    )
    with pytest.raises(StoreError, match="belong to another database"):
        open_records(other)
    with closing(open_records(settings)) as records:
        assert records.archive.has(film)
    (settings.data_dir / DATABASE_ID).unlink()
    open_records(other).close()
    with pytest.raises(StoreError, match="belong to another database"):
        open_records(settings)


def test_an_installation_moves_to_postgres_with_all_it_has(
    records: Records, postgres: Postgres, tmp_path: Path
) -> None:
    outbox = Outbox()
    work = work_with(records, outbox)
    graded = records.intake.accept(film_bytes(), "dicom").film_id
    work.grade(graded)
    waits = records.intake.accept(film_bytes(SOPInstanceUID="1.2"), "folder").film_id
    url = postgres.database("moved")
    target = Database(url)
    assert copy_rows(records.database, target) == 2
    with pytest.raises(StoreError, match="holds films already"):
        copy_rows(records.database, target)
    target.close()
    moved = Settings(data_dir=tmp_path / "data", database_url=SecretStr(url))
    with closing(open_records(moved)) as there:
        assert there.results.get(graded) == records.results.get(graded)
        assert there.films.sources_of(waits) == {"folder"}
        again = work_with(there, outbox)
        assert again.reconciler.reconcile() == 2, "what waits is queued in its new place"
        again.grade(waits)
        again.deliver(graded, "pacs")
        again.deliver(waits, "pacs")
        assert sorted(film for film, _ in outbox.sent) == sorted([graded, waits])


def brought_to(url: str, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)
    engine.dispose()


def test_an_older_database_is_changed_by_those_alone_that_may(settings: Settings) -> None:
    open_records(settings).close()
    brought_to(settings.store_url, "0005")
    with pytest.raises(StoreError, match="radiograde migrate"):
        open_records(settings)
    with pytest.raises(StoreError, match="schema 0005"):
        open_engine(settings.store_url)
    open_records(settings, upgrade=True).close()
    open_records(settings).close()


def test_results_of_before_the_page_are_found_by_severity_and_score(settings: Settings) -> None:
    with closing(open_records(settings)) as records:
        scored = records.intake.accept(film_bytes(), "dicom").film_id
        work_with(records).grade(scored)
        rejected = records.intake.accept(film_bytes(SOPInstanceUID="1.2"), "dicom").film_id
        work_with(records, scorer=FakeScorer(rejects=True)).grade(rejected)
        before = found_by(records)
    brought_to(settings.store_url, "0002")
    with closing(open_records(settings, upgrade=True)) as records:
        assert found_by(records) == before
        assert before[rejected] == (None, None)
        assert before[scored] == ("moderate", 6.7)


def found_by(records: Records) -> dict[str, tuple[str | None, float | None]]:
    with records.database.reading() as connection:
        rows = connection.execute(sa.select(results.c.id, results.c.severity, results.c.brixia))
        return {id: (severity, brixia) for id, severity, brixia in rows}


def test_a_newer_database_is_refused_in_words_by_all(settings: Settings) -> None:
    with closing(open_records(settings)) as records, records.database.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    for upgrade in (False, True):
        with pytest.raises(StoreError, match="newer version"):
            open_records(settings, upgrade=upgrade)


def test_a_database_of_before_there_were_ids_takes_that_of_its_films(settings: Settings) -> None:
    with closing(open_records(settings)) as records:
        records.intake.accept(film_bytes(), "dicom")
        with records.database.write() as connection:
            connection.execute(sa.text("DELETE FROM installation"))
    open_records(settings).close()
    shutil.rmtree(settings.data_dir / "films")
