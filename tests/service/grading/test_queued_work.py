from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from radiograde.service.config.site import DeliveryConfig, FilmSource
from radiograde.service.delivery.breakers import Breakers
from radiograde.service.errors import RefusedError, UnreachableError
from radiograde.service.films.archive import FILM
from radiograde.service.grading.film_grader import MOST_ATTEMPTS
from radiograde.service.grading.records import Records
from tests.service.documents.graded_films import film_bytes
from tests.service.fakes import POOR, BreakingScorer, FakeScorer, png
from tests.service.grading.conftest import MakeFilm
from tests.service.grading.graders import Outbox, work_with

CT = "1.2.840.10008.5.1.4.1.1.2"
CAPTURE = "1.2.840.10008.5.1.4.1.1.7"


def accepted(records: Records, content: bytes) -> str:
    return records.intake.accept(content, "dicom").film_id


def test_a_film_is_graded_and_sent_to_every_destination(records: Records) -> None:
    first, second = Outbox("pacs"), Outbox("share")
    work = work_with(records, first, second)
    film = accepted(records, film_bytes())
    work.grade(film)
    assert records.results.get(film)["status"] == "scored"
    assert [d.state for d in records.jobs.get(film).deliveries] == ["waiting", "waiting"]
    work.deliver(film, "pacs")
    work.deliver(film, "share")
    assert [d.state for d in records.jobs.get(film).deliveries] == ["delivered", "delivered"]
    assert [result for result, _ in first.sent + second.sent] == [film, film]


def test_what_was_done_is_not_done_again(records: Records) -> None:
    outbox = Outbox()
    work = work_with(records, outbox)
    film = accepted(records, film_bytes())
    for _ in range(2):
        work.grade(film)
    for _ in range(2):
        work.deliver(film, "pacs")
    assert len(records.results.page(10).documents) == 1
    assert len(outbox.sent) == 1


def test_the_same_film_twice_is_one(records: Records) -> None:
    first = records.intake.accept(film_bytes(), "dicom")
    again = records.intake.accept(film_bytes(PatientID="other"), "dicomweb")
    assert (again.film_id, again.known) == (first.film_id, True)
    assert list(records.archive.ids()) == [first.film_id]


def test_a_film_cut_short_is_accepted_anew_when_it_comes_whole(records: Records) -> None:
    work = work_with(records)
    cut = accepted(records, film_bytes()[:-1000])
    work.grade(cut)
    job = records.jobs.get(cut)
    assert (job.state, job.reason) == ("failed", "truncated")
    assert records.results.get(cut)["error"]["code"] == "truncated"
    whole = accepted(records, film_bytes())
    assert whole != cut
    work.grade(whole)
    assert records.jobs.get(whole).state == "graded"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"SOPClassUID": CT}, "not_a_film"),
        ({"Manufacturer": "Radiograde", "ManufacturerModelName": "Radiograde"}, "own_output"),
    ],
)
def test_what_is_no_film_is_kept_and_not_graded(
    records: Records, changed: dict[str, str], reason: str
) -> None:
    outbox = Outbox()
    content = film_bytes(**changed)
    film = accepted(records, content)
    work_with(records, outbox).grade(film)
    job = records.jobs.get(film)
    assert (job.state, job.reason, job.deliveries) == ("set_aside", reason, ())
    assert records.archive.document(film, FILM) == content


def test_a_rejected_film_is_reported_and_a_rejected_capture_is_not(records: Records) -> None:
    work = work_with(records, Outbox(), scorer=FakeScorer(rejects=True, reason=POOR))
    film = accepted(records, film_bytes())
    capture = accepted(records, film_bytes(SOPClassUID=CAPTURE, SOPInstanceUID="1.2.3.4"))
    picture = accepted(records, png())
    for one in (film, capture, picture):
        work.grade(one)
        assert records.results.get(one)["status"] == "rejected"
    assert [len(records.jobs.get(one).deliveries) for one in (film, capture, picture)] == [1, 0, 0]


def test_reports_on_rejected_films_can_be_turned_off(records: Records) -> None:
    quiet = DeliveryConfig(rejected=False)
    film = accepted(records, film_bytes())
    poor = FakeScorer(rejects=True, reason=POOR)
    work_with(records, Outbox(), scorer=poor, delivery=quiet).grade(film)
    assert records.jobs.get(film).deliveries == ()


def test_a_film_that_takes_the_worker_down_is_given_up(records: Records) -> None:
    film = accepted(records, film_bytes())
    for _ in range(MOST_ATTEMPTS):
        records.films.begin(film)  # and the process ends here
    work_with(records).grade(film)
    job = records.jobs.get(film)
    assert (job.state, job.reason) == ("failed", "gave_up")


def test_a_grading_that_breaks_is_tried_again_and_then_given_up(records: Records) -> None:
    film = accepted(records, film_bytes())
    work = work_with(records, scorer=BreakingScorer())
    for attempts in range(1, MOST_ATTEMPTS + 1):
        work.grade(film)
        assert (records.jobs.get(film).state, records.jobs.get(film).attempts) == (
            "waiting",
            attempts,
        )
        queued = sa.text("SELECT count(*) FROM workflow_status WHERE workflow_uuid LIKE :film")
        with records.database.engine.connect() as connection:
            assert connection.execute(queued, {"film": f"{film}%"}).scalar() == attempts + 1
    work.grade(film)
    assert records.jobs.get(film).reason == "gave_up"


def test_a_film_that_is_gone_has_failed(records: Records) -> None:
    film = accepted(records, film_bytes())
    records.archive.drop(film)
    work_with(records).grade(film)
    assert records.jobs.get(film).reason == "no_document"


def test_a_silent_destination_is_tried_again_with_growing_delays(records: Records) -> None:
    outbox = Outbox(error=UnreachableError("Nobody answers."))
    clock = itertools.count(0.0, 120.0)  # it is always time for the next attempt
    work = work_with(records, outbox, breakers=Breakers(clock=lambda: next(clock)))
    film = accepted(records, film_bytes())
    work.grade(film)
    for attempts in range(1, 20):
        work.deliver(film, "pacs")
        (delivery,) = records.jobs.get(film).deliveries
        assert (delivery.state, delivery.attempts) == ("waiting", attempts)
    assert delivery.message == "Nobody answers."
    outbox.error = None
    work.deliver(film, "pacs")
    (delivery,) = records.jobs.get(film).deliveries
    assert (delivery.state, delivery.error) == ("delivered", None)


def test_a_destination_is_not_asked_before_it_wants_to_be(
    records: Records, make_film: MakeFilm
) -> None:
    busy = UnreachableError("It is busy.")
    busy.retry_after_s = 120.0
    outbox, now = Outbox(error=busy), [0.0]
    work = work_with(records, outbox, breakers=Breakers(clock=lambda: now[0]))
    films = [accepted(records, make_film(number)) for number in range(2)]
    for film in films:
        work.grade(film)
        work.deliver(film, "pacs")
    assert outbox.calls == 1
    outbox.error, now[0] = None, 119.0
    work.deliver(films[0], "pacs")
    assert outbox.calls == 1
    now[0] = 120.0
    work.deliver(films[0], "pacs")
    assert outbox.sent[0][0] == films[0]


def test_a_destination_silent_for_days_has_its_films_parked_and_retried(records: Records) -> None:
    outbox = Outbox(error=UnreachableError("Nobody answers."))
    work = work_with(records, outbox, delivery=DeliveryConfig(give_up_after_h=1e-9))
    film = accepted(records, film_bytes())
    work.grade(film)
    work.deliver(film, "pacs")
    assert records.jobs.get(film).deliveries[0].state == "parked"
    assert records.jobs.stopped() == [film]
    outbox.error = None
    assert records.jobs.retry(film) == 1
    work.deliver(film, "pacs")
    assert records.jobs.get(film).deliveries[0].state == "delivered"
    assert records.jobs.stopped() == []


@pytest.mark.parametrize("error", [RefusedError("Not this one."), RuntimeError("DOE^JANE")])
def test_a_document_that_is_refused_is_parked_after_a_few_attempts(
    records: Records, error: Exception
) -> None:
    work = work_with(records, Outbox(error=error))
    film = accepted(records, film_bytes())
    work.grade(film)
    for _ in range(10):
        work.deliver(film, "pacs")
    (delivery,) = records.jobs.get(film).deliveries
    assert (delivery.state, delivery.attempts, delivery.error) == ("parked", 4, "refused")
    assert "DOE" not in str(delivery.message)


def test_a_destination_taken_out_of_the_site_file_is_parked(records: Records) -> None:
    film = accepted(records, film_bytes())
    work_with(records, Outbox("gone")).grade(film)
    without = work_with(records)
    for _ in range(4):
        without.deliver(film, "gone")
    (delivery,) = records.jobs.get(film).deliveries
    assert delivery.state == "parked"
    assert "site file" in str(delivery.message)


def test_a_failed_grading_can_be_retried(records: Records) -> None:
    film = accepted(records, film_bytes()[:-1000])
    work = work_with(records)
    work.grade(film)
    assert records.jobs.retry(film) == 1
    assert records.jobs.get(film).state == "waiting"
    work.grade(film)
    assert records.jobs.get(film).state == "failed"
    assert len(records.results.page(10).documents) == 1


def test_a_film_by_every_source_at_once_is_one(records: Records, make_film: MakeFilm) -> None:
    work = work_with(records)
    sources: tuple[FilmSource, ...] = ("http", "dicom", "folder", "dicomweb")

    def send(number: int) -> str:
        film, source = make_film(number // len(sources)), sources[number % len(sources)]
        if source == "http":
            return str(work.grader.answer(film).id)
        return records.intake.accept(film, source).film_id

    with ThreadPoolExecutor(8) as senders:
        sent = list(senders.map(send, range(5 * len(sources))))
    of_each = [set(sent[start : start + len(sources)]) for start in range(0, len(sent), 4)]
    assert [len(ids) for ids in of_each] == [1] * 5
    assert len(set(sent)) == 5
    assert sorted(records.archive.ids()) == sorted(set(sent))
    assert all(records.films.sources_of(film) == set(sources) for film in set(sent))
    assert len(records.results.page(50).documents) == 5
