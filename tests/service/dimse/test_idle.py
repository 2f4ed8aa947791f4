"""Callers that are silent cost nothing, and the end of the node breaks off no film."""

from __future__ import annotations

import threading
import time

from radiograde.service.dimse.node import Node
from tests.service.dimse.conftest import StartNode
from tests.service.dimse.fakes import (
    DX,
    FakeIntake,
    RawCaller,
    command,
    film,
    p_data,
    pdv,
)
from tests.service.dimse.test_storage import data_set_of


def test_associations_that_are_silent_take_no_time_of_the_processor(
    start_a_node: StartNode,
) -> None:
    node = start_a_node(associations=256, associations_per_address=256)
    callers = []
    for _ in range(256):
        callers.append(RawCaller(node))
        callers[-1].associate()
    began_s, nothing = time.process_time(), threading.Event()
    nothing.wait(1.0)
    assert time.process_time() - began_s < 0.1
    for caller in callers:
        caller.close()


def test_the_end_of_the_node_waits_for_a_film_that_is_being_stored(
    node: Node, intake: FakeIntake
) -> None:
    reached, go = threading.Event(), threading.Event()

    def wait() -> None:
        reached.set()
        assert go.wait(60)

    intake.before = wait
    caller = RawCaller(node)
    caller.associate()
    request = command(0x0001, data_set=True, sop_class=DX, sop_instance=film().SOPInstanceUID)
    caller.send(p_data(pdv(3, 3, request)) + p_data(pdv(3, 2, data_set_of(film()))))
    assert reached.wait(60)
    closing = threading.Thread(target=node.close)
    closing.start()
    go.set()
    assert caller.status() == 0x0000
    assert caller.receive()[0] == 0x07
    closing.join(60)
    assert not closing.is_alive()
    caller.close()
