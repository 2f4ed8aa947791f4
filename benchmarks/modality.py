"""A sender of C-STORE that costs little: it keeps its associations, and encodes a film once."""

from __future__ import annotations

import socket
import struct
from queue import Empty, LifoQueue

from pydicom.uid import UID, ComputedRadiographyImageStorage, ExplicitVRLittleEndian
from pynetdicom.pdu import A_ASSOCIATE_RQ
from pynetdicom.pdu_primitives import (
    A_ASSOCIATE,
    ImplementationClassUIDNotification,
    MaximumLengthNotification,
)
from pynetdicom.presentation import build_context

from radiograde.service.dimse import command_set as commands

CONTEXT = 1
PDU_BYTES = 2**17
WAIT_S = 30.0


class Modality:
    """Stores films on associations that it keeps, as many as it needs at a time."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._free: LifoQueue[socket.socket] = LifoQueue()

    def store(self, instance: str, data_set: memoryview) -> str:
        """Return ``accepted``, or what was answered instead."""
        try:
            connection = self._free.get_nowait()
        except Empty:
            try:
                connection = associate(self._port)
            except OSError:
                return "no association"
        try:
            status = _store(connection, instance, data_set)
        except OSError:
            connection.close()
            return "connection lost"
        self._free.put(connection)
        return "accepted" if status == 0 else f"0x{status:04X}"

    def close(self) -> None:
        """End the associations."""
        while not self._free.empty():
            self._free.get().close()


def associate(port: int, address: str = "127.0.0.1") -> socket.socket:
    """Return a connection with an association. Raises OSError where there is none.

    ``address``: from which it calls; all of 127.0.0.0/8 are this computer.
    """
    connection = socket.create_connection(("127.0.0.1", port), WAIT_S, (address, 0))
    connection.sendall(_request())
    if _receive(connection)[0] != 0x02:
        connection.close()
        raise ConnectionError
    return connection


def _request() -> bytes:
    ask = A_ASSOCIATE()
    ask.application_context_name = UID("1.2.840.10008.3.1.1.1")
    ask.calling_ae_title, ask.called_ae_title = "MODALITY", "RADIOGRADE"
    context = build_context(ComputedRadiographyImageStorage, ExplicitVRLittleEndian)
    context.context_id = CONTEXT
    ask.presentation_context_definition_list = [context]
    length = MaximumLengthNotification()
    length.maximum_length_received = 16384
    implementation = ImplementationClassUIDNotification()
    implementation.implementation_class_uid = UID("1.2.826.0.1.3680043.10.1541.78")
    ask.user_information = [length, implementation]
    encoded = A_ASSOCIATE_RQ()
    encoded.from_primitive(ask)
    return encoded.encode()


def _store(connection: socket.socket, instance: str, data_set: memoryview) -> int:
    request = commands.encode(
        {
            commands.AFFECTED_CLASS: ComputedRadiographyImageStorage.encode(),
            commands.COMMAND_FIELD: commands.C_STORE_RQ,
            commands.MESSAGE_ID: 1,
            0x0700: 0,
            commands.AFFECTED_INSTANCE: instance.encode(),
        },
        data_set=True,
    )
    connection.sendall(_head(len(request), 3) + request)
    for at in range(0, len(data_set), PDU_BYTES):
        part = data_set[at : at + PDU_BYTES]
        connection.sendall(_head(len(part), 2 if at + len(part) == len(data_set) else 0))
        connection.sendall(part)
    kind, body = _receive(connection)
    if kind != 0x04:
        raise ConnectionError
    status = commands.decode(body[6:]).number(commands.STATUS)
    return -1 if status is None else status


def _head(length: int, control: int) -> bytes:
    """Return the heads of a P-DATA-TF with one value."""
    return struct.pack(">BxIIBB", 0x04, length + 6, length + 2, CONTEXT, control)


def _receive(connection: socket.socket) -> tuple[int, bytes]:
    kind, length = struct.unpack(">BxI", _exactly(connection, 6))
    return kind, _exactly(connection, length)


def _exactly(connection: socket.socket, count: int) -> bytes:
    data = connection.recv(count, socket.MSG_WAITALL)
    if len(data) < count:
        raise ConnectionError
    return data
