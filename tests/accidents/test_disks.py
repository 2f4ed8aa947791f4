"""A disk that takes nothing, and takes again: no film is acknowledged that is not on it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from radiograde.service.errors import NoSpaceError
from radiograde.service.grading.film_grader import MOST_ATTEMPTS
from radiograde.service.grading.housekeeping import drop_expired
from radiograde.service.grading.records import Records
from tests.accidents.disks import read_only
from tests.accidents.test_standing_work import accepted
from tests.service.documents.graded_films import film_bytes
from tests.service.film_folders import folder_of
from tests.service.grading.graders import Outbox, work_with


def test_a_film_that_cannot_be_removed_is_let_go_later(installation: Records) -> None:
    film = accepted(installation)
    work_with(installation).grade(film)
    films = folder_of(installation.archive, film).parents[1]
    with read_only(films) as is_so:
        if not is_so:
            pytest.skip("this user may mount nothing")
        with pytest.raises(NoSpaceError):
            drop_expired(installation.archive, installation.films, timedelta(0))
    assert installation.archive.film(film) == film_bytes()
    drop_expired(installation.archive, installation.films, timedelta(0))
    assert list(installation.archive.ids()) == []


def test_films_that_can_be_read_only_are_refused_and_wait_and_go_on(
    installation: Records,
) -> None:
    outbox = Outbox()
    work = work_with(installation, outbox)
    waits = accepted(installation)
    films = folder_of(installation.archive, waits).parents[1]
    with read_only(films) as is_so:
        if not is_so:
            pytest.skip("this user may mount nothing")
        with pytest.raises(NoSpaceError):
            accepted(installation, film_bytes(SOPInstanceUID="1.2"))
        for _ in range(2 * MOST_ATTEMPTS):
            work.grade(waits)
        job = installation.jobs.get(waits)
        assert (job.state, job.attempts) == ("waiting", 0)
        assert accepted(installation) == waits, "one that is there is acknowledged again"
    assert list(installation.archive.ids()) == [waits]
    later = accepted(installation, film_bytes(SOPInstanceUID="1.2"))
    for film in (waits, later):
        work.grade(film)
        work.deliver(film, "pacs")
    assert installation.jobs.counts()["graded"] == 2
    assert sorted(film for film, _ in outbox.sent) == sorted([waits, later])
