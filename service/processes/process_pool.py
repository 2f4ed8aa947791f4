"""A few processes kept warm for work that computes for long, so that no event loop waits for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import structlog

from radiograde.model.cores import available_cores
from radiograde.service.config.settings import LogLevel
from radiograde.service.errors import CutShortError
from radiograde.service.processes.child_process import (
    ChildLimits,
    ChildLostError,
    ChildProcess,
    ChildSetup,
    Outcome,
)

T = TypeVar("T")

log = structlog.get_logger("radiograde.processes")

MOST = 2
"""Children at a time; at least half of the cores stay to answers and grading."""

IDLE_S = 300.0
"""A child that had nothing to do for so long gives its memory back."""

_TRIES = 2
"""A child may be killed by who knows nothing of its work; the same work is not tried for ever."""


class BrokenWorkError(Exception):
    """Work in a child raised what it should not; the log says what and where."""


class ProcessPool:
    """Does work in up to ``size`` children, started when first needed; shared among threads.

    Without a ``size`` there are ``MOST``, or as many as half of the cores.
    Who comes while all are busy waits: callers bound how many wait.
    """

    def __init__(
        self,
        log_level: LogLevel = "info",
        size: int | None = None,
        limits: ChildLimits | None = None,
        idle_s: float = IDLE_S,
    ) -> None:
        self._setup = ChildSetup(log_level, limits or ChildLimits())
        self._idle_s = idle_s
        size = size or max(1, min(MOST, available_cores() // 2))
        self._places = threading.BoundedSemaphore(size)
        self._lock = threading.Lock()
        self._idle: list[ChildProcess] = []
        self._busy: set[ChildProcess] = set()
        self._leaving: threading.Timer | None = None
        self._closed = False

    def run(self, work: Callable[..., T], *arguments: object) -> T:
        """Return ``work(*arguments)``, done in a child: a module's function, and what pickles.

        Work whose child was killed is done once more; not what asked for more than it may have.

        Raises:
            CutShortError: its child ended again, or went over its limits, or the pool is closed.
            RadiogradeError: the work raised it.
            BrokenWorkError: the work raised anything else.
        """
        with self._places:
            for _ in range(_TRIES):
                try:
                    with self._child() as child:
                        outcome = child.call(work, *arguments)
                    value: T = _value(outcome)
                    return value
                except ChildLostError as lost:
                    if self._closed:
                        break
                    log.error("process_lost", exit_code=lost.exit_code, over_limit=lost.over_limit)
                    if lost.over_limit:
                        break
        raise CutShortError("It ended before it was done. Try again in a few seconds.")

    def pids(self) -> list[int]:
        """Return the ids of the children that run."""
        with self._lock:
            return [child.pid for child in (*self._busy, *self._idle) if child.is_alive()]

    def close(self) -> None:
        """End every child; what they do is cut short, and nothing is begun any more."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
            self._stop_leaving()
            for child in self._busy:
                child.kill()
        for child in idle:
            child.end()

    @contextmanager
    def _child(self) -> Iterator[ChildProcess]:
        child = self._take()
        try:
            yield child
        except BaseException:
            child.end()
            raise
        else:
            self._give_back(child)
        finally:
            with self._lock:
                self._busy.discard(child)

    def _take(self) -> ChildProcess:
        with self._lock:
            self._stop_leaving()
            warm = [child for child in self._idle if child.is_alive()]
            self._idle = warm[:-1]
            if self._closed:
                raise ChildLostError(None, over_limit=False)
            # Under the lock, so that none is started once the pool is closed.
            child = warm[-1] if warm else ChildProcess(self._setup)
            self._busy.add(child)
            return child

    def _give_back(self, child: ChildProcess) -> None:
        with self._lock:
            if self._closed:
                return
            self._idle.append(child)
            self._stop_leaving()
            self._leaving = threading.Timer(self._idle_s, self._leave)
            self._leaving.daemon = True
            self._leaving.start()

    def _leave(self) -> None:
        with self._lock:
            children, self._idle = self._idle, []
        for child in children:
            child.end()

    def _stop_leaving(self) -> None:
        if self._leaving is not None:
            self._leaving.cancel()
            self._leaving = None


def _value(outcome: Outcome) -> Any:
    if outcome.error is not None:
        raise outcome.error
    if outcome.broke is not None:
        log.error("work_broke", type=outcome.broke, at=outcome.places)
        raise BrokenWorkError(outcome.broke)
    return outcome.value
