from __future__ import annotations

import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from radiograde.model.reading.radiograph import Radiograph
from radiograde.model.scoring.result import SeverityResult
from radiograde.service.errors import UnreachableError
from radiograde.service.grading.housekeeping import forget_finished_work
from radiograde.service.grading.records import Records
from radiograde.service.grading.slots import take_slot
from radiograde.service.grading.worker import working
from tests.service.fakes import FakeScorer, png
from tests.service.grading.conftest import MakeFilm
from tests.service.grading.graders import Outbox, work_with
from tests.service.processes import waited


def test_films_are_graded_and_delivered_by_themselves(
    records: Records, make_film: MakeFilm
) -> None:
    outbox = Outbox()
    slot = take_slot(records.database, threading.Event())
    assert slot is not None
    early = records.intake.accept(make_film(0), "dicom").film_id
    with working(work_with(records, outbox), records.database.url, slot, graders=2):
        assert waited(lambda: len(outbox.sent) == 1)
        late = [records.intake.accept(make_film(n), "dicom").film_id for n in range(1, 6)]
        assert waited(lambda: len(outbox.sent) == 6)
        forget_finished_work()
    slot.release()
    assert sorted(film for film, _ in outbox.sent) == sorted([early, *late])
    assert records.jobs.counts()["graded"] == 6
    assert records.jobs.counts()["undelivered"] == 0


def test_a_worker_stops_when_what_waits_for_it_fails(records: Records) -> None:
    """Its threads were waited for before they were told to stop: it hung for good."""
    slot = take_slot(records.database, threading.Event())
    assert slot is not None
    with (
        pytest.raises(LookupError),
        working(work_with(records, Outbox()), records.database.url, slot, graders=2),
    ):
        raise LookupError
    slot.release()


def test_a_destination_that_comes_back_gets_everything(
    records: Records, make_film: MakeFilm
) -> None:
    outbox, other = Outbox("down", UnreachableError("Nobody answers.")), Outbox("up")
    slot = take_slot(records.database, threading.Event())
    assert slot is not None
    with working(work_with(records, outbox, other), records.database.url, slot, graders=2):
        films = {records.intake.accept(make_film(n), "dicom").film_id for n in range(4)}
        assert waited(lambda: len(other.sent) == 4)
        assert waited(lambda: outbox.calls >= 4)
        outbox.error = None
        assert waited(lambda: len(outbox.sent) == 4)
    slot.release()
    assert {film for film, _ in outbox.sent} == films


def test_a_film_whose_request_ended_early_is_graded_by_the_worker(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("radiograde.service.films.film_repository.REQUEST_S", 0.5)
    slot = take_slot(records.database, threading.Event())
    assert slot is not None
    film = records.intake.accept(png(), "http").film_id  # and the process ends here
    with working(work_with(records), records.database.url, slot, graders=2):
        assert waited(lambda: records.jobs.get(film).state == "graded")
    slot.release()
    assert records.jobs.get(film).attempts == 2


def test_a_film_that_its_request_graded_is_not_graded_again(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("radiograde.service.films.film_repository.REQUEST_S", 0.1)
    scorer = CountingScorer()
    work = work_with(records, scorer=scorer)
    slot = take_slot(records.database, threading.Event())
    assert slot is not None
    with working(work, records.database.url, slot, graders=2):
        work.grader.answer(png())
        assert waited(lambda: not unfinished(records))
    slot.release()
    assert scorer.calls == 1


class CountingScorer(FakeScorer):
    """Counts the films that it scores."""

    calls = 0

    def score(self, radiograph: Radiograph) -> SeverityResult:
        self.calls += 1
        return super().score(radiograph)


def unfinished(records: Records) -> int:
    """Return how many pieces of work the queue still holds."""
    query = sa.text("SELECT count(*) FROM workflow_status WHERE status <> 'SUCCESS'")
    with records.database.engine.connect() as connection:
        return int(connection.execute(query).scalar() or 0)


def test_a_second_worker_stands_by_until_the_first_is_gone(records: Records) -> None:
    first = take_slot(records.database, threading.Event())
    assert first is not None
    stop = threading.Event()
    slots = []
    second = threading.Thread(target=lambda: slots.append(take_slot(records.database, stop)))
    second.start()
    second.join(0.7)
    assert second.is_alive()
    first.release()
    second.join(5)
    assert slots[0] is not None
    slots[0].release()


def test_the_lock_lies_beside_the_database(records: Records, tmp_path: Path) -> None:
    slot = take_slot(records.database, threading.Event())
    assert slot is not None
    assert (tmp_path / "data" / "radiograde.sqlite.worker").exists()
    slot.release()
