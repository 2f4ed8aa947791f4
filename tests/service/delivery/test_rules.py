"""Thirty films and six rules: each goes where it should, as it should, and nowhere else."""

from __future__ import annotations

import dataclasses
import io
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

import pytest
import sqlalchemy as sa
from pydicom import dcmread

from radiograde.model.limits import Limits
from radiograde.model.reading.radiograph import Radiograph
from radiograde.model.scoring.result import SeverityResult
from radiograde.service.config.settings import Settings
from radiograde.service.config.site import DocumentKind, FilmSource
from radiograde.service.delivery.breakers import Breakers
from radiograde.service.delivery.deliver import Deliverer
from radiograde.service.delivery.film_facts import FilmFacts
from radiograde.service.delivery.retry_policy import RetryPolicy
from radiograde.service.delivery.routing import RoutingRules
from radiograde.service.documents.document import Document
from radiograde.service.documents.document_form import USUAL, DocumentForm
from radiograde.service.documents.document_store import DocumentStore
from radiograde.service.errors import UnreachableError
from radiograde.service.grading.film_grader import FilmGrader
from radiograde.service.grading.reconciler import Reconciler
from radiograde.service.grading.records import Records
from radiograde.service.reviews.review import Judgement
from tests.service.delivery.withdrawing import recorder_of
from tests.service.documents.graded_films import film_bytes
from tests.service.fakes import METADATA, POOR, FakeScorer
from tests.service.grading.graders import DirectWork, EmptyDocuments, Outbox, fetcher_of

SITE = tomllib.loads("""
[[destination]]
name = "archive"
type = "dicomweb"
url = "https://archive.example/dicom-web"

[[destination]]
name = "ward"
type = "folder"
path = "/mnt/ward"
sources = ["dicom", "http"]
quiet_hours = "22:00-06:00"

[[destination]]
name = "portable"
type = "dicom"
aet = "PORTABLE1"
host = "portable.example"
port = 104

[[destination]]
name = "study"
type = "fhir"
url = "https://fhir.example/r5"
version = "R5"

[[destination]]
name = "rejects"
type = "folder"
path = "/mnt/rejects"
send = ["json"]

[[rules]]
to = ["archive"]
priority = "low"
unless = {department = ["*trauma*"], view = ["AP"]}

[[rules]]
to = ["ward"]
severity = ["severe"]
send = ["pdf"]
priority = "high"

[[rules]]
to = ["ward"]
change = ["worse"]
send = ["json"]

[[rules]]
to = ["@sender"]
modality = ["CR"]
send = ["sc"]

[[rules]]
to = ["study"]
source = ["http", "dicomweb"]
model = ["FAKE 1.*"]
department = ["icu", "Intensivstation"]

[[rules]]
to = ["rejects"]
status = ["rejected"]
sender = ["XRAY?", "PORTABLE*"]
""")


class BareDocuments(EmptyDocuments):
    """Documents with nothing in them but the form of a FHIR bundle."""

    def documents(
        self, result_id: str, kinds: Iterable[DocumentKind], form: DocumentForm = USUAL
    ) -> list[Document]:
        return [Document(kind, kind, "text/plain", b'{"entry": []}') for kind in kinds]


@cache
def drawn() -> bytes:
    return film_bytes()


def film_with(**changed: str) -> bytes:
    """Return the same film with other elements."""
    ds = dcmread(io.BytesIO(drawn()))
    for keyword, value in changed.items():
        setattr(ds, keyword, value)
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    buffer = io.BytesIO()
    ds.save_as(buffer)
    return buffer.getvalue()


@dataclass
class TableScorer(FakeScorer):
    """Gives the next film the score that it is to have; below zero it is too poor."""

    brixia: float = 0.0

    def __post_init__(self) -> None:
        super().__init__(reason=POOR)
        thresholds = dataclasses.replace(METADATA.thresholds, repeatability=4.0)
        self.metadata = dataclasses.replace(METADATA, thresholds=thresholds)

    def score(self, radiograph: Radiograph) -> SeverityResult:
        self._rejects = self.brixia < 0
        result = super().score(radiograph)
        if result.scores is None:
            return result
        score = dataclasses.replace(result.scores.brixia, value=self.brixia)
        scores = dataclasses.replace(result.scores, brixia=score)
        bands = zip((1.0, 6.0, 12.0), ("none", "mild", "moderate"), strict=True)
        band = next((name for limit, name in bands if self.brixia < limit), "severe")
        return dataclasses.replace(result, scores=scores, severity=band)


NOON = datetime(2026, 3, 4, 12).astimezone()
OBJECTS = ("sr", "seg", "sc")
FILMS: list[tuple[FilmSource, str, str, str, str, str, float, dict[str, tuple[str, ...]]]] = [
    # source, sender, department, modality, view, patient, score, expected
    ("dicom", "XRAY1", "", "DX", "PA", "a", 2.0, {"archive": OBJECTS}),
    ("dicom", "XRAY1", "", "DX", "PA", "a", 7.0, {"archive": OBJECTS, "ward": ("json",)}),
    ("dicom", "XRAY1", "", "DX", "PA", "a", 9.0, {"archive": OBJECTS}),
    ("dicom", "XRAY1", "", "DX", "PA", "a", 14.0, {"archive": OBJECTS, "ward": ("json", "pdf")}),
    ("dicom", "XRAY1", "", "DX", "PA", "a", 13.0, {"archive": OBJECTS, "ward": ("pdf",)}),
    ("dicom", "XRAY1", "", "DX", "PA", "a", 3.0, {"archive": OBJECTS}),
    ("dicom", "XRAY1", "", "DX", "PA", "a", -1, {"archive": OBJECTS, "rejects": ("json",)}),
    ("dicom", "XRAY10", "", "DX", "PA", "a", -1, {"archive": OBJECTS}),
    ("dicom", "XRAY1", "", "DX", "PA", "b", 12.0, {"archive": OBJECTS, "ward": ("pdf",)}),
    ("dicom", "PORTABLE1", "", "CR", "AP", "c", 2.0, {"archive": OBJECTS, "portable": ("sc",)}),
    ("dicom", "PORTABLE1", "", "DX", "AP", "c", 2.0, {"archive": OBJECTS}),
    ("dicom", "PORTABLE2", "", "CR", "AP", "c", 2.0, {"archive": OBJECTS}),
    ("dicom", "portable1", "", "CR", "AP", "c", 2.0, {"archive": OBJECTS}),
    (
        *("dicom", "PORTABLE1", "", "CR", "AP", "c", -1),
        {"archive": OBJECTS, "portable": ("sc",), "rejects": ("json",)},
    ),
    ("dicom", "PORTABLE2", "", "DX", "AP", "c", -1, {"archive": OBJECTS, "rejects": ("json",)}),
    ("dicom", "XRAY1", "Trauma centre", "DX", "AP", "d", 5.0, {}),
    ("dicom", "XRAY1", "Trauma centre", "DX", "PA", "d", 5.0, {"archive": OBJECTS}),
    ("dicom", "XRAY1", "Old TRAUMA", "DX", "AP", "d", 12.5, {"ward": ("json", "pdf")}),
    ("dicom", "PORTABLE1", "trauma", "CR", "AP", "e", 1.0, {"portable": ("sc",)}),
    ("dicomweb", "router", "", "DX", "PA", "f", 1.0, {"archive": OBJECTS}),
    (
        "dicomweb",
        "router",
        "ICU",
        "DX",
        "PA",
        "f",
        1.0,
        {"archive": OBJECTS, "study": ("fhir_r5",)},
    ),
    ("dicomweb", "router", "ICU 2", "DX", "PA", "f", 1.0, {"archive": OBJECTS}),
    (
        "dicomweb",
        "router",
        "INTENSIVSTATION",
        "DX",
        "PA",
        "f",
        17.0,
        {"archive": OBJECTS, "study": ("fhir_r5",)},
    ),
    ("dicom", "XRAY1", "ICU", "DX", "PA", "g", 1.0, {"archive": OBJECTS}),
    ("http", "kim", "ICU", "DX", "PA", "h", 1.0, {"study": ("fhir_r5",)}),
    ("http", "kim", "", "DX", "PA", "h", 16.0, {"ward": ("json", "pdf")}),
    ("http", "kim", "", "CR", "AP", "h", -1, {}),
    ("folder", "/srv/films", "", "DX", "PA", "i", 17.0, {"archive": OBJECTS}),
    ("folder", "PORTABLE1", "", "CR", "AP", "i", 17.0, {"archive": OBJECTS}),
    ("folder", "XRAY1", "icu", "DX", "AP", "i", -1, {"archive": OBJECTS, "rejects": ("json",)}),
]


@dataclass
class Site:
    """An installation with the rules, outboxes for destinations, and a clock to be set."""

    records: Records
    settings: Settings
    outboxes: dict[str, Outbox]
    scorer: TableScorer
    work: DirectWork
    now: datetime = NOON

    def take_in(self, number: int) -> str:
        """Return the id of a film of the table, graded."""
        source, sender, department, modality, view, patient, brixia, _ = FILMS[number]
        content = film_with(
            SOPInstanceUID=f"1.2.826.0.1.3680043.10.1541.7.{number}",
            AcquisitionDate=f"202604{number + 1:02}",
            InstitutionalDepartmentName=department,
            Modality=modality,
            ViewPosition=view,
            PatientID=patient,
        )
        self.scorer.brixia = brixia
        film = self.records.intake.accept(content, source, sender).film_id
        self.work.grade(film)
        return film

    def deliver(self, *films: str) -> None:
        """Try every delivery of the films once."""
        for film in films:
            for delivery in self.records.jobs.get(film).deliveries:
                self.work.deliver(film, delivery.destination)

    def sent(self, film: str) -> dict[str, tuple[str, ...]]:
        """Return what each destination was sent of a film."""
        return {
            name: tuple(kinds)
            for name, outbox in self.outboxes.items()
            for id, kinds in outbox.sent
            if id == film
        }


@pytest.fixture
def site(records: Records) -> Site:
    settings = Settings(**SITE)
    outboxes = {one.name: Outbox(one.name) for one in settings.destination}
    documents: DocumentStore = BareDocuments(records.results)  # type: ignore[assignment]
    rules = RoutingRules(settings.destination, rules=settings.rules)
    routed = dataclasses.replace(records, routing=rules, document_store=documents)
    scorer, breakers = TableScorer(), Breakers()
    made: Site
    deliverer = Deliverer(
        records.deliveries,
        documents,
        {one.name: (one, outboxes[one.name]) for one in settings.destination},
        RetryPolicy(timedelta(hours=72)),
        breakers,
        clock=lambda: made.now,
    )
    reconciler = Reconciler(
        records.database, records.queue, records.films, records.deliveries, records.priors, breakers
    )
    work = DirectWork(
        FilmGrader(routed, scorer, Limits()), deliverer, reconciler, fetcher_of(records)
    )
    made = Site(records, settings, outboxes, scorer, work)
    return made


def as_sets(sent: dict[str, tuple[str, ...]]) -> dict[str, set[str]]:
    return {name: set(kinds) for name, kinds in sent.items()}


def test_thirty_films_go_where_the_rules_say(site: Site) -> None:
    assert len(FILMS) == 30
    films = [site.take_in(number) for number in range(len(FILMS))]
    site.deliver(*films)
    found = {number: as_sets(site.sent(film)) for number, film in enumerate(films)}
    assert found == {number: as_sets(film[-1]) for number, film in enumerate(FILMS)}
    assert sum(len(outbox.sent) for outbox in site.outboxes.values()) == sum(
        len(film[-1]) for film in FILMS
    )


def test_a_destination_that_is_down_keeps_nothing_from_the_others(site: Site) -> None:
    site.outboxes["archive"].error = UnreachableError("It does not answer.")
    films = [site.take_in(number) for number in range(9)]
    site.deliver(*films)
    for number, film in enumerate(films):
        assert as_sets(site.sent(film)) == as_sets(
            {name: kinds for name, kinds in FILMS[number][-1].items() if name != "archive"}
        )
    site.outboxes["archive"].error = None
    site.work.deliverer.breakers.answered("archive")
    site.deliver(*films)
    site.deliver(*films)
    assert [id for id, _ in site.outboxes["archive"].sent] == films


def test_a_further_source_adds_what_its_rules_send(site: Site) -> None:
    film = site.take_in(24)
    site.deliver(film)
    assert site.sent(film) == {"study": ("fhir_r5",)}
    content = site.records.archive.film(film)
    site.records.intake.accept(content, "dicom", "XRAY1")
    site.work.grade(film)
    site.deliver(film)
    assert as_sets(site.sent(film)) == {"study": {"fhir_r5"}, "archive": set(OBJECTS)}
    assert len(site.outboxes["study"].sent) == 1


def test_a_film_graded_again_sends_what_more_it_is(site: Site) -> None:
    film = site.take_in(8)
    site.deliver(film)
    assert site.sent(film)["ward"] == ("pdf",)
    earlier = film_with(
        SOPInstanceUID="1.2.826.0.1.3680043.10.1541.8", AcquisitionDate="20260301", PatientID="b"
    )
    site.scorer.brixia = 1.0
    site.work.grade(site.records.intake.accept(earlier, "dicom", "XRAY1").film_id)
    with site.records.database.write() as connection:
        site.records.films.start_over(connection, film)
    site.scorer.brixia = 12.0
    site.work.grade(film)
    site.deliver(film)
    assert set(site.sent(film)["ward"]) == {"pdf", "json"}


def test_quiet_hours_hold_back_what_is_not_urgent(site: Site) -> None:
    site.now = datetime(2026, 3, 4, 23).astimezone()
    worse, severe = (site.take_in(number) for number in (1, 8))
    before = site.take_in(0)
    assert before
    with site.records.database.write() as connection:
        site.records.films.start_over(connection, worse)
    site.scorer.brixia = 7.0
    site.work.grade(worse)
    site.deliver(worse, severe)
    assert "ward" not in site.sent(worse)
    assert site.sent(severe)["ward"] == ("pdf",)
    (waits,) = (d for d in site.records.jobs.get(worse).deliveries if d.destination == "ward")
    assert (waits.state, waits.attempts, waits.error) == ("waiting", 0, None)
    assert waits.begun > datetime.now().astimezone()
    site.now += timedelta(hours=8)
    site.deliver(worse)
    assert site.sent(worse)["ward"] == ("json",)


def test_a_review_goes_where_documents_show_it(site: Site) -> None:
    film = site.take_in(8)
    site.deliver(film)
    records = site.records
    recorder = recorder_of(records, *site.settings.destination)
    recorder.record(film, "kim", Judgement("accepted", None, None))
    states = {one.destination: one.state for one in records.jobs.get(film).deliveries}
    assert states == {"archive": "waiting", "ward": "waiting"}
    portable = site.take_in(9)
    site.deliver(portable)
    recorder.record(portable, "kim", Judgement("accepted", None, None))
    states = {one.destination: one.state for one in records.jobs.get(portable).deliveries}
    assert states == {"archive": "waiting", "portable": "delivered"}


def test_what_is_urgent_goes_first(site: Site) -> None:
    film = site.take_in(8)
    with site.records.database.reading() as connection:
        query = sa.text(
            "SELECT queue_partition_key, priority FROM workflow_status WHERE name = 'deliver'"
            " AND workflow_uuid LIKE :film"
        )
        rows = connection.execute(query, {"film": f"{film}%"})
        assert {row[0]: row[1] for row in rows} == {"archive": 9, "ward": 1}


def test_a_decision_says_why() -> None:
    settings = Settings(**SITE)
    rules = RoutingRules(settings.destination, rules=settings.rules)
    film = FilmFacts({"dicom"}, "scored", sender="XRAY1", modality="CR", severity="mild", view="AP")
    why = {one.destination.name: one.why for one in rules.decisions_on(film)}
    assert why == {
        "archive": ("rule 1",),
        "ward": ("rule 2: severity is mild, not severe", "rule 3: change is not known, not worse"),
        "portable": ("rule 4: its sender is XRAY1, not PORTABLE1",),
        "study": ("rule 5: source is dicom, not http or dicomweb",),
        "rejects": ("rule 6: status is scored, not rejected",),
    }
    assert rules.unused() == []
    assert RoutingRules(settings.destination, rules=settings.rules[:1]).unused() == [
        *("ward", "portable", "study", "rejects")
    ]
    assert rules.asks_for("change")
    assert not RoutingRules(settings.destination, rules=settings.rules[:1]).asks_for("change")
    trauma = dataclasses.replace(film, department="Trauma")
    (archive, *_) = rules.decisions_on(trauma)
    assert archive.why == ("rule 1: unless: department is Trauma; view is AP",)
    (archive, *_) = rules.decisions_on(dataclasses.replace(film, status="failed"))
    assert archive.route is None
