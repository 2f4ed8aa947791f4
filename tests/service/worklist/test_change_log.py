"""What has changed, whoever changed it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from radiograde.model.limits import Limits
from radiograde.service.config.settings import Settings
from radiograde.service.database.tables import films
from radiograde.service.errors import StoreError
from radiograde.service.grading.film_grader import FilmGrader
from radiograde.service.grading.records import open_records
from radiograde.service.worklist.change_log import Change, ChangeLog
from tests.service.fakes import FakeScorer, png
from tests.service.worklist.stock import PATIENT, Stock


@pytest.fixture
def changes(stock: Stock) -> ChangeLog:
    """Return a log that has looked once."""
    log = ChangeLog(stock.records.database)
    assert log.poll() == []
    return log


def test_every_turn_of_a_film_is_told_once(stock: Stock, changes: ChangeLog) -> None:
    repository = stock.records.films
    aside, failed = stock.film(), stock.film()
    assert changes.poll() == [Change("film", aside), Change("film", failed)]
    assert changes.poll() == []
    repository.begin(aside)
    assert changes.poll() == [], "counting an attempt is no change"
    stock.set_aside(aside)
    assert changes.poll() == [Change("film", aside)]
    stock.fail(failed)
    assert changes.poll() == [Change("film", failed)]
    assert stock.records.jobs.retry(failed) == 1
    assert changes.poll() == [Change("film", failed)]
    repository.let_go([aside], lambda _: None)
    assert changes.poll() == [], "films past their time would flood who listens"


def test_results_and_reviews(stock: Stock, changes: ChangeLog) -> None:
    id = stock.scored()
    assert changes.poll() == [Change("film", id)]
    stock.reviewed(id)
    assert changes.poll() == [Change("review", id)]
    stock.reviewed(id)
    assert changes.poll() == [Change("review", id)]
    assert changes.poll() == []


def test_a_withdrawal(stock: Stock, changes: ChangeLog) -> None:
    id = stock.scored()
    assert changes.poll() == [Change("film", id)]
    stock.records.withdrawal_recorder().withdraw(id, "kim", "Wrong patient")
    assert changes.poll() == [Change("film", id)]
    assert changes.poll() == []


def test_deliveries(stock: Stock, changes: ChangeLog) -> None:
    id = stock.scored(patient=PATIENT)
    assert changes.poll() == [Change("film", id, PATIENT)]
    with stock.records.database.write() as connection:
        stock.records.deliveries.plan(connection, id, ["pacs"])
    assert changes.poll() == [Change("delivery", id, PATIENT)]
    planned = stock.records.deliveries.begin(id, "pacs")
    assert planned is not None
    stock.records.deliveries.delivered(planned)
    assert changes.poll() == [Change("delivery", id, PATIENT)]
    assert changes.poll() == []


def test_a_film_answered_at_once(stock: Stock, changes: ChangeLog) -> None:
    result = FilmGrader(stock.records, FakeScorer(), Limits()).answer(png())
    assert changes.poll() == [Change("film", str(result.id))]


def test_another_process(stock: Stock, changes: ChangeLog, tmp_path: Path) -> None:
    other = open_records(Settings(data_dir=tmp_path / "data"))
    try:
        id = Stock(other).scored()
        assert changes.poll() == [Change("film", id)]
    finally:
        other.close()


def test_what_was_there_before_is_not_told(stock: Stock) -> None:
    stock.scored()
    log = ChangeLog(stock.records.database)
    assert log.poll() == []
    id = stock.scored()
    assert log.poll() == [Change("film", id)]


def test_what_changes_before_the_first_look_is_told(stock: Stock) -> None:
    log = ChangeLog(stock.records.database)
    id = stock.scored()
    assert log.poll() == [Change("film", id)]


@pytest.mark.parametrize("seconds", [-8, 3600])
def test_a_clock_that_goes_wrong(stock: Stock, changes: ChangeLog, seconds: int) -> None:
    id = stock.film()
    at = datetime.now(UTC) + timedelta(seconds=seconds)
    with stock.records.database.write() as connection:
        connection.execute(sa.update(films).where(films.c.id == id).values(changed=at))
    assert changes.poll() == [Change("film", id)]
    assert changes.poll() == []


def test_nothing_is_missed_while_the_database_is_away(
    stock: Stock, changes: ChangeLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        nowhere = sa.create_engine("sqlite:////nowhere/radiograde.sqlite")
        patch.setattr(stock.records.database, "engine", nowhere)
        with pytest.raises(StoreError):
            changes.poll()
    id = stock.film()
    at = changes._polled + timedelta(seconds=0.001)
    with stock.records.database.write() as connection:
        connection.execute(sa.update(films).where(films.c.id == id).values(changed=at))
    assert changes.poll() == [Change("film", id)]
