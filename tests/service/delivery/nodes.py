"""Receiving DICOM nodes that answer as they are set to."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from pydicom.uid import (
    Comprehensive3DSRStorage,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    SecondaryCaptureImageStorage,
    SegmentationStorage,
)
from pynetdicom import AE, evt
from pynetdicom.events import Event
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from radiograde.service.config.site import ClientTls, DicomDestinationConfig

CLASSES = (Comprehensive3DSRStorage, SegmentationStorage, SecondaryCaptureImageStorage)
SYNTAXES = (ExplicitVRLittleEndian, ImplicitVRLittleEndian)


@dataclass
class Node:
    """A running node and what it was sent."""

    port: int
    received: list[bytes] = field(default_factory=list)
    """Data sets as they came, without file meta information."""
    syntaxes: list[str] = field(default_factory=list)
    proposed: list[set[tuple[str, str]]] = field(default_factory=list)
    """Each association's contexts: class and transfer syntax."""


@contextmanager
def running_node(
    *,
    statuses: Mapping[str, int] | int = 0x0000,
    classes: Sequence[str] = (Verification, *CLASSES),
    syntaxes: Sequence[str] = SYNTAXES,
    known: Sequence[str] = (),
    on_store: Callable[[Event], None] | None = None,
    tls: ssl.SSLContext | None = None,
) -> Iterator[Node]:
    """Start a node called PACS; ``statuses``: its answer to C-STORE, by SOP class or one for all.

    known: the titles let in, all where empty. on_store: called before a C-STORE is answered.
    """
    node = Node(0)

    def store(event: Event) -> int:
        if on_store is not None:
            on_store(event)
        node.received.append(event.encoded_dataset(include_meta=False))
        node.syntaxes.append(event.context.transfer_syntax)
        if isinstance(statuses, int):
            return statuses
        return statuses.get(str(event.request.AffectedSOPClassUID), 0x0000)

    def requested(event: Event) -> None:
        contexts = event.assoc.requestor.requested_contexts
        node.proposed.append(
            {
                (str(one.abstract_syntax), str(uid))
                for one in contexts
                for uid in one.transfer_syntax
            }
        )

    ae = AE("PACS")
    ae.require_called_aet = True
    ae.require_calling_aet = list(known)
    for sop_class in classes:
        ae.add_supported_context(sop_class, list(syntaxes))
    server = ae.start_server(
        ("127.0.0.1", 0),
        block=False,
        evt_handlers=[(evt.EVT_C_STORE, store), (evt.EVT_REQUESTED, requested)],
        ssl_context=tls,
    )
    assert server is not None
    node.port = server.server_address[1]
    try:
        yield node
    finally:
        # It looks for this twice a second only.
        threading.Thread(target=server.shutdown).start()


@contextmanager
def listening(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """Accept connections and hand each to ``talk`` in a thread of its own; yield the port."""
    kept: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                kept.append(connection)
                threading.Thread(target=_quietly, args=(talk, connection), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            for connection in kept:
                connection.close()


def destination(
    port: int,
    *,
    host: str = "127.0.0.1",
    timeout_s: float = 5.0,
    aet: str = "PACS",
    tls: ClientTls | None = None,
) -> DicomDestinationConfig:
    """Return a destination on this computer."""
    return DicomDestinationConfig(
        name="pacs", type="dicom", aet=aet, host=host, port=port, timeout_s=timeout_s, tls=tls
    )


def _quietly(talk: Callable[[socket.socket], None], connection: socket.socket) -> None:
    try:
        talk(connection)
    except OSError:
        return
