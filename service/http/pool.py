"""Work off the event loop: a few threads, and a bounded number of places."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self, TypeVar

from radiograde.service.http.places import Holder, Places

T = TypeVar("T")


class BoundedPool:
    """``workers`` threads, and places for as many pieces of work and ``queue`` more."""

    def __init__(self, name: str, workers: int, queue: int) -> None:
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix=name)
        self._places = Places(workers + queue)

    def admit(self, holder: Holder | None = None) -> Slot:
        """Return a place, to be used in a ``with`` block.

        Raises:
            OverloadedError: every place is taken, or the holder has its share.
        """
        return Slot(self._executor, self._places.take(holder))

    def close(self) -> None:
        """Finish what runs, drop what waits."""
        self._executor.shutdown(cancel_futures=True)


class Slot:
    """A place for one piece of work: free again when that has ended, or when none was given."""

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
