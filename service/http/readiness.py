"""Whether films can be taken in, for whoever watches: quick, however busy the service is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from radiograde.service.grading.faults import Fault

FAULTS_AGE_S = 10.0
"""How old an answer about faults may be; finding them takes many queries."""


class Readiness:
    """Asks the database for all who ask at the same time; used from one event loop.

    ``ping`` and ``find_faults`` run on threads of their own, for which no request waits. Faults
    are looked for beside the answer, which holds those found last.
    """

    def __init__(
        self,
        ping: Callable[[], None],
        find_faults: Callable[[], Sequence[Fault]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ping = ping
        self._find_faults = find_faults
        self._clock = clock
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="readiness")
        self._pinging: asyncio.Future[None] | None = None
        self._looking: asyncio.Future[Sequence[Fault]] | None = None
        self._faults: Sequence[Fault] = ()
        self._due: float | None = None

    async def check(self) -> Sequence[Fault]:
        """Return the faults that stand.

        Raises:
            StoreError: the database does not answer.
        """
        if self._pinging is None or self._pinging.done():
            self._pinging = self._start(self._ping)
        await asyncio.shield(self._pinging)
        is_due = self._due is None or self._clock() >= self._due
        if is_due and self._looking is None:
            self._looking = self._start(self._find_faults)
            self._looking.add_done_callback(self._note)
        if self._due is None and self._looking is not None:
            return await asyncio.shield(self._looking)
        return self._faults

    def close(self) -> None:
        """Finish what runs."""
        self._threads.shutdown(cancel_futures=True)

    def _start(self, work: Callable[[], Any]) -> asyncio.Future[Any]:
        return asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _note(self, looking: asyncio.Future[Sequence[Fault]]) -> None:
        self._looking = None
        if not looking.cancelled() and looking.exception() is None:
            self._faults, self._due = looking.result(), self._clock() + FAULTS_AGE_S
