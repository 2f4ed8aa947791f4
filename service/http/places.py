"""A bounded number of places, of which no caller and no address gets all."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from radiograde.model.errors import OverloadedError


@dataclass(frozen=True, slots=True)
class Holder:
    """For whom a place is held: who calls, and from where."""

    caller: str
    address: str


class Places:
    """Places for what lasts, such as an upload; safe to share among threads.

    A caller gets half of them, an address three quarters: its callers leave some to each other.
    """

    def __init__(self, total: int) -> None:
        self._free = total
        self._a_caller = max(1, total // 2)
        self._an_address = max(1, total * 3 // 4)
        self._callers: Counter[str] = Counter()
        self._addresses: Counter[str] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def held_by(self, holder: Holder) -> Iterator[None]:
        """Hold one within the ``with`` block. Raises OverloadedError, as :meth:`take`."""
        release = self.take(holder)
        try:
            yield
        finally:
            release()

    def take(self, holder: Holder | None = None) -> Callable[[], None]:
        """Take a place and return what gives it back, once; None has no share to keep to.

        Raises:
            OverloadedError: all are taken, or the holder has its share.
        """
        with self._lock:
            if not self._free:
                raise OverloadedError("Every place is taken. Try again in a few seconds.")
            if holder is not None and (
                self._callers[holder.caller] >= self._a_caller
                or self._addresses[holder.address] >= self._an_address
            ):
                raise OverloadedError(
                    "You have as many under way as leave room for others. Wait until one has ended."
                )
            self._count(holder, 1)
        return partial(self._give_back, holder)

    def _give_back(self, holder: Holder | None) -> None:
        with self._lock:
            self._count(holder, -1)

    def _count(self, holder: Holder | None, held: int) -> None:
        self._free -= held
        if holder is not None:
            self._callers = +(self._callers + Counter({holder.caller: held}))
            self._addresses = +(self._addresses + Counter({holder.address: held}))
