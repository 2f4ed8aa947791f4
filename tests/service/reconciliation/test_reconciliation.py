"""What got lost between PACS and installation is made good in one pass, and nothing twice."""

from __future__ import annotations

import dataclasses
import io
import threading
from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from pydicom import dcmread
from structlog.testing import capture_logs

from radiograde.model.errors import RadiogradeError, TooLargeError
from radiograde.service.config.archives import ReconcileConfig
from radiograde.service.config.site import DicomDestinationConfig
from radiograde.service.database.pacs_tables import reconciliations
from radiograde.service.database.tables import films
from radiograde.service.delivery.routing import RoutingRules
from radiograde.service.documents.document import Document
from radiograde.service.errors import RefusedError, UnreachableError
from radiograde.service.grading.records import Records
from radiograde.service.pacs.query_retrieve import FoundImage, FoundStudy, Keep, StudyQuery
from radiograde.service.reconciliation.nightly import Nightly
from radiograde.service.reconciliation.reconciliation import Reconciliation, Summary
from radiograde.service.retrieve_errors import RetrieveError
from tests.service.delivery.withdrawing import work_of
from tests.service.grading.graders import DirectWork, Outbox
from tests.service.pacs.archives import ROOT_UID, film_of_day
from tests.service.priors.fake_pacs import FakePacs

SINCE, UNTIL = date(2026, 1, 1), date(2026, 1, 31)
CONFIG = DicomDestinationConfig(type="dicom", name="pacs", aet="PACS", host="pacs", port=104)
FILMS = [film_of_day(f"202601{day:02}", 10 + day) for day in range(1, 7)]


class StoringOutbox(Outbox):
    """A destination that stores in the PACS what it is sent."""

    def __init__(self, pacs: FakePacs) -> None:
        super().__init__("pacs")
        self._pacs = pacs

    def send(self, documents: Sequence[Document], result_id: str) -> None:
        super().send(documents, result_id)
        self._pacs.films += [document.content for document in documents]


@dataclasses.dataclass
class Hospital:
    """A PACS, an installation that delivers to it, and the work between them."""

    pacs: FakePacs
    records: Records
    outbox: StoringOutbox
    work: DirectWork

    def send(self, *numbers: int) -> list[str]:
        """Send films here, and return them."""
        return [self.records.intake.accept(FILMS[one], "dicom").film_id for one in numbers]

    def do_all(self) -> None:
        """Grade what waits, and deliver it."""
        waiting = sa.select(films.c.id).where(films.c.state == "waiting")
        for film_id in self.records.database.values(waiting, str):
            self.work.grade(film_id)
        for film_id in self.records.database.values(sa.select(films.c.id), str):
            self.work.deliver(film_id, "pacs")

    def reconcile(self, *, dry_run: bool = False) -> Summary:
        one = Reconciliation(self.records, CONFIG, self.pacs)
        return one.run(SINCE, UNTIL, dry_run=dry_run)


@pytest.fixture
def hospital(records: Records) -> Hospital:
    """Return a PACS with six films, of which four were sent here and came back as documents."""
    pacs = FakePacs(list(FILMS))
    outbox = StoringOutbox(pacs)
    routed = dataclasses.replace(records, routing=RoutingRules([CONFIG]))
    made = Hospital(pacs, routed, outbox, work_of(routed, (CONFIG, outbox)))
    made.send(0, 1, 2, 3)
    made.do_all()
    assert len(outbox.sent) == 4
    return made


def counts(summary: Summary) -> tuple[int, int, int, int, int]:
    return (
        summary.films_there,
        summary.films_missing,
        summary.fetched,
        summary.results_missing,
        summary.sent_again,
    )


def lose_results(hospital: Hospital, *numbers: int) -> None:
    """Have the PACS lose the documents of films."""
    studies = [f"{ROOT_UID}.{11 + number}" for number in numbers]
    hospital.pacs.films = [
        one for one in hospital.pacs.films if one in FILMS or study_of(one) not in studies
    ]


def study_of(instance: bytes) -> str:
    return str(dcmread(io.BytesIO(instance), stop_before_pixels=True).StudyInstanceUID)


def test_one_pass_makes_all_good_and_the_next_does_nothing(hospital: Hospital) -> None:
    lose_results(hospital, 1, 2)
    assert counts(hospital.reconcile()) == (6, 2, 2, 2, 2)
    hospital.do_all()
    assert len(hospital.outbox.sent) == 4 + 2 + 2
    assert len(hospital.records.database.values(sa.select(films.c.id), str)) == 6
    again = hospital.reconcile()
    assert counts(again) == (6, 0, 0, 0, 0)
    assert again.is_in_order
    hospital.do_all()
    assert len(hospital.outbox.sent) == 8


def test_a_dry_run_changes_nothing(hospital: Hospital) -> None:
    lose_results(hospital, 0)
    summary = hospital.reconcile(dry_run=True)
    assert counts(summary) == (6, 2, 0, 1, 0)
    assert not summary.is_in_order
    assert hospital.pacs.retrieved == []
    hospital.do_all()
    assert len(hospital.outbox.sent) == 4


def test_a_second_pass_before_the_worker_is_done_doubles_nothing(hospital: Hospital) -> None:
    lose_results(hospital, 0)
    hospital.reconcile()
    assert counts(hospital.reconcile()) == (6, 0, 0, 0, 0)
    hospital.do_all()
    assert len(hospital.outbox.sent) == 4 + 1 + 2


def test_what_was_given_up_is_sent_again(hospital: Hospital) -> None:
    hospital.outbox.error = RefusedError("It will not have it.")
    (film_id,) = hospital.send(4)
    for _ in range(4):
        hospital.work.grade(film_id)
        hospital.work.deliver(film_id, "pacs")
    (delivery,) = hospital.records.deliveries.of_films([film_id])
    assert delivery.state == "parked"
    hospital.outbox.error = None
    assert counts(hospital.reconcile()) == (6, 1, 1, 1, 1)
    hospital.do_all()
    (delivery,) = hospital.records.deliveries.of_films([film_id])
    assert delivery.state == "delivered"


def test_a_film_that_is_no_longer_kept_comes_back_for_its_documents(hospital: Hospital) -> None:
    lose_results(hospital, 0)
    query = sa.select(films.c.id).where(films.c.sop_instance_uid.endswith(".11.1.1"))
    (film_id,) = hospital.records.database.values(query, str)
    hospital.records.archive.drop(film_id)
    hospital.records.films.mark_gone([film_id])
    assert counts(hospital.reconcile()) == (6, 2, 2, 1, 1)
    hospital.do_all()
    assert counts(hospital.reconcile()) == (6, 0, 0, 0, 0)


def test_what_was_withdrawn_is_not_missed(hospital: Hospital) -> None:
    query = sa.select(films.c.id).where(films.c.sop_instance_uid.endswith(".11.1.1"))
    (film_id,) = hospital.records.database.values(query, str)
    hospital.records.withdrawal_recorder().withdraw(film_id, "kim", "Wrong patient", "quality")
    hospital.do_all()
    lose_results(hospital, 0)
    assert counts(hospital.reconcile())[3:] == (0, 0)


def test_priors_and_films_of_other_places_are_left_alone(hospital: Hospital) -> None:
    hand = film_of_day("20260110", 77, BodyPartExamined="HAND")
    other = film_of_day("20260110", 78, Modality="MG")
    hospital.pacs.films += [hand, other]
    assert hospital.reconcile(dry_run=True).films_missing == 2


@pytest.mark.parametrize("error", [RetrieveError, TooLargeError])
def test_one_film_that_cannot_be_had_holds_up_no_other(
    hospital: Hospital, error: type[RadiogradeError]
) -> None:
    retrieve = hospital.pacs.retrieve

    def refuses_one(image: object, keep: object) -> None:
        if image.sop_instance_uid.endswith(".15.1.1"):  # type: ignore[attr-defined]
            raise error("It is broken there.")
        retrieve(image, keep)  # type: ignore[arg-type]

    hospital.pacs.retrieve = refuses_one  # type: ignore[method-assign]
    summary = hospital.reconcile()
    assert (summary.films_missing, summary.fetched, summary.failed) == (2, 1, 1)
    assert summary.reasons == ["It is broken there."]
    assert not summary.is_in_order


def nightly(hospital: Hospital, now: datetime, stop: threading.Event | None = None) -> Nightly:
    rules = ReconcileConfig(pacs=("pacs",), hour=3, days=30)
    one = Reconciliation(hospital.records, CONFIG, hospital.pacs, stop=stop or threading.Event())
    return Nightly(hospital.records.database, rules, [one], lambda: now)


def test_at_night_it_is_done_once(hospital: Hospital) -> None:
    evening = datetime(2026, 1, 20, 2, 59)
    nightly(hospital, evening).run()
    assert hospital.pacs.sessions == 0
    for hour in (3, 4, 23):
        nightly(hospital, evening.replace(hour=hour)).run()
    assert hospital.pacs.sessions == 31
    assert len(hospital.pacs.retrieved) == 2
    nightly(hospital, evening + timedelta(hours=25)).run()
    assert hospital.pacs.sessions == 62
    assert len(hospital.pacs.retrieved) == 2


def test_a_pacs_that_does_not_answer_is_asked_again_an_hour_later(hospital: Hospital) -> None:
    hospital.pacs.error = UnreachableError("It does not answer.")
    now = datetime(2026, 1, 20, 3, 30)
    nightly(hospital, now).run()
    query = sa.select(reconciliations.c.error)
    assert hospital.records.database.values(query, str) == ["unreachable"]
    hospital.pacs.error = None
    nightly(hospital, now.replace(hour=4)).run()
    assert len(hospital.pacs.retrieved) == 2


def test_a_pass_that_was_stopped_is_done_again(hospital: Hospital) -> None:
    now, stop = datetime(2026, 1, 20, 3, 30), threading.Event()
    retrieve = hospital.pacs.retrieve

    def one_and_stop(image: FoundImage, keep: Keep) -> None:
        stop.set()
        retrieve(image, keep)

    hospital.pacs.retrieve = one_and_stop  # type: ignore[method-assign]
    nightly(hospital, now, stop).run()
    assert len(hospital.pacs.retrieved) == 1
    hospital.pacs.retrieve = retrieve  # type: ignore[method-assign]
    nightly(hospital, now.replace(minute=40)).run()
    assert len(hospital.pacs.retrieved) == 2


def test_whatever_breaks_a_pass_is_recorded_and_it_is_done_again(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(query: StudyQuery) -> list[FoundStudy]:
        raise ValueError("P-1")

    now = datetime(2026, 1, 20, 3, 30)
    with monkeypatch.context() as broken, capture_logs() as logs:
        broken.setattr(hospital.pacs, "studies", breaks)
        nightly(hospital, now).run()
    query = sa.select(reconciliations.c.error)
    assert hospital.records.database.values(query, str) == ["not_retrieved"]
    (line,) = (line for line in logs if line["event"] == "reconciling_broke")
    assert (line["type"], "P-1" in str(logs)) == ("ValueError", False)
    nightly(hospital, now.replace(hour=4)).run()
    assert len(hospital.pacs.retrieved) == 2


def test_two_workers_do_it_once(hospital: Hospital) -> None:
    now = datetime(2026, 1, 20, 3, 30)
    first, second = nightly(hospital, now), nightly(hospital, now)
    first.run()
    second.run()
    assert hospital.pacs.sessions == 31
