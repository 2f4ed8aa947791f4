"""A rejection that comes at once is one, and no connection that failed."""

from __future__ import annotations

import threading

from pynetdicom import AE, evt
from pynetdicom.presentation import build_context

from radiograde.service.dicom_pdu import bound_socket
from radiograde.service.dimse.association_rules import VERIFICATION
from tests.service.dimse.conftest import StartNode


def test_a_rejection_before_the_caller_looks_is_seen(start_a_node: StartNode) -> None:
    node = start_a_node()
    is_over = threading.Event()
    association = AE("STRANGER").associate(
        "127.0.0.1",
        node.port,
        contexts=[build_context(VERIFICATION)],
        ae_title="NOBODY",
        evt_handlers=[
            (evt.EVT_CONN_OPEN, bound_socket, [10.0]),
            (evt.EVT_CONN_CLOSE, lambda _: is_over.set()),
            (evt.EVT_REQUESTED, lambda _: is_over.wait(60)),
        ],
    )
    rejection = association.acceptor.primitive
    assert association.is_rejected
    assert rejection is not None
    assert "Called AE title" in rejection.reason_str
