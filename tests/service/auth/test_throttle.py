from __future__ import annotations

from contextlib import suppress

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


def fail(
    throttle: SignInThrottle,
    name: str = "kim",
    address: str = "10.0.0.1",
    device: str | None = None,
) -> None:
    with pytest.raises(SignInFailedError), throttle.attempt(name, address, device):
        raise SignInFailedError("No.")


def succeed(
    throttle: SignInThrottle,
    name: str = "kim",
    address: str = "10.0.0.1",
    device: str | None = None,
) -> None:
    with throttle.attempt(name, address, device):
        pass


def pause(
    throttle: SignInThrottle,
    name: str = "kim",
    address: str = "10.0.0.1",
    device: str | None = None,
) -> int:
    with pytest.raises(TooManyAttemptsError) as caught, throttle.attempt(name, address, device):
        pass
    return caught.value.retry_after_s


def besiege(throttle: SignInThrottle, clock: Seconds, address: str = "172.16.{}.{}") -> None:
    """Try kim's name every two seconds for half an hour, as a rule from changing addresses."""
    for number in range(900):
        here = address.format(*divmod(number, 256))
        with suppress(SignInFailedError, TooManyAttemptsError), throttle.attempt("kim", here):
            raise SignInFailedError("No.")
        clock.now += 2


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


def test_strangers_are_slowed_down_together(clock: Seconds) -> None:
    throttle = SignInThrottle(clock)
    besiege(throttle, clock)
    assert pause(throttle, address="10.9.9.9") > 5


@pytest.mark.parametrize("address", ["172.16.{}.{}", "10.0.0.1"])
def test_a_known_device_gets_through_whatever_strangers_try(clock: Seconds, address: str) -> None:
    throttle = SignInThrottle(clock)
    besiege(throttle, clock, address)
    pause(throttle)
    succeed(throttle, device="her own")
    for _ in range(5):
        fail(throttle, device="her own")
    succeed(throttle, device="another of hers")


def test_a_known_device_has_an_allowance_not_a_licence(clock: Seconds) -> None:
    throttle = SignInThrottle(clock)
    for _ in range(5):
        fail(throttle, device="her own")
    pauses = []
    for _ in range(8):
        pauses.append(pause(throttle, device="her own", address="10.9.9.9"))
        clock.now += pauses[-1]
        fail(throttle, device="her own")
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
    # It costs strangers nothing, nor does it give them anything.
    fail(throttle)


def test_what_a_known_device_does_leaves_strangers_slowed_down(clock: Seconds) -> None:
    throttle = SignInThrottle(clock)
    besiege(throttle, clock)
    before = pause(throttle, address="10.9.9.9")
    succeed(throttle, device="her own")
    assert pause(throttle, address="10.9.9.9") == before


def test_where_one_signed_in_before_one_gets_through(clock: Seconds) -> None:
    throttle = SignInThrottle(clock)
    succeed(throttle, address="10.0.0.7")
    besiege(throttle, clock)
    pause(throttle)
    pause(throttle, address="10.0.0.8")
    for _ in range(5):
        fail(throttle, address="10.0.0.7")
    assert pause(throttle, address="10.0.0.7") == 1
    clock.now += 1
    succeed(throttle, address="10.0.0.7")


def test_where_one_signed_in_others_have_nothing_of_it(clock: Seconds) -> None:
    throttle = SignInThrottle(clock)
    succeed(throttle, name="lee", address="10.0.0.7")
    besiege(throttle, clock)
    assert pause(throttle, address="10.0.0.7") > 5
    for number in range(20):
        fail(throttle, name=f"user {number}", address="10.0.0.7")
    assert pause(throttle, name="lee", address="10.0.0.7") == 1


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


def test_memory_of_who_signed_in_where_is_bounded(
    clock: Seconds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST", 100)
    throttle = SignInThrottle(clock)
    for number in range(1000):
        succeed(throttle, name=f"name {number}")
    assert len(throttle._familiar) == 100
