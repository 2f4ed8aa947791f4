"""Orders fill in what a film lacks, and never for another patient; hl7apy writes them."""

from __future__ import annotations

import io
import os
import time
from datetime import timedelta

import hl7
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from radiograde.model.limits import Limits
from radiograde.model.reading.film_file import open_film
from radiograde.service.config.site import FolderDestinationConfig
from radiograde.service.documents.document_form import USUAL
from radiograde.service.films.order_store import Order, OrderStore
from radiograde.service.grading.records import Records
from radiograde.service.hl7.received_message import ReceivedMessage
from radiograde.service.hl7_listener.message_handler import MessageHandler
from radiograde.service.hl7_listener.order_events import orders_of
from tests.service.delivery.withdrawing import work_of
from tests.service.documents.graded_films import STUDY_UID, film_bytes
from tests.service.film_folders import beside_films
from tests.service.grading.graders import Outbox
from tests.service.hl7_listener.messages import answered

HEADER = "MSH|^~\\&|RIS|HOSP|RADIOGRADE||20260304||{kind}|C-1|P|2.5.1"
PID = "PID|1||P-1^^^HOSPITAL||Doe^Ann"
OBR = "OBR|1|PL-1||XR^Chest^L|||||||||||||| ACC-9|||||||||||||^Cough\\T\\fever"


def order(kind: str, *segments: str) -> bytes:
    lines = [HEADER.format(kind=kind), *segments]
    return "".join(f"{line}\r" for line in lines).encode()


OMI = order("OMI^O23", PID, "ORC|NW|PL-1", OBR.replace(" ACC-9", ""), f"IPC|ACC-9|RP-1|{STUDY_UID}")
ORM = order("ORM^O01", PID, "ORC|NW|PL-1", OBR, f"ZDS|{STUDY_UID}^RIS^Application^DICOM")


def documents(records: Records, content: bytes) -> tuple[Dataset, hl7.Message]:
    """Return report and message of a film, as they are made when it is graded."""
    config = FolderDestinationConfig.model_validate(
        {"type": "folder", "name": "share", "path": "/", "send": ["sr", "hl7"]}
    )
    work = work_of(records, (config, Outbox("share")))
    film = records.intake.accept(content, "dicom").film_id
    work.grade(film)
    report, message = records.document_store.documents(film, ["sr", "hl7"], USUAL)
    return dcmread(io.BytesIO(report.content)), hl7.parse(message.content.decode())


def told(message: hl7.Message) -> tuple[str, str, str]:
    obr = message.segment("OBR")
    reason = message.unescape(str(obr[31])) if len(obr) > 31 else ""
    return str(obr[18]), str(obr[2]), reason


@pytest.mark.parametrize("content", [OMI, ORM])
def test_a_film_without_accession_number_gets_that_of_its_study(
    records: Records, handler: MessageHandler, content: bytes
) -> None:
    assert answered(handler, content).code == "AA"
    report, message = documents(records, film_bytes(AccessionNumber=""))
    assert report.AccessionNumber == "ACC-9"
    (request,) = report.ReferencedRequestSequence
    assert request.PlacerOrderNumberImagingServiceRequest == "PL-1"
    assert told(message) == ("ACC-9", "PL-1", "^Cough&fever")


def test_what_a_film_says_itself_stays(records: Records, handler: MessageHandler) -> None:
    answered(handler, OMI)
    report, message = documents(records, film_bytes(AccessionNumber="ACC-7"))
    assert report.AccessionNumber == "ACC-7"
    assert told(message)[0] == "ACC-7"


def test_a_film_with_its_accession_number_gets_the_reason(
    records: Records, handler: MessageHandler
) -> None:
    answered(handler, order("ORM^O01", PID, "ORC|NW|PL-1", OBR))
    _, message = documents(records, film_bytes(AccessionNumber="ACC-9"))
    assert told(message) == ("ACC-9", "PL-1", "^Cough&fever")


def test_an_order_of_another_patient_is_not_taken(
    records: Records, handler: MessageHandler
) -> None:
    answered(handler, OMI.replace(b"P-1^", b"P-2^"))
    report, message = documents(records, film_bytes(AccessionNumber=""))
    assert report.AccessionNumber == ""
    assert told(message)[0] == ""


@pytest.mark.parametrize("control", ["CA", "DC", "OC"])
def test_a_cancelled_order_is_forgotten(
    records: Records, handler: MessageHandler, control: str
) -> None:
    answered(handler, OMI)
    answered(handler, OMI.replace(b"ORC|NW", f"ORC|{control}".encode()))
    report, _ = documents(records, film_bytes(AccessionNumber=""))
    assert report.AccessionNumber == ""


def test_documents_of_another_order_have_other_uids(
    records: Records, handler: MessageHandler
) -> None:
    content = film_bytes(AccessionNumber="")
    before, _ = documents(records, content)
    answered(handler, OMI)
    film = records.intake.accept(content, "dicom").film_id
    records.archive.drop_made(film)
    (after,) = records.document_store.documents(film, ["sr"])
    assert after.sop_instance_uid != before.SOPInstanceUID


def test_one_message_may_hold_several_orders() -> None:
    second = OBR.replace("ACC-9", "ACC-10")
    content = order("ORM^O01", PID, "ORC|NW|PL-1", OBR, second, "ORC|CA|PL-3", second)
    found = orders_of(ReceivedMessage.parse(content))
    assert [(one.accession, holds) for one, holds in found] == [
        ("ACC-9", True),
        ("ACC-10", True),
        ("ACC-10", False),
    ]


@pytest.mark.parametrize(
    "content",
    [
        order("ORM^O01"),
        order("ORM^O01", PID, "ORC|NW|PL-1"),
        order("ORM^O01", "ORC|NW|PL-1", OBR),
        order("ORM^O01", PID, "ORC|NW", OBR.replace("ACC-9", "9" * 65)),
        order("OMI^O23", PID, "ORC|NW", "OBR|1", "IPC||| ../../etc/passwd"),
    ],
)
def test_an_order_that_no_film_could_be_found_by_is_acknowledged(
    handler: MessageHandler, records: Records, content: bytes
) -> None:
    assert answered(handler, content).code == "AA"
    assert not list(beside_films(records.archive, "orders").glob("*/*"))


def test_orders_go_after_their_time(records: Records, handler: MessageHandler) -> None:
    answered(handler, OMI)
    store = OrderStore(records.archive.storage)
    header = open_film(film_bytes(AccessionNumber=""), Limits()).header
    assert store.drop_older() == 0
    completed = store.completed(header)
    assert completed is not None
    assert completed.decoded("AccessionNumber") == "ACC-9"
    for path in beside_films(records.archive, "orders").glob("*/*.json"):
        assert path.stat().st_mode & 0o077 == 0
        os.utime(path, (time.time() - 3600, time.time() - 3600))
    assert store.drop_older(timedelta(minutes=1)) == 2
    assert store.completed(header) is header


def test_a_damaged_order_is_none(records: Records) -> None:
    store = OrderStore(records.archive.storage)
    store.keep(Order("P-1", STUDY_UID, "ACC-9"))
    for path in beside_films(records.archive, "orders").glob("*/*.json"):
        path.write_bytes(b'{"patient_id": "P-1", "other": 1}')
    header = open_film(film_bytes(AccessionNumber=""), Limits()).header
    assert store.completed(header) is header
