from __future__ import annotations

import pytest

from radiograde.service.auth import throttle as module
from radiograde.service.auth.throttle import SignInThrottle, Throttle
from radiograde.service.errors import SignInFailedError, StoreError, TooManyAttemptsError


class Seconds:
    """A monotonic clock that tests turn."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Seconds:
    return Seconds()


def fail(throttle: SignInThrottle, name: str = "kim", address: str = "10.0.0.1") -> None:
    with pytest.raises(SignInFailedError), throttle.attempt(name, address):
        raise SignInFailedError("No.")


def pause(throttle: SignInThrottle, name: str = "kim", address: str = "10.0.0.1") -> int:
    with pytest.raises(TooManyAttemptsError) as caught, throttle.attempt(name, address):
        pass
    return caught.value.retry_after_s


def test_pauses_grow_to_a_minute_for_a_name(clock: Seconds) -> None:
    throttle = SignInThrottle(clock)
    for _ in range(5):
        fail(throttle)
    pauses = []
    for _ in range(8):
        pauses.append(pause(throttle))
        clock.now += pauses[-1]
        fail(throttle)
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]


def test_trying_during_a_pause_does_not_lengthen_it(clock: Seconds) -> None:
    throttle = SignInThrottle(clock)
    for _ in range(6):
        fail(throttle)
        clock.now += 1
    clock.now += 0.5
    for _ in range(10):
        assert pause(throttle) == 1
    clock.now += 0.5
    fail(throttle)


def test_another_name_from_another_place_is_not_held_up(clock: Seconds) -> None:
    throttle = SignInThrottle(clock)
    for _ in range(5):
        fail(throttle)
    assert pause(throttle, address="10.9.9.9") == 1
    fail(throttle, name="lee")


def test_many_names_from_one_place_are_held_up(clock: Seconds) -> None:
    throttle = SignInThrottle(clock)
    for number in range(20):
        fail(throttle, name=f"user {number}")
    assert pause(throttle, name="somebody else") == 1
    fail(throttle, name="somebody else", address="10.0.0.2")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:10.0.0.1", "::ffff:10.0.0.2", False),
        ("a socket", "a socket", True),
    ],
)
def test_a_network_of_ipv6_is_one_place(clock: Seconds, one: str, other: str, same: bool) -> None:
    throttle = SignInThrottle(clock)
    for number in range(20):
        fail(throttle, name=f"user {number}", address=one)
    if same:
        assert pause(throttle, name="new", address=other) == 1
    else:
        fail(throttle, name="new", address=other)


def test_success_clears_the_name_but_not_the_place(clock: Seconds) -> None:
    throttle = SignInThrottle(clock)
    for number in range(19):
        fail(throttle, name=f"user {number}")
    for _ in range(3):
        with throttle.attempt("kim", "10.0.0.1"):
            pass
    fail(throttle)
    assert pause(throttle, name="somebody else") == 1


def test_what_breaks_otherwise_is_nobodys_failure(clock: Seconds) -> None:
    throttle = SignInThrottle(clock)
    for _ in range(30):
        with pytest.raises(StoreError), throttle.attempt("kim", "10.0.0.1"):
            raise StoreError("Away.")
    fail(throttle)


def test_attempts_at_the_same_time_all_count(clock: Seconds) -> None:
    throttle = SignInThrottle(clock)
    begun = [throttle.attempt("kim", f"10.0.0.{number}") for number in range(5)]
    for attempt in begun:
        attempt.__enter__()
    assert pause(throttle, address="10.0.1.1") == 1


def test_an_hour_of_peace_begins_anew(clock: Seconds) -> None:
    throttle = SignInThrottle(clock)
    for _ in range(5):
        fail(throttle)
    clock.now += 3601
    for _ in range(5):
        fail(throttle)
    assert pause(throttle) == 1


def test_memory_is_bounded(clock: Seconds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 100)
    throttle = Throttle(5, 60.0, clock)
    for number in range(1000):
        throttle.count(f"name {number}")
    assert len(throttle) == 100
