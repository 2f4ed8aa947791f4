from __future__ import annotations

import os
import time
from datetime import timedelta

from radiograde.service.errors import UnreachableError
from radiograde.service.grading.housekeeping import drop_expired, drop_unrecorded
from radiograde.service.grading.records import Records
from tests.service.documents.graded_films import film_bytes
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


def test_what_was_never_accepted_is_cleared_away(records: Records) -> None:
    film = records.intake.accept(film_bytes(), "dicom").film_id
    lost, new = "01JARADMZ0000000000000G0NE", "01JARADMZ00000000000000NEW"
    for one in (lost, new):
        records.archive.keep(one, b"incomplete")
    long_ago = time.time() - 7200
    for one in (film, lost):
        folder = records.archive.folder(one)
        os.utime(folder, (long_ago, long_ago))
    drop_unrecorded(records.archive, records.films)
    assert sorted(records.archive.ids()) == sorted([film, new])
