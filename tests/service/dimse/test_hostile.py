"""Peers that break the protocol, fall silent or vanish: each is let go, others are served."""

from __future__ import annotations

import random
import socket
import struct
import threading
import time
from contextlib import suppress

import pytest

from radiograde.service.dimse.node import Node
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

IDLE_S = 1.0
ECHO = pdv(1, 3, command(0x0030, sop_class=VERIFICATION))
STORE = command(0x0001, data_set=True, sop_class=DX, sop_instance="1.2.3")
ASSOCIATE = request_pdu([(1, VERIFICATION), (3, DX)])


@pytest.fixture(autouse=True)
def no_traces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let threads end on what they cannot take, as the listener does."""
    monkeypatch.setattr(threading, "excepthook", lambda _: None)


def is_let_go(caller: RawCaller) -> bool:
    """Return whether the node ends the connection, by whatever means, once its time-out is over."""
    end = time.monotonic() + IDLE_S + TIMEOUT_S
    caller.socket.settimeout(IDLE_S + TIMEOUT_S)
    try:
        while caller.socket.recv(4096):
            if time.monotonic() > end:
                return False
    except TimeoutError:
        return False
    except OSError:
        pass
    return True


def serves(node: Node) -> bool:
    association = call(node)
    if not association.is_established:
        return False
    status = status_of(association.send_c_echo())
    association.release()
    return status == 0x0000


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x99\0\0\0\0\0",
        b"\x01\0\0",
        b"\x01\0\xff\xff\xff\xff",
        b"\x01\0\0\0\0\4abcd",
        ASSOCIATE[:-1],
        p_data(ECHO),
        ASSOCIATE,
        ASSOCIATE + ASSOCIATE,
        ASSOCIATE + b"\x09\0\0\0\0\0",
        ASSOCIATE + b"\x04\0",
        ASSOCIATE + p_data(pdv(5, 3, command(0x0030))),
        ASSOCIATE + p_data(pdv(3, 2, b"data first")),
        ASSOCIATE + p_data(pdv(1, 3, b"no command set")),
        ASSOCIATE + p_data(pdv(3, 3, STORE)),
        ASSOCIATE + p_data(pdv(3, 3, STORE), pdv(3, 0, bytes(5000)))[:-1],
        ASSOCIATE + struct.pack(">BxI", 4, 2**32 - 1),
    ],
    ids=[
        "nothing",
        "http",
        "no PDU",
        "half a head",
        "4 GiB",
        "garbage request",
        "most of a request",
        "data at once",
        "silence",
        "two requests",
        "no PDU later",
        "half a head later",
        "unknown context",
        "data without command",
        "garbage command",
        "no data",
        "half a PDU",
        "4 GiB later",
    ],
)
def test_whoever_breaks_off_is_let_go_and_others_are_served(
    start_a_node: StartNode, sent: bytes
) -> None:
    node = start_a_node(idle_timeout_s=IDLE_S)
    caller = RawCaller(node)
    caller.send(sent)
    assert serves(node)
    assert is_let_go(caller)
    assert serves(node)
    caller.close()


def test_a_lost_place_is_free_again(start_a_node: StartNode) -> None:
    node = start_a_node(associations=1, idle_timeout_s=IDLE_S)
    dead = RawCaller(node)
    dead.associate()
    dead.send(p_data(pdv(3, 3, STORE)) + b"\x04\0\0\1")
    assert not serves(node)
    assert is_let_go(dead)
    wait_for(lambda: serves(node))
    dead.close()


def test_who_vanishes_takes_nothing_along(node: Node, intake: FakeIntake) -> None:
    for sent in (b"", b"\x01", ASSOCIATE):
        caller = RawCaller(node)
        caller.send(sent)
        caller.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        caller.close()
    assert status_of(call(node).send_c_store(film())) == 0x0000
    assert len(intake.kept) == 1


def test_any_noise_is_survived(start_a_node: StartNode) -> None:
    node = start_a_node(idle_timeout_s=IDLE_S)
    noise = random.Random(7)  # noqa: S311
    whole = ASSOCIATE + p_data(ECHO, pdv(3, 3, STORE))
    for _ in range(50):
        data = bytearray(whole)
        for _ in range(noise.randint(1, 6)):
            data[noise.randrange(len(data))] = noise.randrange(256)
        caller = RawCaller(node)
        caller.send(bytes(data[: noise.randrange(len(data))]))
        caller.close()
    assert serves(node)


def test_an_object_far_too_large_is_cut_off(start_a_node: StartNode, intake: FakeIntake) -> None:
    node = start_a_node(max_object_mb=1)
    caller = RawCaller(node)
    caller.associate()
    caller.send(p_data(pdv(3, 3, STORE)))
    sent = 0
    with suppress(OSError):
        for _ in range(100):
            caller.send(p_data(pdv(3, 0, bytes(2**18))))
            sent += 1
            time.sleep(0.01)
    assert sent < 100
    caller.close()
    assert serves(node)
    assert not intake.kept
