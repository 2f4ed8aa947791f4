"""Priors are fetched once, graded, marked, and delivered to nobody who did not ask for them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from radiograde.model.errors import RadiogradeError, TooLargeError
from radiograde.service.config.archives import PriorsConfig
from radiograde.service.database.pacs_tables import prior_fetches
from radiograde.service.database.tables import films
from radiograde.service.delivery.breakers import Breakers
from radiograde.service.errors import UnreachableError
from radiograde.service.films.expected_priors import EXPECTED_FOR
from radiograde.service.films.score_change import RepeatabilityLimit
from radiograde.service.grading.reconciler import standing
from radiograde.service.grading.records import Records
from radiograde.service.pacs.query_retrieve import FoundImage, Keep, PatientIdentity
from radiograde.service.priors.prior_repository import PriorFetch, PriorRepository
from radiograde.service.retrieve_errors import (
    OtherPatientError,
    RetrieveError,
    UnknownMoveDestinationError,
)
from radiograde.service.worklist.history import History
from tests.service.grading.graders import DirectWork, Outbox, work_with
from tests.service.pacs.archives import ROOT_UID, course, film_of_day
from tests.service.priors.fake_pacs import FakePacs

NEW = film_of_day("20260304", 1)
Install = Callable[..., tuple[Records, DirectWork]]


@pytest.fixture(scope="module")
def priors() -> list[bytes]:
    return course()


@pytest.fixture
def install(records: Records) -> Install:
    """Return a function from PACS and rules to an installation with one destination."""

    def make(
        *pacs: FakePacs, breakers: Breakers | None = None, **rules: object
    ) -> tuple[Records, DirectWork]:
        config = PriorsConfig.model_validate({"pacs": [one.name for one in pacs], **rules})
        repository = PriorRepository(records.database, records.queue, config)
        changed = dataclasses.replace(records, priors=repository)
        return changed, work_with(changed, Outbox("share"), pacs=pacs, breakers=breakers)

    return make


def arrive(records: Records, work: DirectWork, film: bytes = NEW) -> str:
    """Return a film that came and was graded."""
    film_id = records.intake.accept(film, "dicom", "MODALITY").film_id
    work.grade(film_id)
    return film_id


def grade_all(records: Records, work: DirectWork) -> None:
    query = sa.select(films.c.id).where(films.c.state == "waiting")
    for film_id in records.database.values(query, str):
        work.grade(film_id)


def course_of(records: Records, film_id: str) -> list[tuple[str | None, bool]]:
    """Return day and mark of each scored film of the patient."""
    limit = RepeatabilityLimit("ab" * 32, 1.0)
    history = History(records.database, records.reviews, lambda: limit).of(film_id)
    return [((film.taken or "")[:10], film.prior) for film in history.films if film.brixia]


def fetched(records: Records, film_id: str) -> PriorFetch:
    fetch = records.priors.of_film(film_id)
    assert fetch is not None
    return fetch


@pytest.mark.parametrize("moves", [False, True], ids=["sent back", "moved to the node"])
def test_the_course_over_time_is_whole(
    install: Install, priors: Sequence[bytes], moves: bool
) -> None:
    pacs = FakePacs([*priors, NEW])
    records, work = install(pacs)
    if moves:
        pacs.moves_to = lambda film: records.intake.accept(film, "dicom", "PACS")
    film_id = arrive(records, work)
    work.fetch_priors(film_id)
    grade_all(records, work)
    assert course_of(records, film_id) == [
        ("2026-01-01", True),
        ("2026-01-02", True),
        ("2026-01-03", True),
        ("2026-03-04", False),
    ]
    fetch = fetched(records, film_id)
    assert (fetch.state, fetch.films, fetch.error) == ("done", 3, None)


def test_priors_are_delivered_to_nobody_but_the_new_film_is(
    install: Install, priors: Sequence[bytes]
) -> None:
    pacs = FakePacs(list(priors))
    records, work = install(pacs)
    film_id = arrive(records, work)
    work.fetch_priors(film_id)
    grade_all(records, work)
    query = sa.select(films.c.id)
    planned = records.deliveries.of_films(records.database.values(query, str))
    assert [delivery.film_id for delivery in planned] == [film_id]


def test_a_prior_that_is_sent_after_all_is_a_film_like_any_other(
    install: Install, priors: Sequence[bytes]
) -> None:
    pacs = FakePacs(list(priors))
    records, work = install(pacs)
    film_id = arrive(records, work)
    work.fetch_priors(film_id)
    grade_all(records, work)
    sent = records.intake.accept(priors[0], "dicom", "MODALITY")
    assert sent.known
    work.grade(sent.film_id)
    assert course_of(records, film_id)[0] == ("2026-01-01", False)
    assert len(records.deliveries.of_films([sent.film_id])) == 1


def test_they_are_asked_for_once_for_each_study(install: Install, priors: Sequence[bytes]) -> None:
    pacs = FakePacs(list(priors))
    records, work = install(pacs)
    film_id = arrive(records, work)
    second = arrive(records, work, film_of_day("20260304", 1, SOPInstanceUID=f"{ROOT_UID}.1.1.2"))
    for one in (film_id, second, film_id):
        work.fetch_priors(one)
    grade_all(records, work)
    assert pacs.sessions == 1
    assert len(pacs.retrieved) == 3
    assert fetched(records, second).film_id == film_id

    later = arrive(records, work, film_of_day("20260401", 2))
    work.fetch_priors(later)
    assert pacs.sessions == 2
    assert len(pacs.retrieved) == 3, "what is here is not fetched again"


def test_priors_have_no_priors_fetched_in_turn(install: Install, priors: Sequence[bytes]) -> None:
    records, work = install(FakePacs(list(priors)))
    film_id = arrive(records, work)
    work.fetch_priors(film_id)
    grade_all(records, work)
    rows = records.database.values(sa.select(prior_fetches.c.film_id), str)
    assert rows == [film_id]


def test_a_film_of_another_patient_is_not_kept(install: Install) -> None:
    stranger = film_of_day("20260101", 101, PatientBirthDate="19700101")
    for moves in (False, True):
        pacs = FakePacs([stranger], answers_as=PatientIdentity("P-1"))
        records, work = install(pacs)
        if moves:
            pacs.moves_to = lambda film, records=records: records.intake.accept(film, "dicom", "P")
        number = 1 + moves
        film_id = arrive(records, work, film_of_day("20260304", number))
        work.fetch_priors(film_id)
        fetch = fetched(records, film_id)
        assert (fetch.state, fetch.films, fetch.error) == ("done", 0, OtherPatientError.code)
        assert records.films.known(f"sop:{ROOT_UID}.101.1.1") is None


def test_a_film_that_nobody_asked_for_is_no_prior(records: Records) -> None:
    uid = f"{ROOT_UID}.1.1.1"
    patient = "A" * 26
    records.expected_priors.add(uid, patient)
    with pytest.raises(OtherPatientError):
        records.intake.accept(NEW, "dicom")
    records.expected_priors.remove(uid)
    film_id = records.intake.accept(NEW, "dicom").film_id
    assert records.films.sources_of(film_id) == {"dicom"}


def test_what_is_expected_is_forgotten_in_time(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    records.expected_priors.add("1.2.3", "A" * 26)
    assert records.expected_priors.find("1.2.3") is not None
    monkeypatch.setattr(
        "radiograde.service.films.expected_priors.EXPECTED_FOR", timedelta(seconds=-1)
    )
    assert records.expected_priors.find("1.2.3") is None
    assert timedelta(minutes=1) < EXPECTED_FOR


def test_nothing_found_is_said(install: Install) -> None:
    records, work = install(FakePacs())
    film_id = arrive(records, work)
    work.fetch_priors(film_id)
    fetch = fetched(records, film_id)
    assert (fetch.state, fetch.films, fetch.error) == ("done", 0, "nothing_found")


@pytest.mark.parametrize(
    ("error", "attempts"),
    [
        (UnreachableError("It does not answer."), 3),
        (UnknownMoveDestinationError("It does not know RADIOGRADE."), 3),
        (RetrieveError("It offers no C-FIND."), 3),
    ],
)
def test_what_fails_is_tried_again_later(
    install: Install, priors: Sequence[bytes], error: RadiogradeError, attempts: int
) -> None:
    pacs = FakePacs(list(priors), error=error)
    records, work = install(pacs)
    film_id = arrive(records, work)
    for attempt in range(1, attempts + 1):
        work.fetch_priors(film_id)
        fetch = fetched(records, film_id)
        assert (fetch.state, fetch.attempts, fetch.error) == ("waiting", attempt, error.code)
    pacs.error = None
    work.prior_fetcher.breakers.answered("pacs")
    work.fetch_priors(film_id)
    assert fetched(records, film_id).films == 3


def test_what_is_refused_four_times_waits_for_somebody_to_ask(
    install: Install, priors: Sequence[bytes]
) -> None:
    pacs = FakePacs(list(priors), error=UnknownMoveDestinationError("It does not know us."))
    records, work = install(pacs)
    film_id = arrive(records, work)
    for _ in range(4):
        work.fetch_priors(film_id)
    assert fetched(records, film_id).state == "failed"
    work.fetch_priors(film_id)
    assert pacs.sessions == 4
    pacs.error = None
    asked = records.priors.ask(film_id)
    assert asked is not None
    assert asked.state == "waiting"
    work.fetch_priors(film_id)
    assert fetched(records, film_id).films == 3


def test_a_pacs_that_is_down_is_left_in_peace(install: Install, priors: Sequence[bytes]) -> None:
    pacs = FakePacs(list(priors))
    breakers = Breakers(clock=lambda: 0.0)
    for _ in range(3):
        breakers.failed("pacs")
    records, work = install(pacs, breakers=breakers)
    film_id = arrive(records, work)
    work.fetch_priors(film_id)
    assert pacs.sessions == 0
    assert fetched(records, film_id).error == "unreachable"


def test_a_process_that_dies_in_between_loses_and_doubles_nothing(
    install: Install, priors: Sequence[bytes]
) -> None:
    class Killed(BaseException):
        pass

    pacs = FakePacs(list(priors))
    records, work = install(pacs)
    film_id = arrive(records, work)

    def one_and_no_more(film: bytes) -> None:
        if len(pacs.retrieved) > 1:
            raise Killed
        records.intake.accept(film, "dicom", "PACS")

    pacs.moves_to = one_and_no_more
    with pytest.raises(Killed):
        work.fetch_priors(film_id)
    assert fetched(records, film_id).state == "waiting"
    pacs.moves_to = None
    work.fetch_priors(film_id)
    grade_all(records, work)
    assert [mark for _, mark in course_of(records, film_id)] == [True, True, True, False]
    assert len(pacs.retrieved) == 4, "the second is asked for again"


def test_a_fetch_that_nobody_works_on_is_found(install: Install) -> None:
    records, work = install(FakePacs())
    film_id = arrive(records, work)
    with records.database.write() as connection:
        connection.execute(sa.text("DELETE FROM workflow_status WHERE name = 'priors'"))
    assert standing(records.database, records.queue).priors == [film_id]
    work.reconciler.reconcile()
    assert standing(records.database, records.queue).priors == []


def test_only_a_reader_may_ask_where_the_site_file_says_so(
    install: Install, priors: Sequence[bytes]
) -> None:
    records, work = install(FakePacs(list(priors)), when="opened")
    film_id = arrive(records, work)
    assert records.priors.of_film(film_id) is None
    assert records.priors.ask(film_id) is not None
    work.fetch_priors(film_id)
    assert fetched(records, film_id).films == 3


def test_priors_are_of_whom_a_corrected_header_names(
    install: Install, priors: Sequence[bytes]
) -> None:
    other = film_of_day("20260201", 50, PatientID="P-2")
    pacs = FakePacs([*priors, other])
    records, work = install(pacs)
    film_id = arrive(records, work)
    work.fetch_priors(film_id)
    assert fetched(records, film_id).films == 3
    again = arrive(records, work, film_of_day("20260304", 1, PatientID="P-2"))
    work.grade(film_id)
    assert again == film_id
    assert records.priors.ask(film_id) is not None
    work.fetch_priors(film_id)
    assert (fetched(records, film_id).state, fetched(records, film_id).films) == ("done", 1)
    assert pacs.retrieved[-1] == f"{ROOT_UID}.50.1.1"


def test_the_queue_does_the_work_of_a_corrected_film(install: Install) -> None:
    records, work = install(FakePacs())
    film_id = arrive(records, work)
    work.fetch_priors(film_id)
    with records.database.write() as connection:
        connection.execute(sa.text("UPDATE workflow_status SET status = 'SUCCESS'"))
    arrive(records, work, film_of_day("20260304", 1, PatientID="P-2"))
    work.grade(film_id)
    assert fetched(records, film_id).state == "waiting"
    assert standing(records.database, records.queue).priors == []


def test_a_fetch_of_another_film_takes_the_place_of_a_former_one(install: Install) -> None:
    pacs = FakePacs(error=UnknownMoveDestinationError("It does not know us."))
    records, work = install(pacs, when="opened")
    first = arrive(records, work)
    second = arrive(records, work, film_of_day("20260304", 2))
    for film_id in (first, second):
        records.priors.ask(film_id)
        for _ in range(4):
            work.fetch_priors(film_id)
    moved = {"StudyInstanceUID": f"{ROOT_UID}.1", "SOPInstanceUID": f"{ROOT_UID}.2.1.1"}
    assert arrive(records, work, film_of_day("20260304", 2, **moved)) == second
    asked = records.priors.ask(second)
    assert asked is not None
    assert (asked.film_id, asked.state) == (second, "waiting")


def test_a_prior_that_is_too_large_holds_up_no_other(
    install: Install, priors: Sequence[bytes]
) -> None:
    records, work = install(pacs := FakePacs(list(priors)))
    film_id = arrive(records, work)
    retrieve = pacs.retrieve

    def one_is_too_large(image: FoundImage, keep: Keep) -> None:
        if image.sop_instance_uid == f"{ROOT_UID}.102.1.1":
            raise TooLargeError("The file has more bytes than are accepted.")
        retrieve(image, keep)

    pacs.retrieve = one_is_too_large  # type: ignore[method-assign]
    for _ in range(4):
        work.fetch_priors(film_id)
    fetch = fetched(records, film_id)
    assert (fetch.state, fetch.error) == ("failed", "not_retrieved")
    assert fetch.message == "The file has more bytes than are accepted."
    assert len(pacs.retrieved) == 2


def test_a_film_that_is_no_longer_kept_cannot_say_whose_priors_to_fetch(
    install: Install, priors: Sequence[bytes]
) -> None:
    records, work = install(FakePacs(list(priors)))
    film_id = arrive(records, work)
    records.archive.drop(film_id)
    work.fetch_priors(film_id)
    fetch = fetched(records, film_id)
    assert (fetch.state, fetch.error) == ("failed", "no_document")


def test_nothing_is_asked_without_a_pacs_or_a_patient(
    install: Install, priors: Sequence[bytes]
) -> None:
    records, work = install()
    film_id = arrive(records, work)
    assert records.priors.of_film(film_id) is None
    assert records.priors.ask(film_id) is None
    named, work = install(FakePacs(list(priors)))
    nobody = arrive(named, work, film_of_day("20260304", 9, PatientID="ANONYMOUS"))
    assert named.priors.ask(nobody) is None


def test_times_are_of_this_installation(install: Install) -> None:
    records, work = install(FakePacs())
    film_id = arrive(records, work)
    assert abs(fetched(records, film_id).begun - datetime.now(UTC)) < timedelta(minutes=5)
