"""A receiver of HL7 messages over MLLP that answers as it is set to, and keeps what came."""

from __future__ import annotations

import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import hl7

Answer = Callable[[hl7.Message], Sequence[bytes] | None]
"""What is written back, framed or not; None: the connection ends."""


@dataclass
class Receiver:
    """A running receiver, and the messages that it got."""

    port: int
    messages: list[hl7.Message] = field(default_factory=list)

    def control_ids(self) -> list[str]:
        return [str(one.segment("MSH")[10]) for one in self.messages]


def framed(text: str) -> bytes:
    return b"\x0b" + text.encode() + b"\x1c\r"


def ack(message: hl7.Message, code: str = "AA", *more: str, control_id: str | None = None) -> bytes:
    """Return an acknowledgement of a message; ``more``: further segments."""
    answered = control_id or str(message.segment("MSH")[10])
    header = "MSH|^~\\&|RIS||RADIOGRADE||20260304||ACK^R01^ACK|1|P|2.5.1"
    return framed("\r".join([header, f"MSA|{code}|{answered}", *more]) + "\r")


def takes(message: hl7.Message) -> Sequence[bytes]:
    return [ack(message)]


@contextmanager
def running_receiver(
    answer: Answer = takes, *, tls: ssl.SSLContext | None = None
) -> Iterator[Receiver]:
    """Start a receiver on localhost."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            connection = self.request
            if tls is not None:
                try:
                    connection = tls.wrap_socket(connection, server_side=True)
                except OSError:
                    return
            received = b""
            with connection:
                while piece := connection.recv(65536):
                    received += piece
                    while b"\x1c\r" in received:
                        one, received = received.split(b"\x1c\r", 1)
                        message = hl7.parse(one.lstrip(b"\x0b").decode())
                        receiver.messages.append(message)
                        answers = answer(message)
                        if answers is None:
                            return
                        connection.sendall(b"".join(answers))

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A caller that hung up is no error."""

    with Server(("127.0.0.1", 0), Handler) as server:
        receiver = Receiver(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
