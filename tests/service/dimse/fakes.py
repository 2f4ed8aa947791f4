"""Stand-ins for what lies behind the node, and peers that do exactly as scripted."""

from __future__ import annotations

import functools
import io
import socket
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from pydicom import dcmread
from pydicom.dataset import Dataset, FileDataset
from pydicom.uid import UID, ExplicitVRLittleEndian
from pynetdicom import AE, evt
from pynetdicom.association import Association
from pynetdicom.pdu import A_ASSOCIATE_RQ
from pynetdicom.pdu_primitives import (
    A_ASSOCIATE,
    ImplementationClassUIDNotification,
    MaximumLengthNotification,
)
from pynetdicom.presentation import PresentationContext, build_context

from radiograde.model.reading.film_file import FilmFile
from radiograde.service.atomic_write import Content
from radiograde.service.config.site import FilmSource
from radiograde.service.dicom_pdu import bound_socket
from radiograde.service.dimse.node import Node
from radiograde.service.films.intake import Receipt
from tests.service.documents.graded_films import film_bytes
from tests.service.processes import waited

AET = "RADIOGRADE"
DX = "1.2.840.10008.5.1.4.1.1.1.1"
VERIFICATION = "1.2.840.10008.1.1"
TIMEOUT_S = 60.0

FILM = functools.cache(film_bytes)
"""Drawing takes its time."""


@dataclass
class FakeIntake:
    """Keeps what it is given; ``before`` runs first and may raise or wait."""

    kept: list[bytes] = field(default_factory=list)
    before: Callable[[], object] = lambda: None
    shares_uid: bool = False
    senders: list[str | None] = field(default_factory=list)

    def accept(
        self, content: Content | FilmFile, source: FilmSource, sender: str | None = None
    ) -> Receipt:
        assert source == "dicom"
        self.before()
        self.kept.append(content.content if isinstance(content, FilmFile) else bytes(content))
        self.senders.append(sender)
        return Receipt(f"film-{len(self.kept)}", known=False, shares_uid=self.shares_uid)

    def datasets(self) -> list[FileDataset]:
        return [dcmread(io.BytesIO(content)) for content in self.kept]


@dataclass
class FakeKeptInstances:
    """Holds the instances that it is set to."""

    instances: set[tuple[str, str]] = field(default_factory=set)
    fault: Exception | None = None

    def holds(self, sop_class_uid: str, sop_instance_uid: str) -> bool:
        if self.fault is not None:
            raise self.fault
        return (sop_class_uid, sop_instance_uid) in self.instances


def film(number: int = 1) -> FileDataset:
    """Return a drawn film with a UID of its own."""
    ds = dcmread(io.BytesIO(FILM()))
    ds.SOPInstanceUID = f"1.2.826.0.1.3680043.10.1541.7.{number}"
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    return ds


def call(
    node: Node,
    *contexts: PresentationContext,
    calling: str = "MODALITY",
    called: str = AET,
    max_pdu: int = 16382,
) -> Association:
    """Return an association that pynetdicom asks for, established or not."""
    ae = AE(calling)
    ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = TIMEOUT_S
    ae.maximum_pdu_size = max_pdu
    wanted = list(contexts) or [build_context(VERIFICATION), build_context(DX)]
    return ae.associate(
        "127.0.0.1",
        node.port,
        contexts=wanted,
        ae_title=called,
        # As deliveries call: a rejection that comes at once is seen.
        evt_handlers=[(evt.EVT_CONN_OPEN, bound_socket, [TIMEOUT_S])],
    )


def status_of(answer: Dataset) -> int:
    """Return the status of a DIMSE answer; -1 where none came."""
    return int(answer.get("Status", -1))


class RawCaller:
    """A peer at the level of bytes."""

    def __init__(self, node: Node, address: str = "127.0.0.1") -> None:
        """``address``: from which it calls; all of 127.0.0.0/8 are this computer."""
        self.socket = socket.create_connection(
            ("127.0.0.1", node.port), timeout=TIMEOUT_S, source_address=(address, 0)
        )

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def associate(self, contexts: Iterable[tuple[int, str]] = ((1, VERIFICATION), (3, DX))) -> None:
        """Ask for an association and see it accepted."""
        self.send(request_pdu(contexts))
        assert self.receive()[0] == 0x02

    def receive(self) -> tuple[int, bytes]:
        """Return type and body of the next PDU; type 0 where the node closed the connection."""
        head = self._read(6)
        if len(head) < 6:
            return 0, b""
        return head[0], self._read(struct.unpack(">I", head[2:])[0])

    def status(self) -> int:
        """Return the status in the next DIMSE response."""
        kind, body = self.receive()
        assert kind == 0x04
        return int(struct.unpack("<H", _element(body[6:], 0x0900))[0])

    def close(self) -> None:
        self.socket.close()

    def _read(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            try:
                part = self.socket.recv(count - len(data))
            except ConnectionResetError:
                break
            if not part:
                break
            data += part
        return data


def request_pdu(
    contexts: Iterable[tuple[int, str]], *, called: str = AET, syntax: str = ExplicitVRLittleEndian
) -> bytes:
    """Return an A-ASSOCIATE-RQ; ``contexts``: ids with abstract syntaxes."""
    primitive = A_ASSOCIATE()
    primitive.application_context_name = UID("1.2.840.10008.3.1.1.1")
    primitive.calling_ae_title = "RAW"
    primitive.called_ae_title = called
    wanted = []
    for number, abstract_syntax in contexts:
        context = build_context(abstract_syntax, syntax)
        context.context_id = number
        wanted.append(context)
    primitive.presentation_context_definition_list = wanted
    length = MaximumLengthNotification()
    length.maximum_length_received = 16384
    implementation = ImplementationClassUIDNotification()
    implementation.implementation_class_uid = UID("1.2.3")
    primitive.user_information = [length, implementation]
    pdu = A_ASSOCIATE_RQ()
    pdu.from_primitive(primitive)
    return pdu.encode()


def command(field: int, *, data_set: bool = False, **uids: str) -> bytes:
    """Return a command set with message id 7; ``uids``: sop_class, sop_instance."""
    elements = {0x0100: field, 0x0110: 7, 0x0700: 0, 0x0800: 0x0001 if data_set else 0x0101}
    encoded: dict[int, bytes] = {tag: struct.pack("<H", value) for tag, value in elements.items()}
    for tag, name in ((0x0002, "sop_class"), (0x1000, "sop_instance")):
        if name in uids:
            value = uids[name].encode()
            encoded[tag] = value + b"\0" * (len(value) % 2)
    return b"".join(
        struct.pack("<HHI", 0, tag, len(value)) + value for tag, value in sorted(encoded.items())
    )


def pdv(context_id: int, control: int, payload: bytes) -> bytes:
    """Return a presentation data value. ``control``: 1 command, 2 last, 3 both."""
    return struct.pack(">IBB", len(payload) + 2, context_id, control) + payload


def p_data(*values: bytes) -> bytes:
    """Return a P-DATA-TF PDU."""
    body = b"".join(values)
    return struct.pack(">BxI", 0x04, len(body)) + body


def wait_for(condition: Callable[[], bool], within_s: float = TIMEOUT_S) -> None:
    """Wait until a condition holds; fail after ``within_s``."""
    assert waited(condition, within_s, every=0.01), "it did not come to pass"


def _element(command_set: bytes, element: int) -> bytes:
    at = 0
    while at < len(command_set):
        _, tag, length = struct.unpack("<HHI", command_set[at : at + 8])
        if tag == element:
            return command_set[at + 8 : at + 8 + length]
        at += 8 + length
    raise AssertionError(f"no element {element:04x}")
