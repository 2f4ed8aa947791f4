"""The listener by its socket: senders, strangers, slow ones, and what is no message."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import hl7
import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from radiograde.service.config.site import Hl7Config
from radiograde.service.database.tables import patient_links
from radiograde.service.errors import AddressError, SiteError, UnsafeHostError
from radiograde.service.grading.records import Records
from radiograde.service.hl7_listener import mllp_server
from radiograde.service.hl7_listener.message_handler import MessageHandler
from radiograde.service.hl7_listener.running_listener import running_hl7_listener
from tests.service.certificates import Certificates
from tests.service.hl7_listener.messages import adt

MERGE = adt("A40", "A-1", "B-1")


@contextmanager
def listening(handler: MessageHandler, **keys: Any) -> Iterator[int]:
    with running_hl7_listener(Hl7Config.model_validate({"port": 0} | keys), handler) as port:
        yield port


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        yield connection


def sent(connection: socket.socket, content: bytes) -> hl7.Message:
    """Return the answer to a message."""
    connection.sendall(b"\x0b" + content + b"\x1c\r")
    return answer(connection)


def answer(connection: socket.socket) -> hl7.Message:
    received = b""
    while not received.endswith(b"\x1c\r"):
        piece = connection.recv(65536)
        assert piece, "hung up on"
        received += piece
    return hl7.parse(received[1:-2].decode())


def code(message: hl7.Message) -> tuple[str, str]:
    told, *answered = (str(field) for field in message.segment("MSA")[1:])
    return told, "".join(answered)


def is_hung_up_on(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True


def links(records: Records) -> int:
    with records.database.reading() as connection:
        query = sa.select(sa.func.count()).select_from(patient_links)
        return int(connection.execute(query).scalar_one())


def test_a_message_is_kept_before_it_is_acknowledged(
    handler: MessageHandler, records: Records
) -> None:
    with listening(handler) as port, connected(port) as connection:
        for number in range(3):
            message = adt("A40", "A-1", f"B-{number}", control_id=f"C-{number}")
            assert code(sent(connection, message)) == ("AA", f"C-{number}")
            assert links(records) == number + 1
        assert code(sent(connection, message)) == ("AA", "C-2")
        assert links(records) == 3


def test_many_senders_are_served_at_once(handler: MessageHandler, records: Records) -> None:
    def send(number: int) -> None:
        with connected(port) as connection:
            for other in range(5):
                sent(connection, adt("A40", f"A-{number}", f"B-{number}{other}"))

    with listening(handler) as port:
        threads = [threading.Thread(target=send, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert links(records) == 40


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"no message", ("AR", "")),
        (MERGE.replace(b"ADT^A40", b"QBP^Q11"), ("AR", "C-1")),
        (MERGE.replace(b"2.5.1", b"2.5.1||||||KLINGON"), ("AR", "")),
        (MERGE.replace(b"MRG", b"ZZZ"), ("AE", "C-1")),
    ],
)
def test_what_cannot_be_used_is_answered_and_the_connection_goes_on(
    handler: MessageHandler, content: bytes, expected: tuple[str, str]
) -> None:
    with listening(handler) as port, connected(port) as connection:
        assert code(sent(connection, content)) == expected
        assert code(sent(connection, MERGE)) == ("AA", "C-1")


@pytest.mark.parametrize(
    "content", [b"\x0b" + b"A" * 300_000, b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01hello"]
)
def test_what_is_too_large_or_no_frame_is_hung_up_on(
    handler: MessageHandler, content: bytes
) -> None:
    with listening(handler, max_message_kb=64) as port:
        with connected(port) as connection:
            try:
                connection.sendall(content)
            except ConnectionError:
                return
            assert is_hung_up_on(connection)
        with connected(port) as connection:
            assert code(sent(connection, MERGE)) == ("AA", "C-1")


def test_a_slow_message_is_not_waited_for_and_a_quiet_sender_is(
    handler: MessageHandler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mllp_server, "MESSAGE_S", 0.6)
    with (
        listening(handler, idle_timeout_s=30) as port,
        connected(port) as quiet,
        connected(port) as slow,
    ):
        began = time.monotonic()
        slow.sendall(b"\x0b")
        assert is_let_go(slow)
        assert time.monotonic() - began < 15
        assert code(sent(quiet, MERGE)) == ("AA", "C-1")


def is_let_go(slow: socket.socket) -> bool:
    """Return whether a sender of a byte now and then is hung up on."""
    for _ in range(200):
        try:
            slow.sendall(b"M")
        except OSError:
            return True
        time.sleep(0.1)
    return False


def test_a_silent_sender_is_let_go_in_the_end(handler: MessageHandler) -> None:
    with listening(handler, idle_timeout_s=0.3) as port, connected(port) as connection:
        assert is_hung_up_on(connection)


def test_a_stranger_is_hung_up_on_unread(handler: MessageHandler, records: Records) -> None:
    with listening(handler, allow_from=["10.0.0.0/8"]) as port, connected(port) as connection:
        assert is_hung_up_on(connection)
    with listening(handler, allow_from=["127.0.0.0/8"]) as port, connected(port) as connection:
        assert code(sent(connection, MERGE)) == ("AA", "C-1")
    assert links(records) == 1


def test_a_listener_for_all_addresses_knows_callers_by_ipv4(handler: MessageHandler) -> None:
    with (
        listening(handler, host="::", allow_from=["127.0.0.0/8"]) as port,
        connected(port) as connection,
    ):
        assert code(sent(connection, MERGE)) == ("AA", "C-1")


def test_what_fills_a_line_is_not_kept(handler: MessageHandler) -> None:
    with listening(handler, max_message_kb=1) as port, connected(port) as connection:
        connection.sendall(b"\r\n \0" * 65536 + b"\x0b" + MERGE[:20])
        time.sleep(0.1)
        connection.sendall(MERGE[20:] + b"\x1c\r")
        assert code(answer(connection)) == ("AA", "C-1")


def test_nobody_fills_the_log_by_calling_again_and_again(handler: MessageHandler) -> None:
    with capture_logs() as logs, listening(handler, allow_from=["10.0.0.0/8"]) as port:
        for _ in range(5):
            with connected(port) as connection:
                assert is_hung_up_on(connection)
    (line,) = (line for line in logs if line["event"] == "hl7_connection")
    assert (line["address"], line["unsaid"]) == ("127.0.0.1", 0)
    assert line["reason"] == "its address is not in hl7.allow_from"


def test_more_connections_than_allowed_are_hung_up_on(handler: MessageHandler) -> None:
    with listening(handler, connections=1) as port, connected(port) as first:
        assert code(sent(first, MERGE))[0] == "AA"
        with connected(port) as second:
            assert is_hung_up_on(second)
        assert code(sent(first, MERGE))[0] == "AA"


def test_it_speaks_tls_and_asks_for_certificates(handler: MessageHandler, tmp_path: Path) -> None:
    certificates = Certificates(tmp_path)
    certificate, key = certificates.of("server")
    tls = {"certificate": certificate, "key": key, "ca": certificates.ca}
    context = ssl.create_default_context(cafile=certificates.ca)
    with listening(handler, tls=tls) as port:
        with connected(port) as plain:
            plain.sendall(b"\x0b" + MERGE + b"\x1c\r")
            assert is_hung_up_on(plain) or plain.recv(100) == b""
        assert not takes(port, context)
        context.load_cert_chain(*certificates.of("client"))
        assert takes(port, context)


def takes(port: int, context: ssl.SSLContext) -> bool:
    try:
        with (
            connected(port) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as secure,
        ):
            return code(sent(secure, MERGE)) == ("AA", "C-1")
    except OSError:
        return False


def test_it_is_not_opened_to_the_network_by_oversight(handler: MessageHandler) -> None:
    with (
        pytest.raises(UnsafeHostError, match=r"hl7\.allow_from"),
        listening(
            handler,
            host="0.0.0.0",  # noqa: S104
        ),
    ):
        pass
    with listening(handler, host="0.0.0.0", allow_from=["127.0.0.1"]):  # noqa: S104
        pass


def test_a_port_or_certificate_that_cannot_be_had_is_told(
    handler: MessageHandler, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(AddressError, match=r"hl7\.port"), listening(handler, port=port):
            pass
    nothing = {"certificate": tmp_path / "a", "key": tmp_path / "b"}
    with pytest.raises(SiteError, match=r"hl7\.tls"), listening(handler, tls=nothing):
        pass
