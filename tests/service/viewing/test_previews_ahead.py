"""Previews are made ahead once, the newest first, and one that fails stops none."""

from __future__ import annotations

import threading

import pytest

from radiograde.service.errors import UndocumentedError
from radiograde.service.viewing import previews_ahead
from radiograde.service.viewing.previews_ahead import PreviewsAhead
from tests.service.processes import waited


class Maker:
    """Notes what it is to make; makes nothing before it may."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.may = threading.Event()
        self.is_at_work = threading.Event()

    def __call__(self, film_id: str) -> None:
        self.is_at_work.set()
        assert self.may.wait(60)
        self.made.append(film_id)
        if film_id == "broken":
            raise UndocumentedError("It cannot be read.")
        if film_id == "odd":
            raise RuntimeError


def test_those_asked_for_last_are_made_first_each_once() -> None:
    maker = Maker()
    ahead = PreviewsAhead(maker)
    ahead.ask(["first"])
    assert maker.is_at_work.wait(60)
    ahead.ask(["a", "broken", "c"])
    ahead.ask(["d", "odd", "first", "a"])
    maker.may.set()
    assert waited(lambda: len(maker.made) == 6)
    ahead.ask(["c"])
    ahead.ask(["e"])
    assert waited(lambda: maker.made[-1] == "e")
    assert maker.made == ["first", "d", "odd", "a", "broken", "c", "e"]
    ahead.close()


def test_no_more_wait_than_are_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previews_ahead, "MOST_WAITING", 2)
    maker = Maker()
    ahead = PreviewsAhead(maker)
    ahead.ask(["first"])
    assert maker.is_at_work.wait(60)
    ahead.ask(["a", "b", "c", "d"])
    maker.may.set()
    assert waited(lambda: len(maker.made) == 3)
    assert maker.made == ["first", "a", "b"]
    ahead.close()


def test_nothing_is_begun_once_it_is_closed() -> None:
    maker = Maker()
    ahead = PreviewsAhead(maker)
    ahead.close()
    maker.may.set()
    ahead.ask(["a"])
    assert not maker.is_at_work.wait(0.2)
