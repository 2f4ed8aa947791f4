"""C-STORE to nodes that take documents, refuse them, or break off."""

from __future__ import annotations

import io
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.uid import (
    UID,
    Comprehensive3DSRStorage,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    SecondaryCaptureImageStorage,
    SegmentationStorage,
)
from pynetdicom.dsutils import decode
from pynetdicom.events import Event
from structlog.testing import capture_logs

from radiograde.service.config.site import ClientTls
from radiograde.service.delivery.destinations.dicom_destination import DicomDestination
from radiograde.service.documents.document import Document
from radiograde.service.documents.lossless_jpeg import uncompressed
from radiograde.service.documents.secondary_capture import secondary_capture
from radiograde.service.errors import DeliveryError, RefusedError, UnreachableError
from tests.orthanc import Orthanc, free_port, running_orthanc
from tests.service.certificates import Certificates
from tests.service.delivery.nodes import destination, listening, running_node
from tests.service.delivery.objects import RESULT_ID, dicom_document, tells_of_a_patient
from tests.service.documents.graded_films import graded_film

SR = dicom_document(1, kind="sr", sop_class=Comprehensive3DSRStorage)
SEG = dicom_document(2, kind="seg", sop_class=SegmentationStorage)
SC = dicom_document(3)

IN_TIME_S = 60.0
PEERS_PATIENCE_S = 300.0
"""What a peer is silent for: nobody who waits for it is in time."""


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def orthanc(tmp_path: Path) -> Iterator[Orthanc]:
    with running_orthanc(tmp_path / "orthanc") as running:
        yield running


def encoded(content: bytes) -> bytes:
    """Return a Part 10 file's data set alone."""
    meta = dcmread(io.BytesIO(content)).file_meta
    preamble, group_length = 132, 12
    return content[preamble + group_length + meta.FileMetaInformationGroupLength :]


def failure(target: DicomDestination, kind: type[DeliveryError], *documents: Document) -> str:
    """Return the message that sending ends with; it names the node and no patient."""
    with pytest.raises(kind) as caught:
        target.send(documents or [SC], RESULT_ID)
    assert not tells_of_a_patient(caught.value.message)
    return caught.value.message


def test_documents_arrive_as_they_are_encoded() -> None:
    with running_node() as node:
        DicomDestination(destination(node.port)).send([SR, SEG, SC], RESULT_ID)
    assert node.received == [encoded(one.content) for one in (SR, SEG, SC)]
    assert set(node.syntaxes) == {ExplicitVRLittleEndian}


def test_only_what_the_documents_need_is_proposed() -> None:
    packed = dicom_document(4, syntax=ExplicitVRLittleEndian)
    with running_node() as node:
        DicomDestination(destination(node.port)).send([SR, SC, packed], RESULT_ID)
    assert node.proposed == [
        {
            (sop_class, syntax)
            for sop_class in (Comprehensive3DSRStorage, SecondaryCaptureImageStorage)
            for syntax in (ExplicitVRLittleEndian, ImplicitVRLittleEndian)
        }
    ]


def test_a_node_that_takes_only_the_default_syntax_gets_it() -> None:
    with running_node(syntaxes=[ImplicitVRLittleEndian]) as node:
        DicomDestination(destination(node.port)).send([SC], RESULT_ID)
    assert node.syntaxes == [ImplicitVRLittleEndian]
    arrived = dcmread(io.BytesIO(node.received[0]), force=True)
    assert arrived.PixelData == dcmread(io.BytesIO(SC.content)).PixelData
    assert arrived.SOPInstanceUID == SC.sop_instance_uid


@pytest.fixture(scope="module")
def capture() -> Document:
    """Return the capture of a graded film, compressed as all are."""
    return secondary_capture(graded_film())


def test_a_capture_travels_compressed_where_the_node_takes_that(capture: Document) -> None:
    syntaxes = [ExplicitVRLittleEndian, ImplicitVRLittleEndian, JPEGLosslessSV1]
    with running_node(syntaxes=syntaxes) as node:
        DicomDestination(destination(node.port)).send([capture], RESULT_ID)
    assert node.syntaxes == [JPEGLosslessSV1]
    assert node.received == [encoded(capture.content)]
    (proposed,) = node.proposed
    assert proposed == {(SecondaryCaptureImageStorage, syntax) for syntax in syntaxes}


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_a_node_that_does_not_take_the_compression_gets_the_same_pixels_without(
    capture: Document, syntax: UID
) -> None:
    with running_node(syntaxes=[syntax]) as node:
        DicomDestination(destination(node.port)).send([SR, capture], RESULT_ID)
    assert node.syntaxes == [syntax] * 2
    arrived = decode(io.BytesIO(node.received[1]), syntax.is_implicit_VR, is_little_endian=True)
    expected = uncompressed(dcmread(io.BytesIO(capture.content)))
    assert arrived.PixelData == expected.PixelData
    # Its VR is OW in Implicit VR, PS3.5 8.1.2.
    del arrived.PixelData, expected.PixelData
    assert arrived == expected


def test_nothing_to_send_opens_no_association() -> None:
    with running_node() as node:
        DicomDestination(destination(node.port)).send([], RESULT_ID)
    assert node.proposed == []


def test_dcmtk_takes_documents(tmp_path: Path) -> None:
    program = shutil.which("storescp")
    if program is None:
        pytest.skip("DCMTK is not on this machine")
    port = free_port()
    with subprocess.Popen([program, "--output-directory", str(tmp_path), str(port)]) as process:
        try:
            _eventually(lambda: DicomDestination(destination(port)).send([SC], RESULT_ID))
        finally:
            process.kill()
    (stored,) = tmp_path.iterdir()
    assert encoded(stored.read_bytes()) == encoded(SC.content)


def test_sending_twice_leaves_one_of_each_at_a_pacs(orthanc: Orthanc) -> None:
    target = DicomDestination(destination(orthanc.dicom_port, aet=orthanc.aet))
    other = dicom_document(4)
    for _ in range(2):
        target.send([SC, other], RESULT_ID)
    kept = [encoded(orthanc.file(instance)) for instance in orthanc.get("/instances")]
    assert sorted(kept) == sorted([encoded(SC.content), encoded(other.content)])
    assert len(orthanc.get("/studies")) == len(orthanc.get("/series")) == 1


def test_many_threads_share_a_sink() -> None:
    documents = [dicom_document(number) for number in range(1, 9)]
    with running_node() as node:
        target = DicomDestination(destination(node.port))
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda document: target.send([document], RESULT_ID), documents))
    assert sorted(node.received) == sorted(encoded(one.content) for one in documents)


def test_a_warning_counts_as_stored_and_is_logged() -> None:
    with running_node(statuses=0xB000) as node, capture_logs() as logs:
        DicomDestination(destination(node.port)).send([SC], RESULT_ID)
    assert logs == [
        {
            "event": "stored_with_warning",
            "log_level": "warning",
            "destination": "pacs",
            "result_id": RESULT_ID,
            "kind": "sc",
            "status": "B000",
        }
    ]


@pytest.mark.parametrize("status", [0xA700, 0x0110, 0x0124])
def test_a_node_without_room_or_leave_is_tried_later(status: int) -> None:
    with running_node(statuses=status) as node:
        message = failure(DicomDestination(destination(node.port)), UnreachableError)
    assert f"127.0.0.1:{node.port}" in message
    assert f"sc: status {status:04X}" in message


@pytest.mark.parametrize("status", [0xA900, 0xC000, 0x0122])
def test_a_document_not_understood_is_refused(status: int) -> None:
    with running_node(statuses=status) as node:
        message = failure(DicomDestination(destination(node.port)), RefusedError)
    assert f"sc: status {status:04X}" in message


def test_a_duplicate_is_what_an_earlier_try_stored() -> None:
    with running_node(statuses=0x0111) as node:
        DicomDestination(destination(node.port)).send([SC], RESULT_ID)


def test_a_refused_document_does_not_keep_the_others_from_being_stored() -> None:
    with running_node(statuses={SegmentationStorage: 0xA900}) as node:
        message = failure(DicomDestination(destination(node.port)), RefusedError, SR, SEG, SC)
    assert len(node.received) == 3
    assert "seg: " in message
    assert "sr: " not in message


def test_what_may_pass_decides_where_both_happen() -> None:
    statuses: dict[str, int] = {SegmentationStorage: 0xA900, SecondaryCaptureImageStorage: 0xA700}
    with running_node(statuses=statuses) as node:
        message = failure(DicomDestination(destination(node.port)), UnreachableError, SR, SEG, SC)
    assert "seg: status A900" in message
    assert "sc: status A700" in message


def test_a_class_that_a_node_does_not_take_is_refused_and_the_others_are_stored() -> None:
    with running_node(classes=[Comprehensive3DSRStorage, SecondaryCaptureImageStorage]) as node:
        message = failure(DicomDestination(destination(node.port)), RefusedError, SR, SEG, SC)
    assert len(node.received) == 2
    assert "seg: it does not take Segmentation Storage" in message


def test_a_node_that_takes_none_of_the_classes_refuses_them_all() -> None:
    with running_node(classes=[Comprehensive3DSRStorage]) as node:
        message = failure(DicomDestination(destination(node.port)), RefusedError, SEG, SC)
    assert "seg: " in message
    assert "sc: " in message


def test_a_compressed_document_is_proposed_only_as_it_is() -> None:
    packed = dicom_document(5, syntax=JPEG2000Lossless)
    with running_node() as node:
        failure(DicomDestination(destination(node.port)), RefusedError, packed)
    assert node.proposed == [{(SecondaryCaptureImageStorage, JPEG2000Lossless)}]


def test_what_is_no_dicom_object_is_refused() -> None:
    report = Document("pdf", "report.pdf", "application/pdf", b"%PDF-1.7")
    with running_node() as node:
        assert "pdf is no DICOM object" in failure(
            DicomDestination(destination(node.port)), RefusedError, report
        )
    assert node.proposed == []


def test_an_unknown_title_is_tried_later_and_told() -> None:
    with running_node(known=["ELSE"]) as node:
        message = failure(DicomDestination(destination(node.port)), UnreachableError)
    assert "does not know the title RADIOGRADE. Add RADIOGRADE" in message


def test_a_wrong_title_of_the_node_is_reported() -> None:
    with running_node() as node:
        message = failure(DicomDestination(destination(node.port, aet="OTHER")), UnreachableError)
    assert "does not go by the title OTHER" in message


def test_an_orthanc_that_lets_only_known_nodes_store_is_tried_later(tmp_path: Path) -> None:
    with running_orthanc(tmp_path, settings={"DicomAlwaysAllowStore": False}) as orthanc:
        target = DicomDestination(destination(orthanc.dicom_port, aet=orthanc.aet))
        assert "lets RADIOGRADE store" in failure(target, UnreachableError)


def test_nobody_there_is_reported() -> None:
    port = free_port()
    message = failure(DicomDestination(destination(port)), UnreachableError)
    assert f"127.0.0.1:{port} accepts no connection" in message


def test_an_unknown_name_is_reported() -> None:
    target = DicomDestination(destination(104, host="pacs.invalid"))
    assert "pacs.invalid is not known" in failure(target, UnreachableError)


def test_a_port_that_says_nothing_is_left_in_time() -> None:
    with listening(lambda connection: time.sleep(PEERS_PATIENCE_S)) as port, _in_time():
        message = failure(DicomDestination(destination(port, timeout_s=1)), UnreachableError)
    assert "answers no association within 1 s" in message


def test_a_port_that_is_no_dicom_nodes_is_reported() -> None:
    def hang_up(connection: socket.socket) -> None:
        connection.recv(10)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        connection.close()

    with listening(hang_up) as port, _in_time():
        failure(DicomDestination(destination(port, timeout_s=2)), UnreachableError)


@pytest.mark.parametrize("head", [b"\x02\0\x7f\xff\xff\xff", b"\x04\0\x7f\xff\xff\xff"])
def test_an_answer_without_end_is_not_read(head: bytes) -> None:
    sent: list[int] = []

    def flood(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(head)
        for _ in range(64):
            connection.sendall(bytes(2**20))
            sent.append(2**20)

    with listening(flood) as port, _in_time():
        failure(DicomDestination(destination(port, timeout_s=2)), UnreachableError)
    assert sum(sent) < 16 * 2**20


def test_an_answer_of_a_byte_now_and_then_is_left_in_time() -> None:
    def drip(connection: socket.socket) -> None:
        connection.recv(65536)
        for byte in b"\x02\0\0\0\1\0" + bytes(1000):
            connection.sendall(bytes([byte]))
            time.sleep(0.2)

    with listening(drip) as port, _in_time():
        failure(DicomDestination(destination(port, timeout_s=1)), UnreachableError)


def test_a_node_that_does_not_answer_a_store_is_left_in_time() -> None:
    over = threading.Event()

    def dawdle(_: Event) -> None:
        over.wait(PEERS_PATIENCE_S)

    with running_node(on_store=dawdle) as node:
        with _in_time():
            target = DicomDestination(destination(node.port, timeout_s=1))
            message = failure(target, UnreachableError)
        over.set()
    assert "stopped answering" in message


def test_a_node_that_aborts_in_the_middle_is_tried_later() -> None:
    def abort(event: Event) -> None:
        event.assoc.abort()

    with running_node(on_store=abort) as node, _in_time():
        assert "ended the association" in failure(
            DicomDestination(destination(node.port)), UnreachableError, SR, SC
        )


def test_a_node_that_stops_reading_in_the_middle_is_left_in_time() -> None:
    large = dicom_document(6, side=4000)
    with running_node() as node, _stalling(node.port) as port, _in_time():
        failure(DicomDestination(destination(port, timeout_s=1)), UnreachableError, large)


def test_documents_travel_in_tls(certificates: Certificates) -> None:
    context = certificates.server_context(ask_client=True)
    certificate, key = certificates.of("client")
    tls = ClientTls(ca=certificates.ca, certificate=certificate, key=key)
    with running_node(tls=context) as node:
        DicomDestination(destination(node.port, host="localhost", tls=tls)).send([SC], RESULT_ID)
    assert len(node.received) == 1


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(certificates: Certificates) -> None:
    with running_node(tls=certificates.server_context()) as node:
        target = DicomDestination(destination(node.port, host="localhost", tls=ClientTls()))
        assert "is not trusted" in failure(target, UnreachableError)
    assert node.received == []


def test_a_certificate_for_another_host_is_not_trusted(certificates: Certificates) -> None:
    with running_node(tls=certificates.server_context()) as node:
        target = DicomDestination(destination(node.port, tls=ClientTls(ca=certificates.ca)))
        assert "is not trusted" in failure(target, UnreachableError)


def test_a_certificate_that_is_not_there_is_reported(tmp_path: Path) -> None:
    target = DicomDestination(destination(104, tls=ClientTls(ca=tmp_path / "absent.pem")))
    assert "certificate or key" in failure(target, UnreachableError)


@contextmanager
def _in_time() -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < IN_TIME_S


def _eventually(attempt: Callable[[], None]) -> None:
    """Try until it goes well, while a program starts."""
    for _ in range(600):
        try:
            return attempt()
        except UnreachableError:
            time.sleep(0.1)
    return attempt()


@contextmanager
def _stalling(node_port: int) -> Iterator[int]:
    """Stand before a node: pass on its association, and read nothing more after that."""

    def talk(connection: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", node_port)) as node:
            node.sendall(connection.recv(65536))
            connection.sendall(node.recv(65536))
            time.sleep(PEERS_PATIENCE_S)

    with listening(talk) as port:
        yield port
