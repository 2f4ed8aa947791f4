"""One query for all who listen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack

import pytest

from radiograde.model.errors import OverloadedError
from radiograde.service.errors import StoreError
from radiograde.service.worklist import change_feed as feed_module
from radiograde.service.worklist.change_feed import ChangeFeed, Listener
from radiograde.service.worklist.change_log import Change, ChangeLog

ONE, TWO = Change("film", "one"), Change("review", "two")


class FakeLog(ChangeLog):
    """Gives what a test puts into ``coming``; an error among it is raised."""

    def __init__(self) -> None:
        self.coming: list[list[Change] | Exception] = []
        self.polls = 0

    def poll(self) -> list[Change]:
        self.polls += 1
        found = self.coming.pop(0) if self.coming else []
        if isinstance(found, Exception):
            raise found
        return found


def played(scene: Callable[[FakeLog, ChangeFeed], Coroutine[None, None, None]]) -> FakeLog:
    """Play a scene in an event loop of its own; it must end within seconds."""
    log = FakeLog()
    asyncio.run(asyncio.wait_for(scene(log, ChangeFeed(lambda: log, every_s=0.01)), 60))
    return log


async def heard(listener: Listener, count: int) -> list[Change]:
    found: list[Change] = []
    async for change in listener:
        found.append(change)
        if len(found) == count:
            break
    return found


def test_all_hear_the_same_and_nobody_asks_when_nobody_listens() -> None:
    async def scene(log: FakeLog, feed: ChangeFeed) -> None:
        async with feed.listen() as one, feed.listen() as two:
            log.coming.append([ONE, TWO])
            assert await heard(one, 2) == await heard(two, 2) == [ONE, TWO]
        polls = log.polls
        await asyncio.sleep(0.1)
        assert log.polls == polls
        async with feed.listen() as again:
            log.coming.append([TWO])
            assert await heard(again, 1) == [TWO]

    played(scene)


@pytest.mark.parametrize("error", [StoreError("away"), ValueError("broken")])
def test_a_query_that_fails_is_followed_by_another(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "BACKOFF_S", 0.02)

    async def scene(log: FakeLog, feed: ChangeFeed) -> None:
        log.coming = [error, error, [ONE]]
        async with feed.listen() as listener:
            assert await heard(listener, 1) == [ONE]

    played(scene)


def test_the_end_is_heard_at_once_by_those_there_and_those_to_come() -> None:
    async def scene(log: FakeLog, feed: ChangeFeed) -> None:
        async with feed.listen() as listener:
            waiting = asyncio.create_task(heard(listener, 1))
            await asyncio.sleep(0.05)
            feed.end()
            assert await waiting == []
        async with feed.listen() as late:
            assert await heard(late, 1) == []

    played(scene)


def test_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "MOST_LISTENERS", 3)

    async def scene(log: FakeLog, feed: ChangeFeed) -> None:
        async with AsyncExitStack() as stack:
            for _ in range(3):
                await stack.enter_async_context(feed.listen())
            with pytest.raises(OverloadedError, match="later"):
                await stack.enter_async_context(feed.listen())
        async with feed.listen():
            pass

    played(scene)


def test_who_falls_behind_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "MOST_WAITING", 5)

    async def scene(log: FakeLog, feed: ChangeFeed) -> None:
        async with feed.listen() as listener:
            log.coming = [[Change("film", str(number)) for number in range(6)]]
            while log.polls < 2:
                await asyncio.sleep(0.01)
            assert await heard(listener, 1) == []

    played(scene)
