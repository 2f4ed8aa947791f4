from __future__ import annotations

from contextlib import ExitStack

import pytest

from radiograde.model.errors import OverloadedError
from radiograde.service.http.places import Holder, Places


def test_a_caller_gets_half_and_an_address_three_quarters() -> None:
    places = Places(8)
    with ExitStack() as held:

        def hold(caller: str, address: str, count: int) -> None:
            for _ in range(count):
                held.enter_context(places.held_by(Holder(caller, address)))

        hold("kim", "10.0.0.1", 4)
        with pytest.raises(OverloadedError, match="room for others"):
            places.take(Holder("kim", "10.0.0.2"))
        hold("lee", "10.0.0.1", 2)
        with pytest.raises(OverloadedError, match="room for others"):
            places.take(Holder("max", "10.0.0.1"))
        hold("max", "10.0.0.2", 2)
        with pytest.raises(OverloadedError, match="Every place"):
            places.take(Holder("eve", "10.0.0.3"))
        with pytest.raises(OverloadedError, match="Every place"):
            places.take()
    with places.held_by(Holder("kim", "10.0.0.1")):
        pass


def test_who_is_nobody_in_particular_has_no_share() -> None:
    places = Places(3)
    release = [places.take() for _ in range(3)]
    with pytest.raises(OverloadedError):
        places.take()
    release.pop()()
    places.take()


def test_one_place_may_be_anybodys() -> None:
    places = Places(1)
    for caller in ("kim", "lee"):
        with pytest.raises(ZeroDivisionError), places.held_by(Holder(caller, "10.0.0.1")):
            raise ZeroDivisionError


def test_nothing_is_remembered_of_who_has_left() -> None:
    places = Places(4)
    for number in range(1000):
        with places.held_by(Holder(f"{number}", f"10.0.{number}")):
            pass
    assert not places._callers
    assert not places._addresses
