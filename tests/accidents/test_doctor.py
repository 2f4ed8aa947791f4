"""``radiograde doctor``: what does not fit together is named, and mended without losing a film."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from radiograde.service.config.settings import Settings
from radiograde.service.database.tables import reviews
from radiograde.service.films.archive import FILM, MAPS
from radiograde.service.grading import examination
from radiograde.service.grading.examination import LATE_S, examine
from radiograde.service.grading.records import Records
from tests.accidents.test_standing_work import accepted, change, workflows
from tests.service.documents.graded_films import film_bytes
from tests.service.film_folders import folder_of
from tests.service.grading.graders import Outbox, work_with

FOREIGNER = 12_345


def found(records: Records, settings: Settings, *, repair: bool = False) -> dict[str, int]:
    return {one.code: one.count for one in examine(records, settings, repair=repair)}


def mended(records: Records, settings: Settings) -> bool:
    """Mend what is found; return whether nothing is found any more."""
    examine(records, settings, repair=True)
    return not examine(records, settings)


def test_what_waits_without_work_is_queued_again(installation: Records, settings: Settings) -> None:
    outbox = Outbox()
    work = work_with(installation, outbox)
    unsent, waits = accepted(installation), accepted(installation, film_bytes(SOPInstanceUID="1.2"))
    work.grade(unsent)
    assert found(installation, settings) == {}
    change(installation, f"UPDATE {workflows(installation)} SET status = 'CANCELLED'")  # noqa: S608
    assert found(installation, settings) == {"waiting_without_work": 2}
    assert mended(installation, settings)
    work.grade(waits)
    for film in (unsent, waits):
        work.deliver(film, "pacs")
    assert installation.jobs.counts()["undelivered"] == 0
    assert sorted(film for film, _ in outbox.sent) == sorted([unsent, waits])


@pytest.mark.parametrize("damage", ["torn", "of a later grading"])
def test_maps_that_are_not_of_their_result_are_made_anew(
    installation: Records, settings: Settings, damage: str
) -> None:
    film = accepted(installation)
    work = work_with(installation)
    work.grade(film)
    path = folder_of(installation.archive, film) / MAPS
    if damage == "torn":
        path.write_bytes(path.read_bytes()[:100])
    else:
        late = datetime.now(UTC).timestamp() + 2 * LATE_S
        os.utime(path, (late, late))
    assert found(installation, settings) == {"documents_of_another_result": 1}
    assert mended(installation, settings)
    assert installation.jobs.get(film).state == "waiting"
    work.grade(film)
    assert installation.archive.maps(film) is not None
    assert installation.results.get(film)["id"] == film
    assert found(installation, settings) == {}


def test_what_a_reader_reviewed_is_left_as_it_is(installation: Records, settings: Settings) -> None:
    film = accepted(installation)
    work_with(installation).grade(film)
    review = {"id": film, "result_id": film, "reviewer": "ann", "verdict": "accepted"}
    with installation.database.write() as connection:
        connection.execute(sa.insert(reviews), review | {"created": datetime.now(UTC)})
    (folder_of(installation.archive, film) / MAPS).write_bytes(b"torn")
    assert found(installation, settings, repair=True) == {}
    assert installation.jobs.get(film).state == "graded"


@pytest.mark.skipif(os.name != "posix", reason="has no owners and modes")
def test_owner_and_mode_are_set_right(records: Records, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    film = accepted(records)
    folder = folder_of(records.archive, film)
    (folder / FILM).chmod(0o044)
    folder.chmod(0o500)
    expected = 2
    if os.geteuid() == 0:
        os.chown(folder.parent, FOREIGNER, FOREIGNER)
        expected = 3
    assert found(records, settings) == {"foreign_owner_or_mode": expected}
    assert mended(records, settings)
    assert stat.S_IMODE((folder / FILM).stat().st_mode) & 0o600 == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) & 0o700 == 0o700
    assert folder.parent.stat().st_uid == settings.data_dir.stat().st_uid
    assert records.archive.film(film) == film_bytes()


def test_a_file_that_vanishes_meanwhile_is_no_misfit(
    records: Records, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "data" / "films" / ".half-written"
    monkeypatch.setattr(examination, "paths_below", lambda _: iter([gone]))
    assert found(records, Settings(data_dir=tmp_path / "data")) == {}
