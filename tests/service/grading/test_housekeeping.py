from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

from radiograde.service.errors import UnreachableError
from radiograde.service.films.archive import FILM, Archive
from radiograde.service.grading.housekeeping import (
    UnrecordedFolders,
    adopt_unrecorded,
    drop_expired,
    drop_set_aside,
    keep_house,
)
from radiograde.service.grading.records import Records
from tests.service.documents.graded_films import film_bytes
from tests.service.film_folders import beside_films, folder_of
from tests.service.grading.graders import Outbox, work_with

AT_ONCE = timedelta(0)


def test_films_past_their_time_go_and_results_stay(records: Records) -> None:
    film = records.intake.accept(film_bytes(), "dicom").film_id
    work_with(records).grade(film)
    drop_expired(records.archive, records.films, timedelta(days=1))
    assert list(records.archive.ids()) == [film]
    drop_expired(records.archive, records.films, AT_ONCE)
    assert list(records.archive.ids()) == []
    assert records.results.get(film)["status"] == "scored"
    again = records.intake.accept(film_bytes(), "dicom")
    assert (again.film_id, again.known) == (film, True)
    assert records.archive.film(film) == film_bytes()
    assert records.jobs.get(film).state == "graded"


def test_what_waits_or_is_not_delivered_stays(records: Records) -> None:
    waiting = records.intake.accept(film_bytes(), "dicom").film_id
    unsent = records.intake.accept(film_bytes(SOPInstanceUID="1.2.3"), "dicom").film_id
    work = work_with(records, Outbox(error=UnreachableError("Nobody answers.")))
    work.grade(unsent)
    work.deliver(unsent, "pacs")
    drop_expired(records.archive, records.films, AT_ONCE)
    assert sorted(records.archive.ids()) == sorted([waiting, unsent])


def aged(records: Records, *film_ids: str) -> None:
    """Let folders have been there for two hours."""
    long_ago = time.time() - 7200
    for one in film_ids:
        os.utime(folder_of(records.archive, one), (long_ago, long_ago))


def adopt(records: Records) -> int:
    return adopt_unrecorded(records.archive, records.films, records.intake)


def test_what_no_record_knows_is_adopted_once_it_is_old(records: Records) -> None:
    film = records.intake.accept(film_bytes(), "dicom").film_id
    lost, new = "01JARADMZ0000000000000G0NE", "01JARADMZ00000000000000NEW"
    for one in (lost, new):
        records.archive.keep(one, film_bytes(SOPInstanceUID="1.2.3"))
    aged(records, film, lost)
    assert adopt(records) == 1
    assert sorted(records.archive.ids()) == sorted([film, new, lost])
    work_with(records).grade(lost)
    assert records.jobs.get(lost).state == "graded"
    assert adopt(records) == 0


def test_only_where_something_came_is_looked_again(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = records.intake.accept(film_bytes(), "dicom").film_id
    group = folder_of(records.archive, film).parent
    os.utime(group, (time.time() - 60,) * 2)
    folders = UnrecordedFolders(records.archive, records.films)
    assert folders.older_than(-1) == []
    looked: list[str] = []
    ids_in = records.archive.ids_in

    def watched(archive: Archive, group: str) -> Iterator[str]:
        looked.append(group)
        return ids_in(group)

    monkeypatch.setattr(Archive, "ids_in", watched)
    assert folders.older_than(-1) == []
    assert looked == []
    lost = f"01JARADMZ000000000000000{film[-2:]}"
    records.archive.keep(lost, film_bytes(SOPInstanceUID="1.2.3"))
    assert folders.older_than(3600) == [], "it is too new"
    assert folders.older_than(-1) == [lost]
    assert looked == [group.name] * 2


def test_what_is_no_film_of_its_own_is_set_apart_and_not_removed(records: Records) -> None:
    film = records.intake.accept(film_bytes(), "dicom").film_id
    same, empty = "01JARADMZ0000000000000SAME", "01JARADMZ000000000000EMPTY"
    records.archive.keep(same, film_bytes())
    folder_of(records.archive, empty).mkdir(parents=True)
    aged(records, film, same, empty)
    assert adopt(records) == 0
    assert list(records.archive.ids()) == [film]
    quarantine = beside_films(records.archive, "quarantine")
    assert sorted(folder.name for folder in quarantine.iterdir()) == sorted([same, empty])
    assert (quarantine / same / FILM).read_bytes() == film_bytes()


def test_a_stray_file_and_a_task_that_breaks_stop_nothing(records: Records) -> None:
    records.intake.accept(film_bytes(), "dicom")
    (beside_films(records.archive, "films") / "xx").write_bytes(b"stray")
    assert len(list(records.archive.ids())) == 1
    stop, passes = threading.Event(), []

    def breaks() -> None:
        raise RuntimeError("DOE^JANE")

    def last() -> None:
        passes.append(1)
        if len(passes) == 3:
            stop.set()

    keep_house(stop, [breaks, last], every_s=0.01, first_after_s=0.01)
    assert len(passes) == 3


def set_aside(records: Records, *numbers: int) -> list[str]:
    """Return objects that are no films, in the order in which they came."""
    ct = "1.2.840.10008.5.1.4.1.1.2"
    found = []
    for n in numbers:
        content = film_bytes(SOPClassUID=ct, SOPInstanceUID=f"1.2.{n}")
        found.append(records.intake.accept(content, "dicom").film_id)
        work_with(records).grade(found[-1])
        assert records.jobs.get(found[-1]).state == "set_aside"
    return found


def test_what_was_set_aside_goes_before_films_do(records: Records) -> None:
    film = records.intake.accept(film_bytes(), "dicom").film_id
    work_with(records).grade(film)
    aside = set_aside(records, 1)
    drop_set_aside(records.archive, records.films, timedelta(days=1), 2**30)
    assert sorted(records.archive.ids()) == sorted([film, *aside])
    drop_set_aside(records.archive, records.films, AT_ONCE, 2**30)
    assert list(records.archive.ids()) == [film]
    assert records.jobs.get(aside[0]).state == "set_aside"


def test_of_what_was_set_aside_beyond_the_quota_the_first_goes(records: Records) -> None:
    film = records.intake.accept(film_bytes(), "dicom").film_id
    work_with(records).grade(film)
    first, second, third = set_aside(records, 1, 2, 3)
    size = records.films.size_of("set_aside")
    assert size == sum(len(records.archive.film(one)) for one in (first, second, third))
    drop_set_aside(records.archive, records.films, timedelta(days=1), size)
    assert len(list(records.archive.ids())) == 4
    drop_set_aside(records.archive, records.films, timedelta(days=1), size - 1)
    assert sorted(records.archive.ids()) == sorted([film, second, third])
    drop_set_aside(records.archive, records.films, timedelta(days=1), 0)
    assert list(records.archive.ids()) == [film]
