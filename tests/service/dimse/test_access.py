"""Who is let in, and for what."""

from __future__ import annotations

import socket

import pytest
from pynetdicom.association import Association
from pynetdicom.pdu_primitives import A_ASSOCIATE

from radiograde.service.config.site import NodeConfig
from radiograde.service.dimse.node import Node, start_node
from radiograde.service.errors import AddressError, UnsafeHostError
from tests.service.dimse.conftest import StartNode
from tests.service.dimse.fakes import FakeIntake, FakeKeptInstances, call, film, status_of, wait_for


def rejection(association: Association) -> tuple[int, int, int]:
    assert association.is_rejected
    answer = association.acceptor.primitive
    assert isinstance(answer, A_ASSOCIATE)
    return (answer.result, answer.result_source, answer.diagnostic)  # type: ignore[return-value]


def test_answers_an_echo(node: Node) -> None:
    association = call(node)
    assert status_of(association.send_c_echo()) == 0x0000
    association.release()


def test_does_not_go_by_another_title(node: Node) -> None:
    assert rejection(call(node, called="SOMEONE")) == (1, 1, 7)


def test_lets_only_listed_titles_in(start_a_node: StartNode, intake: FakeIntake) -> None:
    node = start_a_node(store_from=["CR1"], commit_from=["ARCHIVE"])
    assert rejection(call(node, calling="STRANGER")) == (1, 1, 3)

    storing = call(node, calling="CR1")
    assert status_of(storing.send_c_store(film())) == 0x0000
    storing.release()

    other = call(node, calling="ARCHIVE")
    assert status_of(other.send_c_echo()) == 0x0000
    assert status_of(other.send_c_store(film(2))) == 0x0124
    other.release()
    assert len(intake.kept) == 1


def test_a_list_for_commitment_alone_lets_no_one_store(start_a_node: StartNode) -> None:
    node = start_a_node(commit_from=["ARCHIVE"])
    association = call(node, calling="ARCHIVE")
    assert status_of(association.send_c_store(film())) == 0x0124
    association.release()


def test_turns_the_association_too_many_away_and_takes_the_next(start_a_node: StartNode) -> None:
    node = start_a_node(associations=2)
    first, second = call(node), call(node)
    assert rejection(call(node)) == (2, 3, 2)
    assert status_of(second.send_c_echo()) == 0x0000
    first.release()

    def has_a_place() -> bool:
        third = call(node)
        if not third.is_established:
            return False
        third.release()
        return True

    wait_for(has_a_place)  # the released association's thread takes a while to end
    second.release()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "some.host"])  # noqa: S104
def test_is_not_open_to_the_network_by_mistake(host: str) -> None:
    with pytest.raises(UnsafeHostError, match="store_from"):
        start_node(NodeConfig(host=host, port=0), FakeIntake(), FakeKeptInstances())


@pytest.mark.parametrize(
    ("chosen", "allowed"),
    [({"store_from": ("CR1",)}, False), ({}, True)],
    ids=["titles", "allowed"],
)
def test_is_open_to_the_network_on_purpose(
    chosen: dict[str, tuple[str, ...]], allowed: bool
) -> None:
    table = NodeConfig(host="0.0.0.0", port=0, **chosen)  # noqa: S104
    with start_node(table, FakeIntake(), FakeKeptInstances(), allow_insecure=allowed) as node:
        assert node.port > 0


def test_says_that_the_port_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(AddressError, match=f"{port}.*--port"):
            start_node(NodeConfig(port=port), FakeIntake(), FakeKeptInstances())


def test_says_that_the_host_is_not_known() -> None:
    table = NodeConfig(host="no-such-host.invalid", port=0, store_from=("CR1",))
    with pytest.raises(AddressError, match="no-such-host"):
        start_node(table, FakeIntake(), FakeKeptInstances())
