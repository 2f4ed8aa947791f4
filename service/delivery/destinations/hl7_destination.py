"""An application that takes HL7 messages over MLLP, with TLS where the site file says so."""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from radiograde.service.config.site import Hl7DestinationConfig
from radiograde.service.delivery.destinations.destination import Finding, Taken, run_steps
from radiograde.service.delivery.destinations.network import Endpoint
from radiograde.service.documents.document import Document
from radiograde.service.errors import RefusedError, UnreachableError
from radiograde.service.hl7.acknowledgement import Acknowledgement, read_acknowledgement
from radiograde.service.hl7.mllp import FrameError, FrameReader, framed
from radiograde.service.hl7.received_message import ReceivedMessage

_MOST_BYTES = 65536
"""Largest answer that is read."""

_MOST_STRAYS = 20
"""Answers to other messages, such as one that comes twice, that are passed over."""

_MOST_WORDS = 25
_WORD = re.compile(r"[^\W\d_]+")


class Hl7Destination:
    """Sends each message over a connection of its own, and waits for its acknowledgement.

    A message whose acknowledgement is lost is sent again with the same control id.
    """

    def __init__(self, receiver: Hl7DestinationConfig) -> None:
        self.name = receiver.name
        self._where = Endpoint(receiver.host, receiver.port, receiver.timeout_s, receiver.tls)

    def send(self, documents: Sequence[Document], result_id: str) -> None:
        """Send every message.

        Raises:
            UnreachableError: no connection, or no acknowledgement of this message in time; or it
                says that it cannot take it now.
            RefusedError: it will not have the message; its code is named, and its words without
                what could name a patient.
        """
        for document in documents:
            self._settle(document.content, self._acknowledged(document.content))

    def withdraw(self, taken: Taken, result_id: str) -> None:
        """Send that what was sent is wrong. Raises as :meth:`send`."""
        if taken.message is not None:
            self.send([taken.message], result_id)

    def check(self) -> list[Finding]:
        """Return whether it is found and accepts connections; no message is sent."""
        return run_steps(
            [
                (f"{self._where.host} is found", self._where.resolve),
                (f"{self._where} accepts connections", self._where.connect),
            ]
        )

    def _acknowledged(self, message: bytes) -> Acknowledgement:
        control_id = ReceivedMessage.parse(message).control_id
        try:
            with self._connected() as connection:
                connection.sendall(framed(message))
                return self._answer(FrameReader(connection, _MOST_BYTES), control_id)
        except TimeoutError:
            raise self._silent("acknowledges no message") from None
        except FrameError:
            raise self._silent("answers with what is no HL7 message") from None
        except OSError:
            raise self._silent("ended the connection before it acknowledged the message") from None

    def _answer(self, reader: FrameReader, control_id: str) -> Acknowledgement:
        until = time.monotonic() + self._where.timeout_s
        for _ in range(_MOST_STRAYS):
            content = reader.read(until - time.monotonic())
            if content is None:
                raise ConnectionError
            answer = read_acknowledgement(content)
            if answer is None:
                raise FrameError
            if answer.control_id == control_id:
                return answer
        raise self._silent("acknowledges other messages alone")

    @contextmanager
    def _connected(self) -> Iterator[socket.socket]:
        context = self._where.tls_context()
        try:
            connection = _open(self._where, context)
        except (OSError, UnicodeError):
            # It knows the words for each cause.
            self._where.resolve()
            self._where.connect()
            raise self._silent("accepts no connection") from None
        with connection:
            yield connection

    def _silent(self, what: str) -> UnreachableError:
        return UnreachableError(
            f"{self._where} {what}. It is tried again later; if this goes on, check that the port "
            "speaks MLLP, and see its log."
        )

    def _settle(self, message: bytes, answer: Acknowledgement) -> None:
        if answer.verdict == "taken":
            return
        words = _discreet(answer.words, message)
        said = f"{self._where} answers {answer.describe()}" + (f': "{words}"' if words else "")
        if answer.verdict == "later":
            raise UnreachableError(f"{said}. It is tried again later.")
        raise RefusedError(f"{said}. Once its cause is mended, send the result again.")


def _open(where: Endpoint, context: ssl.SSLContext | None) -> socket.socket:
    plain = socket.create_connection((where.host, where.port), where.timeout_s)
    if context is None:
        return plain
    # It closes the plain one where the two agree on no TLS.
    return context.wrap_socket(plain, server_hostname=where.host)


def _discreet(words: str, message: bytes) -> str:
    """Return what a receiver says without what could name a patient.

    Small words stay; numbers go, and what begins with a capital or stands in the message.
    """
    segments = ReceivedMessage.parse(message).segments
    told = " ".join(
        "|".join(one.fields[1:]) for one in segments if one.name in ("PID", "OBR", "NTE")
    )
    named = {word.casefold() for word in _WORD.findall(told)}
    found = _WORD.findall(words)[:_MOST_WORDS]
    said = " ".join("…" if not one.islower() or one in named else one for one in found)
    return said if any(word.isalpha() for word in said.split()) else ""
