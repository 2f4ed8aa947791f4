"""Waiting times after failed sign-ins, so that passwords cannot be tried out."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import IPv6Address, ip_address, ip_network

from radiograde.service.backoff import Backoff
from radiograde.service.errors import SignInFailedError, TooManyAttemptsError

MOST = 10_000
"""Names or addresses remembered; the one that was quiet longest is forgotten first."""
FORGOTTEN_AFTER_S = 3600.0


class Throttle:
    """Counts attempts of one kind: ``free`` of them, then waits of 1, 2, 4 ... ``longest_s``."""

    def __init__(
        self, free: int, longest_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._free = free
        self._backoff = Backoff(longest_s=longest_s)
        self._clock = clock
        self._attempts: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._lock = threading.Lock()

    def backoff_s(self, key: str) -> float:
        """Return the seconds until the next attempt may come; 0 or less: now."""
        with self._lock:
            failed, last = self._known(key)
            if failed < self._free:
                return 0.0
            delay_s = self._backoff.delay_s(failed - self._free + 1)
            return last + delay_s - self._clock()

    def count(self, key: str) -> None:
        """Count an attempt as failed; before it is made, or many at once would all be free."""
        with self._lock:
            self._attempts[key] = (self._known(key)[0] + 1, self._clock())
            self._attempts.move_to_end(key)
            while len(self._attempts) > MOST:
                self._attempts.popitem(last=False)

    def take_back(self, key: str) -> None:
        """Count one attempt less: it did not fail."""
        with self._lock:
            failed, last = self._known(key)
            if failed > 0:
                self._attempts[key] = (failed - 1, last)

    def forget(self, key: str) -> None:
        """Begin anew."""
        with self._lock:
            self._attempts.pop(key, None)

    def __len__(self) -> int:
        return len(self._attempts)

    def _known(self, key: str) -> tuple[int, float]:
        failed, last = self._attempts.get(key, (0, 0.0))
        return (0, 0.0) if self._clock() - last > FORGOTTEN_AFTER_S else (failed, last)


_Count = tuple[Throttle, str]
"""Where an attempt is counted, and under which key."""


class SignInThrottle:
    """By name, so that one account cannot be tried out; by address, so that many cannot either.

    Strangers cannot keep a user out for good: a device that is known to be his has an allowance
    of its own, and so has, for his name, an address from which he signed in before.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._names = Throttle(5, 60.0, clock)
        self._own = Throttle(5, 60.0, clock)
        self._addresses = Throttle(20, 300.0, clock)
        self._familiar: OrderedDict[str, None] = OrderedDict()

    @contextmanager
    def attempt(self, name: str, address: str, device: str | None = None) -> Iterator[None]:
        """Let one attempt at signing in be made; SignInFailedError says that it failed.

        ``device``: what identifies the caller's device, where it is known to be the user's.

        Raises:
            TooManyAttemptsError: it is not its time yet.
        """
        place = client_network(address)
        who = self._who(name, place, device)
        counts = [who] if device is not None else [who, (self._addresses, place)]
        wait_s = max(throttle.backoff_s(key) for throttle, key in counts)
        if wait_s > 0:
            raise TooManyAttemptsError(math.ceil(wait_s))
        for throttle, key in counts:
            throttle.count(key)
        try:
            yield
        except SignInFailedError:
            raise
        except Exception:
            _take_back(counts)
            raise
        # Whoever owns one account does not clear his address for the others.
        _take_back(counts)
        who[0].forget(who[1])
        self._remember(_at(place, name))

    def _who(self, name: str, place: str, device: str | None) -> _Count:
        if device is not None:
            return self._own, device
        if _at(place, name) in self._familiar:
            return self._own, _at(place, name)
        return self._names, name

    def _remember(self, name_at_place: str) -> None:
        self._familiar[name_at_place] = None
        self._familiar.move_to_end(name_at_place)
        while len(self._familiar) > MOST:
            self._familiar.popitem(last=False)


def _take_back(counts: list[_Count]) -> None:
    for throttle, key in counts:
        throttle.take_back(key)


def _at(place: str, name: str) -> str:
    return f"{place} {name}"


def client_network(address: str) -> str:
    """Return what one client has for its own: an IPv4 address, or 64 bits of IPv6."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if isinstance(known, IPv6Address) and known.ipv4_mapped is None:
        return str(ip_network((int(known), 64), strict=False))
    return str(known)
