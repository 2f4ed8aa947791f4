"""Where films are graded: a few threads off the event loop, and a bounded number of places."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self, TypeVar

from radiograde.model.errors import OverloadedError

T = TypeVar("T")


class GradingPool:
    """``workers`` threads, and places for as many films and ``queue`` more."""

    def __init__(self, workers: int, queue: int) -> None:
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="grading")
        self._places = threading.BoundedSemaphore(workers + queue)

    def admit(self) -> Slot:
        """Return a place, to be used in a ``with`` block; it comes before the upload is read.

        Raises:
            OverloadedError: every place is taken.
        """
        if not self._places.acquire(blocking=False):
            raise OverloadedError("Every place in the queue is taken. Try again in a few seconds.")
        return Slot(self._executor, self._places.release)

    def close(self) -> None:
        """Finish what runs, drop what waits."""
        self._executor.shutdown(cancel_futures=True)


class Slot:
    """One film's place: free again when its work has ended, or when no work was given."""

    def __init__(self, executor: ThreadPoolExecutor, release: Callable[[], None]) -> None:
        self._executor = executor
        self._release = release
        self._future: Future[object] | None = None

    async def run(self, work: Callable[[], T]) -> T:
        """Run ``work`` on a thread and return what it returns.

        A caller that goes away frees the place only when the thread is done with it.
        """
        future = self._executor.submit(work)
        self._future = future  # type: ignore[assignment]  # Future is invariant, only its end counts
        future.add_done_callback(lambda _: self._release())
        return await asyncio.wrap_future(future)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._future is None:
            self._release()
