"""A backup taken while films come in gives back every film, in another place."""

from __future__ import annotations

import os
import shutil
import threading
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from pydantic import SecretStr

from radiograde.command import main
from radiograde.service.config.settings import Settings
from radiograde.service.database import backup as backup_module
from radiograde.service.database.backup import back_up, restore
from radiograde.service.database.copying import copy_database
from radiograde.service.database.engine import Database
from radiograde.service.errors import BackupError, StoreError
from radiograde.service.grading.housekeeping import adopt_unrecorded
from radiograde.service.grading.records import Records, open_records
from tests.accidents.postgres import Postgres
from tests.service.documents.graded_films import film_bytes
from tests.service.film_folders import folder_of
from tests.service.grading.conftest import MakeFilm
from tests.service.grading.graders import work_with


def test_films_that_come_during_a_backup_are_in_it(
    settings: Settings,
    tmp_path: Path,
    make_film: MakeFilm,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = tmp_path / "backup"
    with closing(open_records(settings)) as records:
        first = records.intake.accept(make_film(0), "dicom").film_id
        work_with(records).grade(first)
        result = records.results.get(first)

        def copy_and_take_one_more(database: Database, file: Path) -> None:
            copy_database(database, file)
            records.intake.accept(make_film(1), "folder")

        monkeypatch.setattr(backup_module, "copy_database", copy_and_take_one_more)
        back_up(settings, place)
    there = Settings(data_dir=tmp_path / "there")
    restore(there, place)
    with closing(open_records(there, upgrade=True)) as restored:
        assert restored.results.get(first) == result
        assert adopt_unrecorded(restored.archive, restored.films, restored.intake, -1.0) == 1
        assert {restored.archive.film(id) for id in restored.archive.ids()} == {
            make_film(0),
            make_film(1),
        }
        assert restored.jobs.counts()["waiting"] == 1
        assert restored.archive.maps(first) is not None
    names = {path.name for path in there.data_dir.iterdir()}
    assert {"pseudonym.key", "database-id", "films", "radiograde.sqlite"} <= names


def test_films_that_are_let_go_during_a_backup_do_not_break_it(
    records: Records, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    films = [f"01JARADMZ000000000000{number}G0NE" for number in range(8)]  # in one folder
    for film in films:
        records.archive.keep(film, film_bytes())
    copy = shutil.copy2

    def copy_and_let_go(source: Path, target: Path) -> None:
        copy(source, target)
        for film in films:
            if film not in source.parts:
                records.archive.drop(film)

    monkeypatch.setattr(shutil, "copy2", copy_and_let_go)
    assert back_up(Settings(data_dir=tmp_path / "data"), tmp_path / "backup") >= 2


def test_a_backup_ends_while_others_write(records: Records, tmp_path: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            records.intake.accept(film_bytes(SOPInstanceUID=f"1.2.{number}"), "dicom")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(3):
            back_up(Settings(data_dir=tmp_path / "data"), tmp_path / "backup")
    finally:
        stop.set()
        writer.join()
    there = Settings(data_dir=tmp_path / "there")
    restore(there, tmp_path / "backup")
    with closing(open_records(there)) as restored:
        assert all(restored.archive.has(job.id) for job in restored.jobs.page(1000))


def test_a_backup_goes_into_postgres_too(
    records: Records, postgres: Postgres, tmp_path: Path
) -> None:
    film = records.intake.accept(film_bytes(), "dicom").film_id
    back_up(Settings(data_dir=tmp_path / "data"), tmp_path / "backup")
    url = SecretStr(postgres.database("restored"))
    there = Settings(data_dir=tmp_path / "there", database_url=url)
    restore(there, tmp_path / "backup")
    with closing(open_records(there)) as restored:
        assert restored.jobs.get(film).state == "waiting"
        assert work_with(restored).reconciler.reconcile() == 1


def test_a_backup_is_not_put_over_anything(records: Records, tmp_path: Path) -> None:
    data = Settings(data_dir=tmp_path / "data")
    with pytest.raises(BackupError, match="data directory"):
        back_up(data, tmp_path / "data" / "backup")
    records.intake.accept(film_bytes(), "dicom")
    back_up(data, tmp_path / "backup")
    with pytest.raises(BackupError, match="is kept"):
        restore(data, tmp_path / "backup")
    with pytest.raises(BackupError, match="no backup"):
        restore(Settings(data_dir=tmp_path / "there"), tmp_path)
    with pytest.raises(StoreError):
        back_up(Settings(data_dir=tmp_path / "nothing"), tmp_path / "other")


def test_the_commands_back_up_restore_and_examine(records: Records, tmp_path: Path) -> None:
    film = records.intake.accept(film_bytes(), "dicom").film_id
    data, place, there = (str(tmp_path / name) for name in ("data", "place", "there"))

    def run(*command: str, code: int = 0) -> str:
        done = CliRunner().invoke(main, command)
        assert done.exit_code == code, done.output
        return done.output

    assert "files copied" in run("backup", place, "--data-dir", data)
    assert "Restored into" in run("restore", place, "--data-dir", there)
    assert "fits together" in run("doctor", "--data-dir", there)
    assert "up to date" in run("migrate", "--data-dir", there)
    with closing(open_records(Settings(data_dir=Path(there)))) as restored:
        restored.archive.drop(film)
        stray = "01JARADMZ0000000000000G0NE"
        restored.archive.keep(stray, film_bytes(SOPInstanceUID="1.2"))
        os.utime(folder_of(restored.archive, stray), (0, 0))
    said = run("doctor", "--data-dir", there, code=1)
    assert "1 films are recorded as kept" in said
    assert "1 folders of films have no record" in said
    assert "recorded and graded" in run("doctor", "--repair", "--data-dir", there)
    assert "fits together" in run("doctor", "--data-dir", there)
