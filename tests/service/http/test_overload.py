from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from httpx2 import Response

from radiograde.model.errors import OverloadedError
from radiograde.service.http.pool import BoundedPool
from tests.service.conftest import Start
from tests.service.fakes import BlockingScorer, png
from tests.service.http.test_scoring import assert_problem, send


def test_a_full_queue_is_said_at_once_and_clears(start: Start) -> None:
    scorer = BlockingScorer()
    client = start(scorer, workers=1, queue=1)
    with ThreadPoolExecutor(2) as callers:
        waiting = [callers.submit(until_admitted, lambda: send(client, png())) for _ in range(2)]
        try:
            assert scorer.begun.acquire(timeout=30)
            refused = until_refused(lambda: send(client, b""))
        finally:
            scorer.go.set()
        assert [future.result(30).status_code for future in waiting] == [200, 200]
    assert_problem(refused, 503, "overloaded")
    assert int(refused.headers["Retry-After"]) > 0
    assert send(client, png()).status_code == 200


def until_admitted(ask: Callable[[], Response]) -> Response:
    """Ask until there is a place: one that asks for nothing may hold it for a moment."""
    while (answer := ask()).status_code == 503:
        time.sleep(0.01)
    return answer


def until_refused(ask: Callable[[], Response]) -> Response:
    """Ask until the second caller holds its place; unreadable bytes are answered at once."""
    for _ in range(1000):
        answer = ask()
        if answer.status_code == 503:
            return answer
        time.sleep(0.01)
    raise AssertionError("never refused")


def test_a_place_without_work_is_free_again() -> None:
    pool = BoundedPool("grading", 1, 0)
    with pytest.raises(ZeroDivisionError), pool.admit():
        raise ZeroDivisionError
    with pool.admit():
        pass
    pool.close()


def test_work_that_fails_frees_its_place() -> None:
    pool = BoundedPool("grading", 1, 0)

    async def fail() -> None:
        with pool.admit() as place:
            await place.run(lambda: 1 / 0)

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            asyncio.run(fail())
    pool.close()


def test_a_caller_who_leaves_holds_the_place_until_the_thread_is_done() -> None:
    pool = BoundedPool("grading", 1, 0)
    begun, go = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        go.wait(30)

    async def leave() -> None:
        async def call() -> None:
            with pool.admit() as place:
                await place.run(work)

        caller = asyncio.create_task(call())
        await asyncio.to_thread(begun.wait, 30)
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        with pytest.raises(OverloadedError):
            pool.admit()
        go.set()

    asyncio.run(leave())
    pool.close()
    with pool.admit():
        pass
