"""What is sent of a row: a DICOM audit message over syslog with TLS, and a FHIR AuditEvent."""

from __future__ import annotations

import base64
import re
import threading
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import pytest
from fhir.resources.R4B.auditevent import AuditEvent as FhirAuditEvent
from pydicom.sr.codedict import codes

from radiograde.service.audit.action import MEANINGS, Action
from radiograde.service.audit.audit_event import (
    Actor,
    AuditEvent,
    AuditRow,
    Outcome,
    Subject,
    values_of,
)
from radiograde.service.audit.audit_store import AuditStore, open_audit_store
from radiograde.service.audit_receivers import forwarder as forwarder_module
from radiograde.service.audit_receivers.audit_receiver import (
    FhirReceiver,
    SyslogReceiver,
    syslog_message,
)
from radiograde.service.audit_receivers.dicom_message import dicom_message
from radiograde.service.audit_receivers.fhir_audit_event import fhir_audit_event
from radiograde.service.audit_receivers.forwarder import Forwarder, run_forwarders
from radiograde.service.backoff import Backoff
from radiograde.service.config.audit_config import AuditConfig, FhirAuditConfig, SyslogConfig
from radiograde.service.config.settings import Settings
from radiograde.service.config.site import ClientTls
from radiograde.service.errors import StoreError, UnreachableError
from tests.service.audit.trails import FILM, SUBJECT, trail
from tests.service.audit_receivers.audit_schema import validate
from tests.service.audit_receivers.receivers import (
    FhirServer,
    SyslogServer,
    fhir_server,
    syslog_server,
)
from tests.service.certificates import Certificates
from tests.service.processes import waited

ID = "01JARADMZ0000000000000INST"
READER = Actor("kim <&>", "person", "192.0.2.7")
MODALITY = Actor("XRAY1", "machine", "xray1.hospital.example")


def row(
    action: Action = Action.FILM_READ,
    actor: Actor = READER,
    outcome: Outcome = "success",
    film_id: str | None = FILM,
    subject: Subject = SUBJECT,
) -> AuditRow:
    event = AuditEvent(action, actor, film_id, outcome, detail={"operation": "getView"})
    return AuditRow(seq=7, hash="0" * 64, **values_of(event, subject))


EVERY = [
    row(action, actor, outcome, film_id, subject)
    for action in Action
    for actor in (READER, MODALITY, Actor("", "unknown"))
    for outcome in ("success", "refused", "failed")
    for film_id, subject in ((FILM, SUBJECT), (None, Subject()))
]


def parsed(content: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(content)  # noqa: S314 - our own message


def test_every_row_is_a_message_of_the_schema() -> None:
    for one in EVERY:
        validate(parsed(dicom_message(one, ID)))


def test_every_row_is_an_audit_event_of_fhir() -> None:
    for one in EVERY:
        resource = FhirAuditEvent.model_validate(fhir_audit_event(one, ID))
        assert re.fullmatch(r"[A-Za-z0-9\-.]{1,64}", str(resource.id))


def test_every_code_is_one_of_dicom() -> None:
    known = {name: code for name, code in vars(codes.DCM).items() if not name.startswith("_")} or {
        name: getattr(codes.DCM, name) for name in dir(codes.DCM)
    }
    meanings = {code.value: code.meaning for code in known.values() if hasattr(code, "value")}
    for meaning in MEANINGS.values():
        for code in (meaning.event, meaning.kind):
            assert code is None or meanings[code.value] == code.meaning


def test_every_action_has_a_meaning() -> None:
    assert set(MEANINGS) == set(Action)
    assert len(Action) >= 40


def test_a_message_says_who_what_when_from_where_and_of_whom() -> None:
    message = parsed(dicom_message(row(), ID))
    event, actor, source, *objects = message
    assert event.attrib["EventActionCode"] == "R"
    assert event.attrib["EventOutcomeIndicator"] == "0"
    assert [one.attrib["csd-code"] for one in event] == ["110103", "film_read"]
    assert actor.attrib["UserID"] == READER.name
    assert actor.attrib["NetworkAccessPointID"] == "192.0.2.7"
    assert actor.attrib["NetworkAccessPointTypeCode"] == "2"
    assert source.attrib["AuditSourceID"] == ID
    ids = [one.attrib["ParticipantObjectID"] for one in objects]
    assert ids == [SUBJECT.patient, SUBJECT.study_instance_uid, FILM]
    assert [one.attrib["UID"] for one in message.iter("Instance")] == [SUBJECT.sop_instance_uid]
    details = {one.get("type"): one.get("value", "") for one in message.iter() if one.get("type")}
    assert base64.b64decode(details["operation"]) == b"getView"


@pytest.mark.parametrize(("outcome", "code"), [("refused", "4"), ("failed", "8")])
def test_a_failure_is_one_in_both(outcome: Outcome, code: str) -> None:
    one = row(outcome=outcome)
    event = parsed(dicom_message(one, ID))[0]
    assert event.attrib["EventOutcomeIndicator"] == fhir_audit_event(one, ID)["outcome"] == code


def test_a_syslog_message_is_as_rfc_5424_says() -> None:
    header, _, text = syslog_message(row(), ID).partition(b"\xef\xbb\xbf")
    parts = header.decode("ascii").split(" ")
    priority, time, host, app, process, kind, structured, end = parts
    assert priority == "<85>1"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", time)
    assert host
    assert (app, kind, structured, end) == ("radiograde", "DICOM+RFC3881", "-", "")
    assert process.isdecimal()
    validate(parsed(text))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[AuditStore]:
    with trail(tmp_path / "data", 3) as made:
        yield made


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return Certificates(tmp_path)


@pytest.fixture
def syslog(certificates: Certificates) -> Iterator[SyslogServer]:
    with syslog_server(certificates.server_context()) as server:
        yield server


@pytest.fixture
def fhir() -> Iterator[FhirServer]:
    with fhir_server() as server:
        yield server


def to_syslog(port: int, certificates: Certificates | None) -> SyslogReceiver:
    tls = ClientTls(ca=None if certificates is None else certificates.ca)
    return SyslogReceiver(SyslogConfig(host="localhost", port=port, timeout_s=5, tls=tls), ID)


def test_every_row_reaches_a_receiver_of_syslog_once(
    store: AuditStore, syslog: SyslogServer, certificates: Certificates
) -> None:
    forwarder = Forwarder(store, to_syslog(syslog.port, certificates))
    assert forwarder.forward() == 3
    assert forwarder.forward() == 0
    for _ in range(3):
        assert syslog.came.acquire(timeout=10)
    assert len(syslog.messages) == 3
    for message in syslog.messages:
        validate(parsed(message.partition(b"\xef\xbb\xbf")[2]))


def test_a_receiver_with_a_strangers_certificate_gets_nothing(
    store: AuditStore, syslog: SyslogServer
) -> None:
    forwarder = Forwarder(store, to_syslog(syslog.port, None))
    with pytest.raises(UnreachableError):
        forwarder.forward()
    assert syslog.messages == []
    assert store.sent_up_to("syslog") == 0


def test_what_a_silent_receiver_missed_is_sent_later(
    store: AuditStore, certificates: Certificates
) -> None:
    with pytest.raises(UnreachableError):
        Forwarder(store, to_syslog(1, certificates)).forward()
    with syslog_server(certificates.server_context()) as server:
        assert Forwarder(store, to_syslog(server.port, certificates)).forward() == 3


def test_a_fhir_server_has_each_row_once_however_often_it_is_sent(
    store: AuditStore, fhir: FhirServer
) -> None:
    forwarder = Forwarder(store, FhirReceiver(FhirAuditConfig(url=fhir.url), ID))
    assert forwarder.forward() == 3
    store.note_sent("fhir", 1)
    assert forwarder.forward() == 2
    assert sorted(fhir.resources) == [f"/fhir/AuditEvent/{ID}-{seq}" for seq in (1, 2, 3)]
    for resource in fhir.resources.values():
        FhirAuditEvent.model_validate(resource)


def test_a_row_that_is_refused_holds_up_no_other(store: AuditStore, fhir: FhirServer) -> None:
    fhir.status = 422
    forwarder = Forwarder(store, FhirReceiver(FhirAuditConfig(url=fhir.url), ID))
    assert forwarder.forward() == 3
    assert fhir.requests > 3
    assert forwarder.forward() == 0


def test_a_server_that_is_busy_gets_the_rows_later(store: AuditStore, fhir: FhirServer) -> None:
    fhir.status = 503
    forwarder = Forwarder(store, FhirReceiver(FhirAuditConfig(url=fhir.url), ID))
    with pytest.raises(UnreachableError):
        forwarder.forward()
    fhir.status = 201
    assert forwarder.forward() == 3


def test_rows_are_sent_once_a_trail_that_was_away_is_back(
    tmp_path: Path, fhir: FhirServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(data_dir=tmp_path, audit=AuditConfig(fhir=FhirAuditConfig(url=fhir.url)))
    with trail(tmp_path, rows=1):
        pass
    opening = iter([StoreError("away")])

    def opened(settings: Settings) -> AuditStore:
        for error in opening:
            raise error
        return open_audit_store(settings)

    monkeypatch.setattr(forwarder_module, "BACKOFF", Backoff(0.01, 0.01))
    monkeypatch.setattr(forwarder_module, "EVERY_S", 0.01)
    monkeypatch.setattr(forwarder_module, "open_audit_store", opened)
    stop = threading.Event()
    sending = threading.Thread(target=run_forwarders, args=(settings, ID, stop))
    sending.start()
    assert waited(lambda: fhir.requests > 0, 10)
    stop.set()
    sending.join()
    assert list(fhir.resources) == [f"/fhir/AuditEvent/{ID}-1"]
