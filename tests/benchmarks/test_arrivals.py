"""Arrivals: as many as they should be, waits that count from when a film was due."""

from __future__ import annotations

import threading

import pytest

from benchmarks.arrivals import (
    NOT_SENT,
    Arrival,
    arrive,
    capacity,
    poisson,
    recovered_after_s,
    summary,
)


def test_poisson_arrivals_come_at_their_rates_in_order() -> None:
    times = poisson([(100.0, 10.0), (1000.0, 5.0)])
    assert times == sorted(times)
    assert len([at for at in times if at < 10]) == pytest.approx(1000, rel=0.1)
    assert len([at for at in times if at >= 10]) == pytest.approx(5000, rel=0.1)
    assert max(times) < 15


def test_who_is_slow_keeps_no_film_from_arriving() -> None:
    everyone_is_here = threading.Barrier(8)

    def send(number: int) -> str:
        everyone_is_here.wait(60)  # a closed loop would wait here for ever
        return "accepted" if number else "503"

    arrivals = arrive([0.001 * number for number in range(8)], send)
    assert [one.answer for one in arrivals] == ["503"] + ["accepted"] * 7
    assert arrivals[1].waited_s >= arrivals[7].waited_s


def test_what_is_due_while_all_places_are_taken_is_not_sent() -> None:
    answered = threading.Event()

    def send(number: int) -> str:
        answered.wait(60)
        return "accepted"

    threading.Timer(0.2, answered.set).start()
    arrivals = arrive([0.0, 0.001, 0.002, 0.003], send, most_waiting=2)
    assert [one.answer for one in arrivals] == ["accepted", "accepted", NOT_SENT, NOT_SENT]


def test_a_summary_tells_waits_of_accepted_and_refusals() -> None:
    arrivals = [Arrival(0.01 * n, 0.1, "accepted") for n in range(99)]
    told = summary([*arrivals, Arrival(1.0, 0.001, "503")])
    assert told["offered"] == 100
    assert told["refused"] == {"503": 1}
    assert told["ms"] == {"p50": 100.0, "p95": 100.0, "p99": 100.0}
    assert told["accepted_per_s"] == pytest.approx(99 / 1.08, abs=0.01)
    assert summary([Arrival(0.0, 1.0, "503")])["ms"] is None


def test_a_burst_is_over_when_waits_are_as_before_it() -> None:
    calm = [Arrival(0.1 * n, 0.1, "accepted") for n in range(50)]
    burst = [Arrival(5.0 + 0.1 * n, 3.0, "accepted") for n in range(50)]
    after = [Arrival(10.0 + 0.1 * n, 0.1, "accepted") for n in range(50)]
    assert recovered_after_s([*calm, *burst, *after], 5.0, 10.0) == pytest.approx(2.9)
    assert recovered_after_s([*calm, *after], 5.0, 10.0) == 0


def test_capacity_counts_what_was_accepted() -> None:
    asked: list[int] = []

    def send(number: int) -> str:
        asked.append(number)
        return "accepted" if number % 2 else "503"

    assert capacity(send, 2, 0.5) <= 2 * sum(number % 2 for number in asked)
    assert capacity(lambda _: "503", 2, 0.02) == 0
