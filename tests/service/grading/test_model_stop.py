"""While the model is stopped films are kept, marked and not graded; then they are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from radiograde.model.limits import Limits
from radiograde.model.reading.film_file import open_film
from radiograde.service.config.settings import Settings
from radiograde.service.grading.faults import standing_faults
from radiograde.service.grading.film_grader import FilmGrader
from radiograde.service.grading.model_stop import ModelStop
from radiograde.service.grading.reconciler import standing
from radiograde.service.grading.records import Records, open_records
from radiograde.service.monitoring.statistics_repository import StatisticsRepository
from radiograde.service.programme_errors import ModelStoppedError
from tests.service.fakes import FACTS, FakeScorer, png
from tests.service.grading.conftest import MakeFilm
from tests.service.programme.site_models import NamedScorer


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    with closing(open_records(Settings(data_dir=tmp_path))) as made:
        yield made


def stopped(records: Records) -> str:
    alarm = ModelStop(records).stop(FACTS.sha256, "kim", "It looks wrong")
    assert alarm is not None
    return alarm.id


def test_a_sender_is_told_and_the_film_is_graded_once_the_model_is_released(
    records: Records,
) -> None:
    grader = FilmGrader(records, FakeScorer(), Limits())
    before = grader.answer(png(70, 80))
    alarm = stopped(records)
    with pytest.raises(ModelStoppedError):
        grader.answer(png())
    assert grader.answer(png(70, 80)).id == before.id, "what was graded is answered"
    film = records.jobs.page(5, state="waiting")[0]
    assert film.reason == "model_stopped"
    assert records.archive.has(film.id)
    assert ModelStop(records).go_on(FACTS.sha256) == 0
    ModelStop(records).clear(alarm, "lee")
    assert grader.answer(png()).id == film.id


def test_a_film_of_the_queue_waits_without_being_tried_again_and_again(
    records: Records, make_film: MakeFilm
) -> None:
    grader = FilmGrader(records, FakeScorer(), Limits())
    receipt = records.intake.accept(open_film(make_film(1), Limits()), "dicom")
    alarm = stopped(records)
    grader.grade_waiting(receipt.film_id)
    assert records.results.find(receipt.film_id) is None
    assert records.stopped_films.count() == 1
    assert not standing(records.database, records.queue).films
    found = standing_faults(records, _settings(records))
    assert "model_stopped" in {fault.code for fault in found}
    ModelStop(records).clear(alarm, "lee")
    assert records.stopped_films.count() == 0
    grader.grade_waiting(receipt.film_id)
    assert records.jobs.get(receipt.film_id).state == "graded"
    assert records.jobs.get(receipt.film_id).reason is None


def _settings(records: Records) -> Settings:
    return Settings(data_dir=Path(str(records.database.engine.url.database)).parent)


def test_another_model_grades_on(records: Records) -> None:
    """A rollback is the quickest way out: films that wait go to the model before."""
    grader = FilmGrader(records, FakeScorer(), Limits())
    stopped(records)
    with pytest.raises(ModelStoppedError):
        grader.answer(png())
    grader.use(NamedScorer(b"before"))
    assert ModelStop(records).go_on(grader.scorer.facts.sha256) == 1
    assert grader.answer(png()).model.name == "site"


def test_it_is_stopped_by_hand_once(records: Records) -> None:
    stopped(records)
    assert ModelStop(records).stop(FACTS.sha256, "lee", "again") is None


def test_what_is_watched_of_a_film_is_recorded_with_its_result(
    records: Records, make_film: MakeFilm
) -> None:
    grader = FilmGrader(records, FakeScorer(), Limits())
    receipt = records.intake.accept(open_film(make_film(1), Limits()), "dicom")
    grader.grade_waiting(receipt.film_id)
    grader.answer(b"no film at all")
    rows = StatisticsRepository(records.database).last(None, None, 10)
    assert [row.outcome for row in rows] == ["scored", "failed: unknown_format"]
    assert rows[0].brixia == 6.7
    assert rows[0].age is not None
    assert rows[0].machine
    assert rows[1].brixia is None
