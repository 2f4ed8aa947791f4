"""Being asked to end: SIGINT, as by Ctrl-C, and SIGTERM, as by whatever started the process."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from typing import TypeVar

Found = TypeVar("Found")

WAKE_S = 1.0


def stop_event() -> threading.Event:
    """Return an event that such a signal sets; to be called in the main thread.

    The handler itself sets nothing: that takes a lock, for which the handler of a second signal
    would wait in the midst of the first one's, for ever. A ``SimpleQueue`` may be put into there.
    """
    stop, came = threading.Event(), SimpleQueue[int]()

    def set_after_one() -> None:
        came.get()
        stop.set()

    threading.Thread(target=set_after_one, name="signals", daemon=True).start()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: came.put(number))
    return stop


def wait_for(
    stop: threading.Event, found: Callable[[], Found | None] = lambda: None
) -> Found | None:
    """Return once the event is set, with None, or ``found`` something; in the main thread.

    That is to take signals. One that comes just before a thread blocks, or to another thread, does
    not wake it, and its handler runs only once this thread runs: so it wakes now and then by
    itself.
    """
    while not stop.wait(WAKE_S):
        if (what := found()) is not None:
            return what
    return None


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Let either signal end the ``with`` block in order, as Ctrl-C would; what follows it goes on.

    To be used in the main thread.
    """
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, before)
