"""Readiness is answered at once, by one question to the database for all who ask."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from radiograde.service.config.settings import Settings
from radiograde.service.errors import StoreError
from radiograde.service.grading.faults import Fault
from radiograde.service.http import server as server_module
from radiograde.service.http.readiness import FAULTS_AGE_S, Readiness
from radiograde.service.http.server import run_server

FULL = Fault("disk_low", "Little is free.", "Make room.")
PARKED = Fault("deliveries_parked", "Some are parked.", "Retry them.")


class Installation:
    """A database and its faults, which answer when they are let go."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.pings = self.looks = 0
        self.faults: Sequence[Fault] = [FULL]
        self.error: Exception | None = None
        self.pinged, self.looked = threading.Event(), threading.Event()
        self.pinged.set()
        self.looked.set()

    def ping(self) -> None:
        self.pings += 1
        assert self.pinged.wait(10)
        if self.error is not None:
            raise self.error

    def find_faults(self) -> Sequence[Fault]:
        self.looks += 1
        assert self.looked.wait(60)
        if self.error is not None:
            raise self.error
        return self.faults


@pytest.fixture
def there() -> Installation:
    return Installation()


@pytest.fixture
def readiness(there: Installation) -> Iterator[Readiness]:
    with closing(Readiness(there.ping, there.find_faults, lambda: there.now)) as made:
        yield made


async def until(readiness: Readiness, faults: Sequence[Fault], pause_s: float = 0.01) -> None:
    async with asyncio.timeout(60):
        while await readiness.check() != faults:
            await asyncio.sleep(pause_s)


def test_many_at_a_time_ask_once(there: Installation, readiness: Readiness) -> None:
    there.pinged.clear()

    async def ask() -> list[Sequence[Fault]]:
        asking = [asyncio.create_task(readiness.check()) for _ in range(300)]
        await asyncio.sleep(0.05)
        there.pinged.set()
        return await asyncio.gather(*asking)

    assert asyncio.run(ask()) == [[FULL]] * 300
    assert (there.pings, there.looks) == (1, 1)


def test_who_leaves_takes_nobody_along(there: Installation, readiness: Readiness) -> None:
    there.pinged.clear()

    async def ask() -> Sequence[Fault]:
        leaving, staying = (asyncio.create_task(readiness.check()) for _ in range(2))
        await asyncio.sleep(0.05)
        leaving.cancel()
        there.pinged.set()
        return await staying

    assert asyncio.run(ask()) == [FULL]


def test_each_answer_is_of_the_database_as_it_is(there: Installation, readiness: Readiness) -> None:
    async def ask() -> None:
        assert await readiness.check() == [FULL]
        there.error = StoreError("Away.")
        with pytest.raises(StoreError):
            await readiness.check()
        there.error = None
        assert await readiness.check() == [FULL]

    asyncio.run(ask())
    assert (there.pings, there.looks) == (3, 1)


def test_nobody_waits_while_faults_are_looked_for(
    there: Installation, readiness: Readiness
) -> None:
    async def ask() -> None:
        assert await readiness.check() == [FULL]
        there.faults, there.now = [PARKED], there.now + FAULTS_AGE_S
        there.looked.clear()
        for _ in range(5):
            assert await asyncio.wait_for(readiness.check(), 30) == [FULL]
        assert there.looks == 2
        there.looked.set()
        await until(readiness, [PARKED])
        assert there.looks == 2

    asyncio.run(ask())


def test_faults_just_found_are_not_looked_for_again(there: Installation) -> None:
    def look_briefly() -> Sequence[Fault]:
        time.sleep(0.002)
        return there.find_faults()

    async def ask() -> None:
        with closing(Readiness(there.ping, look_briefly, lambda: there.now)) as readiness:
            for looks in range(1, 101):
                there.faults = [Fault(f"fault_{looks}", "New.", "Look.")]
                there.now += FAULTS_AGE_S
                await asyncio.gather(*(until(readiness, there.faults, 0) for _ in range(20)))
                await asyncio.sleep(0.005)
                assert there.looks == looks

    asyncio.run(ask())


def test_faults_that_could_not_be_found_are_looked_for_again(
    there: Installation, readiness: Readiness
) -> None:
    async def ask() -> None:
        assert await readiness.check() == [FULL]
        there.now += FAULTS_AGE_S
        there.faults, there.error = [], StoreError("Away.")
        with pytest.raises(StoreError):
            await readiness.check()
        there.error = None
        await until(readiness, [])

    asyncio.run(ask())


def test_threads_that_compute_leave_the_interpreter_soon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sys.getswitchinterval()

    def listen(*_: object) -> None:
        raise StoreError(str(sys.getswitchinterval()))

    monkeypatch.setattr(server_module, "listen", listen)
    try:
        with pytest.raises(StoreError) as caught:
            run_server(Settings(data_dir=tmp_path), print)
        assert float(caught.value.message) <= 0.001
    finally:
        sys.setswitchinterval(before)
