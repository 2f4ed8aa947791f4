"""Changes for everybody who listens: one query of the database serves them all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import structlog

from radiograde.model.errors import OverloadedError
from radiograde.service.worklist.change_log import Change, ChangeLog

log = structlog.get_logger("radiograde.worklist")

EVERY_S = 0.5
BACKOFF_S = 5.0
"""After a query that failed: most likely the database is away."""

MOST_LISTENERS = 200
MOST_WAITING = 1000


class Listener:
    """The changes from now on, to iterate over; the end comes with that of the service."""

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[Change | None] = asyncio.Queue(MOST_WAITING + 1)

    def notify(self, change: Change) -> None:
        """Pass a change on. Who falls far behind is let go: connecting again, it starts anew."""
        if self._waiting.qsize() < MOST_WAITING:
            self._waiting.put_nowait(change)
        else:
            self.end()

    def end(self) -> None:
        """Let the iteration end, at once."""
        while not self._waiting.empty():
            self._waiting.get_nowait()
        self._waiting.put_nowait(None)

    async def __aiter__(self) -> AsyncIterator[Change]:
        """Yield changes as they come."""
        while (change := await self._waiting.get()) is not None:
            yield change


class ChangeFeed:
    """Asks for changes as long as anybody listens; lives in one event loop."""

    def __init__(self, open_log: Callable[[], ChangeLog], every_s: float = EVERY_S) -> None:
        self._open_log = open_log
        self._every_s = every_s
        self._listeners: set[Listener] = set()
        self._polling: asyncio.Task[None] | None = None
        self._ended = False

    @asynccontextmanager
    async def listen(self) -> AsyncIterator[Listener]:
        """Give a listener within the ``with`` block.

        Raises:
            OverloadedError: too many listen already.
        """
        if len(self._listeners) >= MOST_LISTENERS:
            raise OverloadedError(
                f"{MOST_LISTENERS} pages are listening already. Close some, or ask again later."
            )
        listener = Listener()
        self._listeners.add(listener)
        if self._ended:
            listener.end()
        elif self._polling is None:
            self._polling = asyncio.create_task(self._poll(self._open_log()))
        try:
            yield listener
        finally:
            self._listeners.discard(listener)
            if not self._listeners:
                self._stop_polling()

    def end(self) -> None:
        """Let every listener end, those to come as well. To be called in the event loop."""
        self._ended = True
        self._stop_polling()
        for listener in self._listeners:
            listener.end()

    def _stop_polling(self) -> None:
        if self._polling is not None:
            self._polling.cancel()
            self._polling = None

    async def _poll(self, changes: ChangeLog) -> None:
        while True:
            delay_s = self._every_s
            try:
                for change in await asyncio.to_thread(changes.poll):
                    self._notify(change)
            except Exception as error:  # noqa: BLE001 - who listens must not wait in vain
                log.warning("changes_not_seen", type=type(error).__name__)
                delay_s = BACKOFF_S
            await asyncio.sleep(delay_s)

    def _notify(self, change: Change) -> None:
        for listener in self._listeners:
            listener.notify(change)
