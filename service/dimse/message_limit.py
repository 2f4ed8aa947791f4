"""What a message may take: pynetdicom would hold all of it, for as long as its sender likes."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from pynetdicom.association import Association
from pynetdicom.events import Event

from radiograde.service.dicom_pdu import P_DATA_TF, BoundedSocket

_SLACK_BYTES = 2**20
"""Commands and the protocol beside an object."""

_SLOWEST_LINK = 10_000
"""Bytes a second; a sender that is slower than that is hung up on."""


@dataclass(slots=True)
class _Received:
    bytes: int
    since: float


class MessageLimit:
    """Hangs up on who sends a message far too large, or without end."""

    def __init__(self, most_bytes: int, patience_s: float) -> None:
        """``patience_s``: beside the time that the slowest link takes."""
        self._most_bytes = most_bytes + _SLACK_BYTES
        self._patience_s = patience_s
        self._received: WeakKeyDictionary[Association, _Received] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def count(self, event: Event) -> None:
        """Count what came of a message; a handler of ``EVT_DATA_RECV``."""
        if event.data[:1] != bytes([P_DATA_TF]):
            return
        now = time.monotonic()
        with self._lock:
            received = self._received.setdefault(event.assoc, _Received(0, now))
            received.bytes += len(event.data)
        allowed_s = self._patience_s + received.bytes / _SLOWEST_LINK
        connection = event.assoc.dul.socket
        if not isinstance(connection, BoundedSocket):
            return
        if received.bytes > self._most_bytes:
            connection.hang_up(f"a message of more than {self._most_bytes} bytes")
        elif now - received.since > allowed_s:
            connection.hang_up(f"a message that is not whole within {allowed_s:.0f} s")

    def forget(self, event: Event) -> None:
        """Begin anew with the next message; a handler of ``EVT_DIMSE_RECV``."""
        with self._lock:
            self._received.pop(event.assoc, None)
