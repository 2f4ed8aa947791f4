"""Workers as processes that are killed while they talk to others, and started again."""

from __future__ import annotations

import os
import random
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.service.processes import Process, waited


class Killer:
    """Kills the worker that works after some of what it asks others; a second one stands by.

    ``between``: how many questions lie between two kills, at least and at most.
    """

    def __init__(self, workers: list[Process], kills: int, between: tuple[int, int]) -> None:
        self.kills = 0
        self._workers = workers
        self._most = kills
        self._between = between
        self._dice = random.Random(29)  # noqa: S311 - what it decides is no secret
        self._until_kill = self._dice.randint(*between)
        self._lock = threading.Lock()

    def attend(self) -> None:
        """Count a question, and kill perhaps, before it is answered or after."""
        with self._lock:
            self._until_kill -= 1
            if self._until_kill > 0 or self.kills == self._most:
                return
            os.kill(self._workers[self.kills % len(self._workers)].running.pid, signal.SIGKILL)
            self.kills += 1
            self._until_kill = self._dice.randint(*self._between)

    def survived(self, until: Callable[[], bool], seconds: float = 150.0) -> bool:
        """Return whether it came true in time, though workers were killed all the while."""

        def revived() -> bool:
            for one in self._workers:
                if one.running.poll() is not None:
                    one.start()
            return until()

        return waited(revived, seconds)


@contextmanager
def killed_workers(data: Path, kills: int, between: tuple[int, int]) -> Iterator[Killer]:
    """Run two workers within the ``with`` block, of which one works on SQLite."""
    log, module = data / "workers.log", "tests.service.quick_worker"
    workers = [Process(str(data), log=log, module=module) for _ in range(2)]
    try:
        yield Killer(workers, kills, between)
    finally:
        for one in workers:
            one.kill()
            one.end()
