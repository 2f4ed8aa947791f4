"""An answer reaches who asked for it, however late pynetdicom's own thread wakes."""

from __future__ import annotations

import pytest
from pynetdicom.association import Association

from radiograde.service.dimse.node import Node
from tests.service.dimse.fakes import call, status_of
from tests.service.processes import waited


def wake_late(association: Association, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the reactor go on only once the next answer is there, as on a computer under load."""
    condition = association._reactor_checkpoint._cond  # type: ignore[attr-defined]
    wait = condition.wait

    def late(timeout: float | None = None) -> bool:
        is_woken = bool(wait(timeout))
        condition.release()
        waited(lambda: not association.dimse.msg_queue.empty(), 0.2, every=0.0)
        condition.acquire()
        return is_woken

    monkeypatch.setattr(condition, "wait", late)


def test_a_reactor_that_wakes_late_takes_no_answer(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    association = call(node)
    association.dimse_timeout = 1.0
    wake_late(association, monkeypatch)
    statuses = [status_of(association.send_c_echo(number)) for number in range(1, 30)]
    assert set(statuses) == {0x0000}
    association.release()
