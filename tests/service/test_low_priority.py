"""Work goes behind other work, and fails where it is waited for."""

from __future__ import annotations

import os
import sys
import threading

import pytest

from radiograde.service.low_priority import LAST, at_low_priority


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no priority of their own")
def test_the_work_alone_goes_behind_all_others() -> None:
    before = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    seen: list[int] = []

    def work() -> None:
        seen.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))

    at_low_priority(work)
    assert seen == [LAST]
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == before


def test_what_the_work_raises_is_raised() -> None:
    def work() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        at_low_priority(work)
