"""An administrator reads in the log who called, from where, and why somebody was refused."""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from radiograde.service.dimse.association_request import NoAssociationError
from radiograde.service.dimse.refusal_log import RefusalLog
from tests.service.certificates import Certificates
from tests.service.dimse.conftest import StartNode
from tests.service.dimse.fakes import (
    DX,
    VERIFICATION,
    RawCaller,
    call,
    film,
    request_pdu,
    wait_for,
)

ASSOCIATE = request_pdu([(1, VERIFICATION), (3, DX)])


def last(logs: list[Any], event: str = "association") -> dict[str, Any]:
    """Return the next line of an event, once it is there."""
    wait_for(lambda: any(line["event"] == event for line in logs))
    return dict(next(line for line in logs if line["event"] == event))


def test_titles_address_and_reason_of_who_is_refused(start_a_node: StartNode) -> None:
    node = start_a_node(store_from=["XRAY1"], associations=1)
    with capture_logs() as logs:
        call(node, calling="STRANGER")
        line = last(logs)
        assert line["outcome"] == "refused"
        assert line["log_level"] == "warning"
        assert (line["calling"], line["called"]) == ("STRANGER", "RADIOGRADE")
        assert line["address"] == "127.0.0.1"
        assert "store_from" in line["reason"]

        logs.clear()
        call(node, calling="XRAY1", called="SOMEONE")
        assert last(logs)["called"] == "SOMEONE"
        assert "not this node's" in last(logs)["reason"]

        logs.clear()
        first = call(node, calling="XRAY1")
        call(node, calling="XRAY1")
        assert "places" in last(logs)["reason"]
        first.release()


def test_who_stores_and_leaves(start_a_node: StartNode) -> None:
    node = start_a_node(store_from=["CR1"], commit_from=["PACS"])
    with capture_logs() as logs:
        association = call(node, calling="CR1")
        association.send_c_store(film())
        association.release()
        line = last(logs)
        assert (line["outcome"], line["calling"], line["address"]) == (
            "released",
            "CR1",
            "127.0.0.1",
        )
        stored = last(logs, "object")
        assert (stored["calling"], stored["address"]) == ("CR1", "127.0.0.1")

        logs.clear()
        association = call(node, calling="PACS")
        association.send_c_store(film())
        refused = last(logs, "object")
        assert (refused["calling"], refused["status"]) == ("PACS", "0x0124")
        association.abort()
        assert "the caller" in last(logs)["reason"]


def test_silence_is_told_from_a_long_pdu(start_a_node: StartNode) -> None:
    node = start_a_node(idle_timeout_s=1)
    for sent, reason in ((b"", "silent for 1 s"), (b"\x04\0\xff\xff\xff\xff", "4294967295 bytes")):
        with capture_logs() as logs:
            caller = RawCaller(node)
            caller.associate()
            caller.send(sent)
            line = last(logs)
            caller.close()
        assert line["outcome"] == "aborted"
        assert reason in line["reason"]


def test_a_title_is_written_in_printable_ascii(start_a_node: StartNode) -> None:
    node = start_a_node(store_from=["XRAY1"])
    with capture_logs() as logs:
        caller = RawCaller(node)
        evil = b"\x1b[2J\n{}\xff\x00'\"end"
        caller.send(ASSOCIATE[:26] + evil.ljust(16) + ASSOCIATE[42:])
        assert caller.receive()[0] == 0x03
        assert last(logs)["calling"] == "?[2J?{}??'\"end"


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", "no association was asked for"),
        (b"\x01\0\x7f\xff\xff\xff", "2147483647 bytes"),
        (ASSOCIATE[:40], "cut short"),
    ],
)
def test_what_was_no_request(start_a_node: StartNode, sent: bytes, reason: str) -> None:
    node = start_a_node()
    with capture_logs() as logs:
        caller = RawCaller(node)
        caller.send(sent)
        with suppress(OSError):  # the node may have hung up first
            caller.socket.shutdown(socket.SHUT_WR)
        line = last(logs)
    assert (line["outcome"], line["calling"], line["address"]) == ("refused", None, "127.0.0.1")
    assert reason in line["reason"]


def test_who_only_looks_whether_the_port_is_open_is_not_worth_a_line(
    start_a_node: StartNode,
) -> None:
    node = start_a_node()
    with capture_logs() as logs:
        RawCaller(node).close()
        call(node).release()
        last(logs)
        assert {line["log_level"] for line in logs if line.get("calling") is None} <= {"debug"}


def test_why_there_was_no_tls(start_a_node: StartNode, tmp_path: Path) -> None:
    authority, stranger = (Certificates(tmp_path / name) for name in "ab")
    for one in (authority, stranger):
        one.folder.mkdir()
    certificate, key = authority.of("node")
    node = start_a_node(tls={"certificate": certificate, "key": key, "ca": authority.ca})
    trusting = ssl.create_default_context(cafile=authority.ca)
    foreign = ssl.create_default_context(cafile=authority.ca)
    foreign.load_cert_chain(*stranger.of("modality"))
    for context, reason in (
        (trusting, "shows no certificate"),
        (foreign, "certificate is not trusted: unable to get local issuer"),
        (ssl.create_default_context(cafile=stranger.ca), "does not trust this certificate"),
        (None, "speaks no TLS"),
    ):
        with capture_logs() as logs:
            caller = RawCaller(node)
            try:
                if context is None:
                    caller.send(ASSOCIATE)
                else:
                    context.wrap_socket(caller.socket, server_hostname="localhost").recv(1)
            except OSError:
                pass
            line = last(logs)
            caller.close()
        assert line["reason"].startswith("TLS: ")
        assert reason in line["reason"]


def test_nobody_fills_the_log_by_calling_again_and_again() -> None:
    now = [0.0]
    refusals = RefusalLog(lambda: now[0])
    late = NoAssociationError("nothing whole was asked within 10 s")
    with capture_logs() as logs:
        for _ in range(100):
            now[0] += 1.0
            refusals.write(late, "10.0.0.1")
        refusals.write(late, "10.0.0.2")
    assert [line["address"] for line in logs] == ["10.0.0.1"] * 10 + ["10.0.0.2"]
    assert [line["unsaid"] for line in logs] == [0] + [9] * 9 + [0]
