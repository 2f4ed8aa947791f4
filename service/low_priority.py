"""Work that yields to all other work, where the system tells threads apart."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

LAST = 19


def at_low_priority(work: Callable[[], None]) -> None:
    """Do work on a thread of its own that goes behind all others, and come back once it is done.

    Threads that the work starts go behind others as well, for good. Only Linux has a priority for
    each thread; elsewhere the work is done like any other.

    Raises:
        BaseException: whatever the work raises.
    """
    failed: list[BaseException] = []

    def run() -> None:
        if sys.platform == "linux":
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LAST)
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - it is raised again where it is waited for
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
