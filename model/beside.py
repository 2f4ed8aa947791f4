"""Work done beside what goes on, where a core is free for it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import cache
from threading import Lock, Thread
from typing import Generic, TypeVar

from radiograde.model.cores import available_cores

Result = TypeVar("Result")


class Beside(Generic[Result]):
    """What is worked out on a thread of its own; safe to share.

    Where the process has one core, or the thread has not begun by then, it is worked out when it
    is first asked for.
    """

    _result: Result

    def __init__(self, work: Callable[[], Result], *, at_once: bool = True) -> None:
        """Begin, or wait until asked. What ``work`` holds is let go of once it is done."""
        self._work: Callable[[], Result] | None = work
        self._one_at_a_time = Lock()
        if at_once and _cores() > 1:
            Thread(target=self._attempt, name="beside", daemon=True).start()

    def result(self) -> Result:
        """Return what the work gave, waited for where needed. Raises what it raises."""
        with self._one_at_a_time:
            if self._work is not None:
                self._result = self._work()
                self._work = None
            return self._result

    def _attempt(self) -> None:
        """Work; what fails fails again, before who asks."""
        with suppress(Exception):
            self.result()


@cache
def _cores() -> int:
    return available_cores()
