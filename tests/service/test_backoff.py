from __future__ import annotations

from radiograde.service.backoff import Backoff, RetryTimer


def test_delays_double_up_to_the_longest() -> None:
    delays = [Backoff(0.5, 30.0).delay_s(failures) for failures in range(1, 9)]
    assert delays == [0.5, 1, 2, 4, 8, 16, 30, 30]


def test_any_number_of_failures_has_a_delay() -> None:
    assert Backoff().delay_s(10_000) == 60
    assert Backoff(longest_s=float("inf")).delay_s(10_000) == Backoff(1, 2**40).delay_s(33)


def test_a_timer_is_due_once_its_delay_is_over() -> None:
    timer = RetryTimer(Backoff())
    assert timer.is_due(0)
    assert [timer.fail(now) for now in (10, 20)] == [1, 2]
    assert [timer.is_due(now) for now in (21.9, 22.0)] == [False, True]


def test_a_timer_begins_anew_after_success() -> None:
    timer = RetryTimer(Backoff())
    for _ in range(5):
        timer.fail(0)
    timer.reset()
    assert timer.is_due(0)
    assert timer.fail(0) == 1
