from __future__ import annotations

import asyncio
import selectors
from collections.abc import AsyncGenerator, Sequence

import pytest

from radiograde.service.errors import UploadTimeoutError
from radiograde.service.http.body_deadline import SenderPace, in_time

PACE = SenderPace(0.2, 1000)


class SkippingSelector(selectors.SelectSelector):
    """Waits for nothing: the time that it would wait is over at once, on whatever machine."""

    skipped_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.skipped_s += timeout or 0.0
        return super().select(0)


class SkippingLoop(asyncio.SelectorEventLoop):
    """Has a clock of its own, on which waiting alone takes time."""

    def __init__(self) -> None:
        self._skipping = SkippingSelector()
        super().__init__(self._skipping)

    def time(self) -> float:
        return self._skipping.skipped_s


async def sent(chunks: Sequence[int], every_s: float) -> AsyncGenerator[bytes]:
    for size in chunks:
        await asyncio.sleep(every_s)
        yield bytes(size)


def read(chunks: Sequence[int], every_s: float = 0.0, work_s: float = 0.0) -> int:
    """Return how many bytes came of a body, a chunk at a time, each with some work on it."""

    async def count() -> int:
        size = 0
        async for chunk in in_time(sent(chunks, every_s), PACE):
            size += len(chunk)
            await asyncio.sleep(work_s)
        return size

    with asyncio.Runner(loop_factory=SkippingLoop) as runner:
        return runner.run(asyncio.wait_for(count(), 20))


def test_a_body_within_its_pace_comes_whole() -> None:
    assert read([]) == 0
    assert read([10, 10]) == 20
    assert read([1000] * 6, every_s=0.06) == 6000


@pytest.mark.parametrize("size", [1, 100])
def test_a_byte_now_and_then_renews_nothing(size: int) -> None:
    with pytest.raises(UploadTimeoutError, match=r"0\.2 seconds"):
        read([size] * 1000, every_s=0.02)


def test_what_came_fast_before_does_not_count_later() -> None:
    with pytest.raises(UploadTimeoutError):
        read([1_000_000, *[1] * 1000], every_s=0.02)


def test_silence_is_too_slow() -> None:
    with pytest.raises(UploadTimeoutError):
        read([1000, 1000], every_s=0.5)


def test_the_time_that_the_service_takes_is_not_the_senders() -> None:
    assert read([10] * 4, work_s=0.15) == 40
