"""What is withdrawn is withdrawn everywhere, though the processes that say so are killed."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

import hl7
import pytest
from pydicom import dcmread

from radiograde.model.limits import Limits
from radiograde.service.config.settings import Settings
from radiograde.service.documents import document_kinds
from radiograde.service.grading.film_grader import FilmGrader
from radiograde.service.grading.records import Records, open_records
from tests.service.delivery.receivers import Receiver, running_receiver, takes
from tests.service.delivery.test_withdrawal import last_of_each, statuses_at, withdraw_all
from tests.service.delivery.web import Reply, Request, running_web
from tests.service.delivery.withdrawing import FhirServer, film_of, rejected_by, short_report
from tests.service.fakes import FakeScorer
from tests.service.killing import Killer, killed_workers
from tests.service.ups.ups_server import UpsServer, running_ups_server

FILMS, KILLS = 50, 3
ALWAYS = datetime(9999, 1, 1, tzinfo=UTC)
SITE = """
[[destination]]
name = "pacs"
type = "dicomweb"
url = "{pacs}"
send = ["sr"]

[[destination]]
name = "ehr"
type = "fhir"
url = "{ehr}/fhir"

[[destination]]
name = "ris"
type = "hl7"
host = "localhost"
port = {ris}
"""


class Hospital:
    """An archive, a FHIR server and a RIS; ``killer`` hears of all that they are asked."""

    def __init__(self, archive: UpsServer, stack: ExitStack) -> None:
        self.archive, self.fhir = archive, FhirServer()
        self.killer: Killer | None = None
        self._lock = threading.Lock()
        self.archive.before = lambda method, path: self._attend()
        self.ehr = stack.enter_context(running_web(self._answer))
        self.ris: Receiver = stack.enter_context(running_receiver(self._take))

    @property
    def site(self) -> str:
        return SITE.format(pacs=self.archive.url, ehr=self.ehr.url, ris=self.ris.port)

    def reports(self) -> tuple[set[str], set[str]]:
        """Return the UIDs of reports that the archive has, and of those that were rejected."""
        reports: set[str] = set()
        rejected: set[str] = set()
        for uid, content in self.archive.stored.items():
            ds = dcmread(io.BytesIO(content))
            if ds.Modality == "KO":
                rejected |= rejected_by(content)
            else:
                reports.add(uid)
        return reports, rejected

    def _answer(self, request: Request) -> Reply:
        with self._lock:
            reply = self.fhir.answer(request)
        self._attend()
        return reply

    def _take(self, message: hl7.Message) -> list[bytes]:
        self._attend()
        return list(takes(message))

    def _attend(self) -> None:
        if self.killer is not None:
            self.killer.attend()


@pytest.fixture
def hospital() -> Iterator[Hospital]:
    with ExitStack() as stack:
        yield Hospital(stack.enter_context(running_ups_server()), stack)


def all_delivered(records: Records, films: list[str]) -> bool:
    found = records.deliveries.of_films(films)
    return len(found) == 3 * FILMS and {one.state for one in found} == {"delivered"}


def test_exactly_what_was_withdrawn_is_withdrawn_though_workers_are_killed(
    hospital: Hospital, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGKILL, at random, to whoever delivers: fifty results, ten withdrawn before and amid."""
    short = f"{short_report.__module__}:{short_report.__name__}"
    monkeypatch.setattr(document_kinds, "BUILDERS", {**document_kinds.BUILDERS, "sr": short})
    (tmp_path / "radiograde.toml").write_text(hospital.site)
    with closing(open_records(Settings(data_dir=tmp_path))) as records:
        grader = FilmGrader(records, FakeScorer(), Limits())
        films = [records.intake.accept(film_of(one), "dicom").film_id for one in range(FILMS)]
        for film in films:
            grader.grade_waiting(film)
        early, amid, late = films[:3], films[3:7], films[7:10]
        withdraw_all(records, early)
        with killed_workers(tmp_path, KILLS, between=(20, 40)) as killer:
            hospital.killer = killer
            withdraw_all(records, amid[:2])
            assert killer.survived(lambda: len(hospital.archive.stored) > FILMS / 2)
            withdraw_all(records, [*amid[2:], *late])
            assert killer.survived(lambda: all_delivered(records, films))
        withdrawn = {*early, *amid, *late}
        sent = {
            film: {one.name for one in records.withdrawals.reports_before(film, ALWAYS)}
            for film in films
        }
        told = statuses_at(records, hospital.fhir)
    assert killer.kills == KILLS
    reports, rejected = hospital.reports()
    there = {film: uids & reports for film, uids in sent.items()}
    assert rejected & reports == {uid for film in withdrawn for uid in there[film]}
    assert rejected <= {uid for film in withdrawn for uid in sent[film]}
    assert all(there[film] for film in films if film not in withdrawn)
    assert not any(there[film] for film in early)
    assert all(len(statuses) == 1 for statuses in told.values()), "there is one report of each"
    assert {film for film in told if told[film] == ["preliminary"]} == set(films) - withdrawn
    messages = last_of_each(hospital.ris)
    assert {film for film in messages if messages[film] == "P"} == set(films) - withdrawn
