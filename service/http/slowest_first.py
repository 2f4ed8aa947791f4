"""Which connection goes when there is no room: found without looking at all of them each time."""

from __future__ import annotations

from collections.abc import Collection
from math import inf
from typing import Generic, Protocol, TypeVar

RANKED_S = 0.1
"""How old the order may be. Who came since is no candidate."""


class Paced(Protocol):
    """What comes at some pace."""

    def pace(self) -> float:
        """Return the bytes a second; endless where it keeps nobody waiting, below 0 for silence."""
        ...


C = TypeVar("C", bound=Paced)


class SlowestFirst(Generic[C]):
    """Gives connections one after the other, the slowest first.

    Strangers that come back as soon as they are ended would otherwise have all be compared for
    each of them, and everybody else wait for it.
    """

    def __init__(self) -> None:
        self._ranking: list[C] = []
        self._ranked = -inf

    def next(self, connections: Collection[C], now: float) -> C | None:
        """Return the slowest that is among ``connections`` and was not returned before.

        None where there is none, until they are compared again.
        """
        if now - self._ranked >= RANKED_S:
            self._ranking = sorted(connections, key=lambda one: one.pace(), reverse=True)
            self._ranked = now
        while self._ranking:
            slowest = self._ranking.pop()
            if slowest in connections:
                return slowest
        return None
