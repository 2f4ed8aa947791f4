from __future__ import annotations

from contextlib import ExitStack

import pytest

from radiograde.model.errors import OverloadedError
from radiograde.service.http.places import Places


def test_one_holder_gets_half_and_leaves_the_rest_to_others() -> None:
    places = Places(8)
    with ExitStack() as held:
        for _ in range(4):
            held.enter_context(places.held_by("kim", "10.0.0.1"))
        for holders in (("kim", "10.0.0.2"), ("lee", "10.0.0.1")):
            with pytest.raises(OverloadedError, match="half"), places.held_by(*holders):
                pass
        for _ in range(4):
            held.enter_context(places.held_by("lee", "10.0.0.2"))
        with pytest.raises(OverloadedError, match="Every place"), places.held_by("max"):
            pass
    with places.held_by("kim", "10.0.0.1"):
        pass


def test_places_are_free_again_whatever_happens() -> None:
    places = Places(1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), places.held_by("kim"):
            raise ZeroDivisionError
    with places.held_by("kim"):
        pass


def test_nothing_is_remembered_of_who_has_left() -> None:
    places = Places(4)
    for number in range(1000):
        with places.held_by(f"10.0.{number}"):
            pass
    assert not places._held
