"""Two hosts on one PostgreSQL: they share the films, or the second one stops with words."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from radiograde.service.config.settings import Settings
from radiograde.service.database.binding import DATABASE_ID
from radiograde.service.database.tables import deliveries
from radiograde.service.errors import StoreError
from radiograde.service.grading.film_jobs import JobState
from radiograde.service.grading.records import open_records
from tests.accidents import quick
from tests.accidents.clock import clock_of
from tests.accidents.postgres import Postgres
from tests.accidents.sink import Sink
from tests.service.documents.graded_films import film_bytes
from tests.service.grading.conftest import MakeFilm
from tests.service.processes import running, waited


@pytest.mark.parametrize("films", [0, 1])
def test_a_host_whose_films_would_lie_apart_is_refused(
    postgres: Postgres, tmp_path: Path, films: int
) -> None:
    url = SecretStr(postgres.database(f"apart{films}"))
    here = Settings(data_dir=tmp_path / "here", database_url=url)
    there = Settings(data_dir=tmp_path / "there", database_url=url)
    with closing(open_records(here)) as records:
        for _ in range(films):
            records.intake.accept(film_bytes(), "dicom")
    with pytest.raises(StoreError, match="lie in another data directory"):
        open_records(there)
    assert not (there.data_dir / DATABASE_ID).exists()
    open_records(here).close()


def test_who_lost_the_films_says_so_and_goes_on(postgres: Postgres, tmp_path: Path) -> None:
    url = SecretStr(postgres.database("lost"))
    with closing(open_records(Settings(data_dir=tmp_path / "here", database_url=url))) as records:
        film = records.intake.accept(film_bytes(), "dicom").film_id
    there = Settings(data_dir=tmp_path / "there", database_url=url)
    with pytest.raises(StoreError) as refused:
        open_records(there)
    id = (tmp_path / "here" / DATABASE_ID).read_text()
    assert id in refused.value.message, "what to write is in the message"
    (there.data_dir / DATABASE_ID).write_text(id)
    with closing(open_records(there)) as records:
        assert records.intake.accept(film_bytes(), "dicom").film_id == film
        assert records.archive.film(film) == film_bytes()


def test_one_of_two_hosts_dies_and_the_other_whose_clock_is_wrong_goes_on(
    postgres: Postgres, tmp_path: Path, make_film: MakeFilm, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgres.database("hosts")
    monkeypatch.setenv("RADIOGRADE_DATABASE_URL", url)
    data = tmp_path / "data"
    clock = clock_of(tmp_path / "clock")
    with (
        Sink() as sink,
        closing(open_records(Settings(data_dir=data, database_url=SecretStr(url)))) as records,
    ):
        (data / "radiograde.toml").write_text(sink.site_file())
        command = ("work", "--data-dir", str(data))
        environment = {**quick.ENVIRONMENT, **clock.environment}
        with (
            running(*command, log=tmp_path / "first.log", environment=quick.ENVIRONMENT) as first,
            running(*command, log=tmp_path / "second.log", environment=environment),
        ):
            clock.set_ahead_s(86_400)
            films = [records.intake.accept(make_film(n), "dicom").film_id for n in range(16)]
            assert waited(lambda: records.jobs.counts()["graded"] > 4, 90)
            first.kill()
            assert waited(lambda: _done(records.jobs.counts()), 90), records.jobs.counts()
            clock.set_ahead_s(0)
            films += [records.intake.accept(make_film(n), "dicom").film_id for n in range(16, 20)]
            assert waited(lambda: records.jobs.counts()["graded"] == 20, 90)
            assert waited(lambda: _done(records.jobs.counts()), 90)
        with records.database.reading() as connection:
            states = Counter(connection.scalars(sa.select(deliveries.c.state)).all())
    assert states == {"delivered": len(films)}
    assert len(sink.taken) == len(films)


def _done(counts: dict[JobState, int]) -> bool:
    return counts["waiting"] + counts["undelivered"] + counts["parked"] + counts["failed"] == 0
