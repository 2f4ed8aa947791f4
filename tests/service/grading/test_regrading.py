"""Old films by the model of today: beside their own results, and delivered only where asked."""

from __future__ import annotations

import dataclasses
import threading
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from radiograde.command import main
from radiograde.model.errors import ModelFileError
from radiograde.model.reading.radiograph import Radiograph
from radiograde.model.scoring.result import SeverityResult
from radiograde.model.scoring.scorer import Scorer
from radiograde.service.config.settings import Settings
from radiograde.service.errors import StoreError
from radiograde.service.films.previous_score import CoursePlace, change_of
from radiograde.service.films.regrading_repository import keep_beside
from radiograde.service.films.score_change import RepeatabilityLimit
from radiograde.service.grading.records import Records, open_records
from radiograde.service.grading.regrader import Regrader
from radiograde.service.programme.model_repository import ModelRepository
from radiograde.service.reviews.review import Judgement
from radiograde.service.worklist.history import History
from tests.service.fakes import FACTS, FakeScorer
from tests.service.grading.conftest import MakeFilm
from tests.service.grading.graders import DirectWork, Outbox, work_with
from tests.service.processes import waited
from tests.service.worklist.stock import BEGAN, Stock

NEW = "ef" * 32


class NewModel(FakeScorer):
    """Finds two points more than the model before."""

    def __init__(self) -> None:
        super().__init__()
        self.facts = dataclasses.replace(FACTS, sha256=NEW)

    def score(self, radiograph: Radiograph) -> SeverityResult:
        result = super().score(radiograph)
        assert result.scores is not None
        more = dataclasses.replace(result.scores.brixia, value=result.scores.brixia.value + 2)
        scores = dataclasses.replace(result.scores, brixia=more)
        return dataclasses.replace(result, model=self.facts, scores=scores)


def no_model(sha256: str) -> Scorer:
    raise ModelFileError("No model of this site has this digest.")


def graded(records: Records, work: DirectWork, *films: bytes) -> list[str]:
    """Return the ids of films that the former model graded."""
    ids = [records.intake.accept(film, "dicom").film_id for film in films]
    for id in ids:
        work.grade(id)
    return ids


def deliveries(records: Records, id: str) -> list[str]:
    return [one.state for one in records.jobs.get(id).deliveries]


def model_of(records: Records, id: str) -> str:
    return str(records.results.get(id)["model"]["sha256"])


@pytest.fixture
def work(records: Records) -> DirectWork:
    return work_with(records, Outbox())


def test_results_are_kept_beside_and_nothing_is_delivered(
    records: Records, work: DirectWork, make_film: MakeFilm
) -> None:
    ids = graded(records, work, make_film(1), make_film(2))
    records.regradings.ask(ids, NEW)
    before = [(records.results.stored(id), deliveries(records, id)) for id in ids]
    regrader = Regrader(records, work.grader, lambda _: NewModel())
    assert [regrader.next() for _ in range(3)] == [True, True, False]
    assert [(records.results.stored(id), deliveries(records, id)) for id in ids] == before
    beside = records.regradings.of_films(ids, NEW)
    assert [beside[id].document["scores"]["brixia"]["value"] for id in ids] == [8.7, 8.7]
    assert [(one.state, one.films) for one in records.regradings.progress()] == [("done", 2)]


def test_no_film_is_graded_again_while_a_new_one_waits(
    records: Records, work: DirectWork, make_film: MakeFilm
) -> None:
    records.regradings.ask(graded(records, work, make_film(1)), NEW)
    regrader = Regrader(records, work.grader, lambda _: NewModel())
    waiting = records.intake.accept(make_film(2), "dicom").film_id
    assert not regrader.next()
    work.grade(waiting)
    assert regrader.next()


def test_where_asked_the_result_takes_the_place_and_goes_out(
    records: Records, work: DirectWork, make_film: MakeFilm
) -> None:
    plain, reviewed, withdrawn = graded(records, work, *map(make_film, (1, 2, 3)))
    Stock(records).reviewed(reviewed, judgement=Judgement("accepted"))
    records.withdrawal_recorder().withdraw(withdrawn, "kim", "Wrong patient")
    for id in (plain, reviewed, withdrawn):
        work.deliver(id, "pacs")
    work.grader.use(NewModel())
    records.regradings.ask((plain, reviewed, withdrawn), NEW, deliver=True)
    regrader = Regrader(records, work.grader, no_model)
    while regrader.next():
        pass
    models = [model_of(records, id) for id in (plain, reviewed, withdrawn)]
    assert models == [NEW, FACTS.sha256, FACTS.sha256]
    assert records.regradings.of_films([plain], FACTS.sha256).keys() == {plain}
    assert records.regradings.of_films([reviewed, withdrawn], NEW).keys() == {reviewed, withdrawn}
    assert deliveries(records, plain) == ["waiting"]
    assert deliveries(records, reviewed) == ["delivered"]
    outbox = work.deliverer.destinations["pacs"][1]
    assert isinstance(outbox, Outbox)
    sent = len(outbox.sent)
    work.deliver(plain, "pacs")
    assert len(outbox.sent) == sent + 1


def test_a_result_is_not_delivered_that_is_of_another_model_than_grades_by_now(
    records: Records, work: DirectWork, make_film: MakeFilm
) -> None:
    (id,) = graded(records, work, make_film(1))
    records.regradings.ask([id], NEW, deliver=True)
    assert Regrader(records, work.grader, lambda _: NewModel()).next()
    assert model_of(records, id) == FACTS.sha256
    assert records.regradings.of_films([id], NEW).keys() == {id}


def test_what_a_killed_worker_had_in_hand_goes_on_and_is_given_up_in_the_end(
    records: Records,
    work: DirectWork,
    make_film: MakeFilm,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    records.regradings.ask(graded(records, work, make_film(1)), NEW)
    regrader = Regrader(records, work.grader, lambda _: NewModel())
    assert records.regradings.take() is not None  # and the process ends here
    assert not regrader.next()
    past = "radiograde.service.films.regrading_repository.IN_HAND"
    monkeypatch.setattr(past, timedelta(days=-1))
    assert records.regradings.take() is not None
    assert regrader.next()
    assert [(one.state, one.films) for one in records.regradings.progress()] == [("failed", 1)]


def test_a_fault_of_this_side_does_not_count(
    records: Records, work: DirectWork, make_film: MakeFilm, monkeypatch: pytest.MonkeyPatch
) -> None:
    records.regradings.ask(graded(records, work, make_film(1)), NEW)
    regrader = Regrader(records, work.grader, lambda _: NewModel())
    fault = "radiograde.service.grading.regrader.keep_beside"
    for _ in range(3):
        with monkeypatch.context() as broken:
            broken.setattr(fault, away)
            with pytest.raises(StoreError):
                regrader.next()
    assert regrader.next()
    assert [one.state for one in records.regradings.progress()] == ["done"]


def away(*_: object) -> None:
    raise StoreError("The database does not answer.")


def test_a_model_that_is_gone_and_a_film_that_is_gone_are_told(
    records: Records, work: DirectWork, make_film: MakeFilm
) -> None:
    one, two = graded(records, work, make_film(1), make_film(2))
    records.regradings.ask([one], NEW)
    assert Regrader(records, work.grader, no_model).next()
    records.archive.drop(two)
    records.regradings.ask([two], NEW)
    assert Regrader(records, work.grader, lambda _: NewModel()).next()
    assert [(one.state, one.films) for one in records.regradings.progress()] == [("failed", 2)]


def test_the_worker_does_it_by_itself(
    records: Records, work: DirectWork, make_film: MakeFilm
) -> None:
    records.regradings.ask(graded(records, work, make_film(1), make_film(2)), NEW)
    stop = threading.Event()
    regrader = Regrader(records, work.grader, lambda _: NewModel())
    thread = threading.Thread(target=regrader.run, args=(stop, 0.05))
    thread.start()
    try:
        assert waited(lambda: [one.state for one in records.regradings.progress()] == ["done"])
    finally:
        stop.set()
        thread.join()


def test_the_course_over_time_is_drawn_by_one_model(records: Records) -> None:
    stock = Stock(records)
    old, older, last = (
        stock.scored(brixia, patient="A" * 26, acquired=f"2026-02-0{day}", sha256=sha256)
        for day, brixia, sha256 in ((1, 3.0, ""), (2, 4.0, ""), (3, 9.5, NEW))
    )
    history = History(records.database, records.reviews, lambda: RepeatabilityLimit(NEW, 4.0))

    def course() -> list[tuple[float | None, bool, bool, str | None]]:
        return [
            (
                None if one.brixia is None else one.brixia.value,
                one.regraded,
                one.other_model,
                None if one.change is None else one.change.verdict,
            )
            for one in history.of(last).films
        ]

    assert course() == [
        (3.0, False, True, None),
        (4.0, False, True, "not_known"),
        (9.5, False, False, "other_model"),
    ]
    beside(records, older, 5.0)
    beside(records, old, 3.2)
    assert course() == [
        (3.2, True, False, None),
        (5.0, True, False, "no_certain_change"),
        (9.5, False, False, "worse"),
    ]
    with records.database.reading() as connection:
        place = CoursePlace(last, "A" * 26, "2026-02-03", BEGAN, None)
        found = records.results.get(last)
        assert change_of(connection, place, found, RepeatabilityLimit(NEW, 4.0)) == "worse"


def beside(records: Records, id: str, brixia: float) -> None:
    """Keep a score of the new model beside a film's own."""
    stored = records.results.stored(id)
    scores = stored.document["scores"]
    scores["brixia"]["value"] = brixia
    document = {**stored.document, "model": {"sha256": NEW}, "scores": scores}
    with records.database.write() as connection:
        keep_beside(connection, id, document, stored.began)


def test_the_command_asks_once_and_says_how_far_it_is(tmp_path: Path, records: Records) -> None:
    stock = Stock(records)
    stock.scored(acquired="2026-02-01", sha256="cd" * 32)
    stock.scored(acquired="2026-02-03", sha256="cd" * 32)
    sha256 = "0" * 64
    stock.scored(acquired="2026-02-04", sha256=sha256)

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(
            main, ["regrade", *arguments, "--data-dir", str(tmp_path / "data")]
        )
        assert done.exit_code == 0, done.output
        return done.output

    assert "No film was graded again" in run()
    days = ("--since", "2026-02-02", "--until", "2026-02-28")
    assert "2 films to be graded" in run(*days, "--dry-run")
    assert "2 films to be graded" in run(*days)
    assert "0 films to be graded" in run(*days)
    shown = run()
    assert "waiting" in shown
    assert "2" in shown


def test_only_the_model_that_grades_delivers(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    with closing(open_records(settings)) as records:
        ModelRepository(records.database).add(dataclasses.replace(FACTS, sha256=NEW), "kim")
    arguments = ["regrade", "--since", "2026-01-01", "--data-dir", str(tmp_path)]
    done = CliRunner().invoke(main, [*arguments, "--model", NEW[:8], "--deliver"])
    assert done.exit_code == 2
    assert "delivered" in done.output
    done = CliRunner().invoke(main, [*arguments, "--model", NEW[:8]])
    assert done.exit_code == 0
    assert f"0 films to be graded by {NEW[:12]}" in done.output
