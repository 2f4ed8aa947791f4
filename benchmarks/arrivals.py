"""Arrivals that wait for no answer, and what became of them.

A closed loop asks again once it has its answer, and so spares who is slow. Films arrive whether
those before are answered or not. A wait counts from when its film was due. It ends: a film that is
due while as many wait as may wait is not sent, and is counted.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

MOST_WAITING = 64
"""Films that wait for their answer at a time: more than a service lets wait."""

NOT_SENT = "not sent"

Send = Callable[[int], str]
"""Sends the film of a number and returns what was answered."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A film that was due ``due_s`` after the beginning, and was answered ``waited_s`` later."""

    due_s: float
    waited_s: float
    answer: str

    @property
    def ended_s(self) -> float:
        """When it was answered, after the beginning."""
        return self.due_s + self.waited_s


def poisson(rates: Sequence[tuple[float, float]], seed: int = 0) -> list[float]:
    """Return when films arrive, in seconds; ``rates``: how many a second, for how many seconds."""
    random, times, begins = np.random.default_rng(seed), list[float](), 0.0
    for rate, seconds in rates:
        at = begins + random.exponential(1 / rate)
        while at < begins + seconds:
            times.append(float(at))
            at += random.exponential(1 / rate)
        begins += seconds
    return times


def arrive(times: Sequence[float], send: Send, most_waiting: int = MOST_WAITING) -> list[Arrival]:
    """Have films arrive at these times and return what became of each, in their order.

    One that is due while ``most_waiting`` wait for their answer is ``NOT_SENT``.
    """
    began = time.monotonic()
    places = threading.Semaphore(most_waiting)

    def one(number: int) -> Arrival:
        try:
            answer = send(number)
        finally:
            places.release()
        return Arrival(times[number], time.monotonic() - began - times[number], answer)

    with ThreadPoolExecutor(most_waiting) as executor:
        coming: list[Future[Arrival] | Arrival] = []
        for number, due_s in enumerate(times):
            time.sleep(max(began + due_s - time.monotonic(), 0))
            if places.acquire(blocking=False):
                coming.append(executor.submit(one, number))
            else:
                coming.append(Arrival(due_s, 0.0, NOT_SENT))
        return [came if isinstance(came, Arrival) else came.result() for came in coming]


def capacity(send: Send, connections: int, seconds: float) -> float:
    """Return how many films a second are accepted where each is sent after the one before."""
    began = time.monotonic()

    def ask(start: int) -> int:
        accepted, number = 0, start
        while time.monotonic() < began + seconds:
            accepted += send(number) == "accepted"
            number += connections
        return accepted

    with ThreadPoolExecutor(connections) as executor:
        accepted = sum(executor.map(ask, range(connections)))
    return accepted / (time.monotonic() - began)


def summary(arrivals: Sequence[Arrival]) -> dict[str, Any]:
    """Return how many were accepted, refused and how, and the waits of the accepted, in ms."""
    waits = [1000 * one.waited_s for one in arrivals if one.answer == "accepted"]
    p50, p95, p99 = np.round(np.percentile(waits or [0.0], (50, 95, 99)), 1).tolist()
    lasted_s = max((one.ended_s for one in arrivals), default=0.0)
    return {
        "offered": len(arrivals),
        "accepted": len(waits),
        "accepted_per_s": round(len(waits) / lasted_s, 2) if lasted_s else 0.0,
        "refused": dict(Counter(one.answer for one in arrivals if one.answer != "accepted")),
        "ms": {"p50": p50, "p95": p95, "p99": p99} if waits else None,
        "p99_over_p50": round(p99 / p50, 2) if p50 else None,
    }


def recovered_after_s(arrivals: Sequence[Arrival], begins_s: float, ends_s: float) -> float:
    """Return how long after a burst the last film waited that waited longer than before it.

    Longer: more than twice the 95th percentile of those that were due before ``begins_s``.
    """
    before = [one.waited_s for one in arrivals if one.due_s < begins_s]
    usual_s = 2 * float(np.percentile(before, 95)) if before else float("inf")
    late = [one.ended_s for one in arrivals if one.due_s >= begins_s and one.waited_s > usual_s]
    return round(max(max(late, default=ends_s) - ends_s, 0.0), 2)
