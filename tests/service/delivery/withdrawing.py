"""An archive and a FHIR server that know what was withdrawn, and a worker that is killed."""

from __future__ import annotations

import dataclasses
import functools
import io
import json
import random
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import Comprehensive3DSRStorage

from radiograde.model.limits import Limits
from radiograde.service.config.site import DestinationConfig
from radiograde.service.delivery.breakers import Breakers
from radiograde.service.delivery.deliver import Deliverer
from radiograde.service.delivery.destinations.destination import Destination, Finding, Taken
from radiograde.service.delivery.retry_policy import RetryPolicy
from radiograde.service.delivery.review_recorder import ReviewRecorder
from radiograde.service.delivery.routing import RoutingRules
from radiograde.service.documents import document_uids
from radiograde.service.documents.document import Document
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.documents.part10 import file_meta, to_document
from radiograde.service.grading.film_grader import FilmGrader
from radiograde.service.grading.reconciler import Reconciler
from radiograde.service.grading.records import Records
from tests.service.delivery.web import Reply, Request
from tests.service.documents.graded_films import STUDY_UID, film_bytes
from tests.service.fakes import FakeScorer
from tests.service.grading.graders import DirectWork, fetcher_of

MOST_KILLS = 2
"""Of one delivery; after a third start without an end it is left to a person."""


class Killed(BaseException):
    """The worker's process ended here."""


class Archive:
    """A DICOM archive: every instance by its UID, and what rejection notes rejected."""

    name = "pacs"

    def __init__(self) -> None:
        self.stored: dict[str, bytes] = {}
        self.rejected: set[str] = set()
        self.film_of: dict[str, str] = {}

    def send(self, documents: Sequence[Document], result_id: str) -> None:
        for document in documents:
            uid = str(document.sop_instance_uid)
            assert self.stored.setdefault(uid, document.content) == document.content
            self.film_of[uid] = result_id
            if document.kind == "ko":
                self.rejected |= rejected_by(document.content)

    def withdraw(self, taken: Taken, result_id: str) -> None:
        assert taken.note is not None
        self.send([taken.note], result_id)

    def check(self) -> list[Finding]:
        return []

    def objects_of(self, film: str) -> set[str]:
        """Return the UIDs of a film's objects, without notes."""
        return {
            uid
            for uid, owner in self.film_of.items()
            if owner == film and dcmread(io.BytesIO(self.stored[uid])).Modality != "KO"
        }


def rejected_by(note: bytes) -> set[str]:
    """Return the UIDs that a Key Object Selection names, by its evidence and its tree alike."""
    ds = dcmread(io.BytesIO(note))
    (study,) = ds.CurrentRequestedProcedureEvidenceSequence
    evidence = {
        str(one.ReferencedSOPInstanceUID)
        for series in study.ReferencedSeriesSequence
        for one in series.ReferencedSOPSequence
    }
    named = {
        str(item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID)
        for item in ds.ContentSequence
        if "ReferencedSOPSequence" in item
    }
    assert evidence == named
    return evidence


class FhirServer:
    """Takes transactions of conditional creates, searches by identifier, and conditional updates.

    ``kept``: resources by type and id.
    """

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Any]] = {}

    def answer(self, request: Request) -> Reply:
        parts = urlsplit(request.path)
        path = parts.path.removeprefix("/fhir")
        if request.method == "POST":
            self._take(json.loads(request.body))
            return Reply(200, {"resourceType": "Bundle", "type": "transaction-response"})
        if request.method == "PUT":
            return self._update(path[1:], request)
        if parts.query:
            (sought,) = parse_qs(parts.query)["identifier"]
            found = self._named(path[1:], sought)
            return Reply(
                200,
                {"resourceType": "Bundle", "entry": [{"resource": one} for one in found]},
            )
        kept = self.kept.get(path[1:])
        return Reply(404) if kept is None else Reply(200, kept)

    def _take(self, bundle: dict[str, Any]) -> None:
        places: dict[str, str] = {}
        new: list[str] = []
        for entry in bundle["entry"]:
            kind = entry["resource"]["resourceType"]
            sought = entry["request"]["ifNoneExist"].removeprefix("identifier=")
            known = self._named(kind, sought)
            place = f"{kind}/{known[0]['id'] if known else len(self.kept)}"
            places[entry["fullUrl"]] = place
            if not known:
                self.kept[place] = entry["resource"] | {"id": place.split("/")[1]}
                new.append(place)
        for place in new:
            text = json.dumps(self.kept[place])
            for url, target in places.items():
                text = text.replace(f'"{url}"', f'"{target}"')
            self.kept[place] = json.loads(text)

    def _update(self, place: str, request: Request) -> Reply:
        version = self.kept[place].get("meta", {}).get("versionId")
        if version is not None and request.headers.get("If-Match") != f'W/"{version}"':
            return Reply(412)
        self.kept[place] = json.loads(request.body)
        return Reply(200, self.kept[place])

    def _named(self, kind: str, sought: str) -> list[dict[str, Any]]:
        system, value = sought.split("|")
        wanted = {"system": system, "value": value}
        return [
            one
            for one in self.kept.values()
            if one["resourceType"] == kind and wanted in one["identifier"]
        ]


class Mortal:
    """A destination before or after whose work the worker is killed now and then."""

    def __init__(self, target: Destination, dice: random.Random) -> None:
        self._target = target
        self._dice = dice
        self._kills: Counter[str] = Counter()

    @property
    def name(self) -> str:
        return self._target.name

    def send(self, documents: Sequence[Document], result_id: str) -> None:
        self._maybe_kill(result_id)
        self._target.send(documents, result_id)
        self._maybe_kill(result_id)

    def withdraw(self, taken: Taken, result_id: str) -> None:
        self._maybe_kill(result_id)
        self._target.withdraw(taken, result_id)
        self._maybe_kill(result_id)

    def check(self) -> list[Finding]:
        return []

    def _maybe_kill(self, result_id: str) -> None:
        if self._dice.random() < 0.25 and self._kills[result_id] < MOST_KILLS:
            self._kills[result_id] += 1
            raise Killed


def work_of(records: Records, *targets: tuple[DestinationConfig, Destination]) -> DirectWork:
    """Return the work with real documents and these destinations."""
    routed = dataclasses.replace(records, routing=RoutingRules([config for config, _ in targets]))
    return DirectWork(
        FilmGrader(routed, FakeScorer(), Limits()),
        Deliverer(
            records.deliveries,
            records.document_store,
            {config.name: (config, target) for config, target in targets},
            RetryPolicy(timedelta(hours=72)),
        ),
        Reconciler(
            records.database,
            records.queue,
            records.films,
            records.deliveries,
            records.priors,
            Breakers(),
        ),
        fetcher_of(records),
    )


def recorder_of(records: Records, *destinations: DestinationConfig) -> ReviewRecorder:
    """Return what records reviews, and sends these destinations what shows them."""
    return ReviewRecorder(
        records.database, records.results, records.reviews, records.deliveries, destinations
    )


def graded(records: Records, work: DirectWork, number: int = 0) -> str:
    """Return a film that was graded, with its deliveries still to be made."""
    film = records.intake.accept(film_of(number), "dicom").film_id
    work.grade(film)
    return film


def film_of(number: int) -> bytes:
    """Return the bytes of a film with a UID of its own."""
    return _drawn().replace(uid_of(99).encode(), uid_of(number).encode())


def uid_of(number: int) -> str:
    return f"1.2.826.0.1.3680043.10.1541.3.1{number:02}"


@functools.cache
def _drawn() -> bytes:
    return film_bytes(SOPInstanceUID=uid_of(99))


def short_report(film: GradedFilm) -> Document:
    """Return an object that stands for a report, which takes long to make."""
    ds = Dataset()
    ds.file_meta = file_meta()
    ds.SOPClassUID, ds.Modality = Comprehensive3DSRStorage, "SR"
    ds.SOPInstanceUID = document_uids.document_uid(film, "sr")
    ds.SeriesInstanceUID = document_uids.series_uid(film, "sr")
    ds.StudyInstanceUID = STUDY_UID
    return to_document("sr", ds, "ISO_IR 192")


def deliver(records: Records, work: DirectWork, *films: str) -> None:
    """Make every delivery of these films, as often as the worker is killed at it."""
    for film in films:
        while waiting := [
            one for one in records.jobs.get(film).deliveries if one.state == "waiting"
        ]:
            for one in waiting:
                try:
                    work.deliver(film, one.destination)
                except Killed:
                    continue


def delivered(records: Records, work: DirectWork, number: int = 0) -> str:
    film = graded(records, work, number)
    deliver(records, work, film)
    return film
