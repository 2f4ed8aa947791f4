"""Strangers: what they send costs the node little, and keeps no sender from being served."""

from __future__ import annotations

import ssl
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest

from radiograde.service.dimse import acceptor
from radiograde.service.dimse.connections import MOST_STRANGERS_AN_ADDRESS
from radiograde.service.dimse.node import Node
from tests.service.certificates import Certificates
from tests.service.dimse.conftest import StartNode
from tests.service.dimse.fakes import (
    DX,
    TIMEOUT_S,
    VERIFICATION,
    FakeIntake,
    RawCaller,
    call,
    command,
    film,
    p_data,
    pdv,
    request_pdu,
    status_of,
    wait_for,
)

MIB = 2**20
BUFFERED = 16 * MIB
"""More than both ends' kernels hold of what nobody reads."""

ASSOCIATE = request_pdu([(1, VERIFICATION), (3, DX)])
STORE = command(0x0001, data_set=True, sop_class=DX, sop_instance="1.2.3")


def sent_before_the_end(caller: RawCaller, most: int, piece: bytes = bytes(MIB)) -> int:
    """Return how many bytes a caller gets rid of until the node hangs up."""
    sent = 0
    with suppress(OSError):
        while sent < most:
            caller.send(piece)
            sent += len(piece)
    return sent


def ended(caller: RawCaller, within_s: float) -> bool:
    """Return whether the node ends the connection in time."""
    end = time.monotonic() + within_s
    try:
        while (left := end - time.monotonic()) > 0:
            caller.socket.settimeout(left)
            if not caller.socket.recv(4096):
                return True
    except TimeoutError:
        return False
    except OSError:
        return True
    return False


@contextmanager
def dripping(callers: list[RawCaller], data: bytes, every_s: float) -> Iterator[threading.Thread]:
    """Have callers send a byte each, again and again, within the ``with`` block."""
    stop = threading.Event()

    def drip() -> None:
        for byte in data:
            for caller in callers:
                with suppress(OSError):
                    caller.send(bytes([byte]))
            if stop.wait(every_s):
                return

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        yield thread
    finally:
        stop.set()
        thread.join()


def stores(node: Node, number: int = 1) -> bool:
    association = call(node)
    if not association.is_established:
        return False
    status = status_of(association.send_c_store(film(number)))
    association.release()
    return status == 0x0000


@pytest.mark.parametrize("length", [MIB + 1, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_request_that_is_too_long_is_not_read(node: Node, length: int) -> None:
    caller = RawCaller(node)
    caller.send(struct.pack(">BxI", 0x01, length))
    assert sent_before_the_end(caller, 4 * BUFFERED) < BUFFERED
    assert stores(node)


@pytest.mark.parametrize("kind", [0x02, 0x03, 0x05, 0x06, 0x07])
def test_no_other_pdu_is_long_either(node: Node, kind: int) -> None:
    for first in (b"", ASSOCIATE):
        caller = RawCaller(node)
        caller.send(first + struct.pack(">BxI", kind, 0x7FFFFFFF))
        assert sent_before_the_end(caller, 4 * BUFFERED) < BUFFERED


def test_data_are_read_up_to_the_maximum_that_was_announced(node: Node, intake: FakeIntake) -> None:
    association = call(node, max_pdu=0)
    most = association.acceptor.maximum_length
    association.release()
    assert most is not None
    assert 0 < most <= 4 * MIB

    caller = RawCaller(node)
    caller.associate()
    data_set = p_data(pdv(3, 2, bytes(most - len(pdv(3, 2, b"")))))
    assert len(data_set) == most + 6
    caller.send(p_data(pdv(3, 3, STORE)) + data_set)
    assert caller.status() == 0xA900  # it was read, and names nothing

    caller = RawCaller(node)
    caller.associate()
    caller.send(struct.pack(">BxI", 0x04, most + 1))
    assert caller.receive()[0] == 0x07  # A-ABORT, before any of it was sent
    assert stores(node)


@pytest.mark.parametrize(
    "items",
    [
        b"\x10\0\0\1a" * (MIB // 8),
        b"\x20\0\0\4\1\0\0\0" * (MIB // 10),
        (b"\x20\0\xfe\x05\1\0\0\0" + b"\x40\0\0\1a" * (65025 // 5 + 1)) * 14,
        (b"\x50\0\xfd\xe8" + b"\x56\0\0\0" * (65000 // 4)) * 14,
    ],
    ids=["application contexts", "presentation contexts", "transfer syntaxes", "user items"],
)
def test_many_small_items_take_no_time(node: Node, items: bytes) -> None:
    body = ASSOCIATE[6:74] + items
    assert len(body) < MIB
    caller = RawCaller(node)
    began = time.process_time()
    caller.send(struct.pack(">BxI", 0x01, len(body)) + body)
    assert ended(caller, TIMEOUT_S)
    assert time.process_time() - began < 1
    assert stores(node)


def test_many_small_values_are_not_taken(node: Node) -> None:
    caller = RawCaller(node)
    caller.associate()
    caller.send(p_data(pdv(1, 1, b"") * 2000))
    assert caller.receive()[0] == 0x07
    assert stores(node)


def test_a_byte_now_and_then_keeps_no_connection(
    start_a_node: StartNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acceptor, "REQUEST_S", 1.0)
    node = start_a_node()
    caller = RawCaller(node)
    with dripping([caller], ASSOCIATE, every_s=0.4):
        assert ended(caller, TIMEOUT_S)


def test_a_byte_now_and_then_keeps_no_handshake(
    start_a_node: StartNode, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    certificate, key = Certificates(tmp_path).of("node")  # type: ignore[arg-type]
    monkeypatch.setattr(acceptor, "REQUEST_S", 1.0)
    node = start_a_node(tls={"certificate": certificate, "key": key})
    hello = ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), hello, server_hostname="x")
    with suppress(ssl.SSLWantReadError):
        client.do_handshake()
    caller = RawCaller(node)
    with dripping([caller], hello.read(), every_s=0.4):
        assert ended(caller, TIMEOUT_S)


def test_a_sender_is_served_among_three_hundred_slow_strangers(node: Node) -> None:
    with ExitStack() as stack:
        callers = []
        for _ in range(300):
            callers.append(RawCaller(node))
            stack.callback(callers[-1].close)
        with dripping(callers, ASSOCIATE[:100], every_s=1.0) as thread:
            for number in range(1, 6):
                assert stores(node, number)
            assert thread.is_alive(), "the sender waited for no stranger"
        assert threading.active_count() < 200


def test_strangers_give_way_to_strangers(node: Node) -> None:
    """Of one address a few wait; those of another address keep their places."""
    other = RawCaller(node, address="127.0.0.2")
    many = [RawCaller(node) for _ in range(60)]
    spare = len(many) - MOST_STRANGERS_AN_ADDRESS
    assert all(ended(caller, TIMEOUT_S) for caller in many[:spare])
    assert not any(ended(caller, 0.01) for caller in many[spare:])
    other.send(ASSOCIATE)
    assert other.receive()[0] == 0x02
    for caller in (other, *many):
        caller.close()


def test_one_address_has_a_share_of_the_places(start_a_node: StartNode) -> None:
    node = start_a_node(associations=4, associations_per_address=2)
    first, second = RawCaller(node), RawCaller(node)
    first.associate()
    second.associate()
    third = RawCaller(node)
    third.send(ASSOCIATE)
    assert third.receive() == (0x03, bytes([0, 2, 3, 2]))
    other = RawCaller(node, address="127.0.0.2")
    other.associate()
    first.close()

    def has_room() -> bool:
        again = RawCaller(node)
        again.send(ASSOCIATE)
        return again.receive()[0] == 0x02

    wait_for(has_room)


def test_who_is_refused_takes_no_place(start_a_node: StartNode) -> None:
    node = start_a_node(associations=1, store_from=["MODALITY"])
    refused = []
    for _ in range(5):
        caller = RawCaller(node)
        caller.send(ASSOCIATE + b"\x04\0\0")
        assert caller.receive()[0] == 0x03
        refused.append(caller)
    assert stores(node)


@pytest.mark.parametrize("began", [b"", b"\x04", b"\x04\0\0\0\4\0"], ids=["", "head", "body"])
def test_a_byte_now_and_then_keeps_no_association(start_a_node: StartNode, began: bytes) -> None:
    node = start_a_node(idle_timeout_s=1)
    caller = RawCaller(node)
    caller.associate()
    caller.send(began)
    with dripping([caller], bytes(400) if began else b"\x04\0\0\0" + bytes(400), every_s=0.2):
        assert ended(caller, TIMEOUT_S)


def test_a_message_without_end_is_hung_up_on(start_a_node: StartNode) -> None:
    node = start_a_node(idle_timeout_s=1)
    caller = RawCaller(node)
    caller.associate()
    caller.send(p_data(pdv(3, 3, STORE)))
    stop = threading.Event()

    def trickle() -> None:
        with suppress(OSError):
            while not stop.wait(0.2):
                caller.send(p_data(pdv(3, 0, b"x")))

    thread = threading.Thread(target=trickle)
    thread.start()
    try:
        assert ended(caller, TIMEOUT_S)
    finally:
        stop.set()
        thread.join()


def test_ending_waits_for_no_stranger(
    start_a_node: StartNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acceptor, "REQUEST_S", 300.0)
    node = start_a_node(idle_timeout_s=300)
    callers = [RawCaller(node) for _ in range(20)]
    began = time.monotonic()
    node.close()
    assert time.monotonic() - began < TIMEOUT_S
    for caller in callers:
        caller.close()
