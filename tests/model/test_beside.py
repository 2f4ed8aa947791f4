"""Work beside what goes on is done once, whoever does it."""

from __future__ import annotations

import gc
import weakref
from functools import partial
from threading import Event, current_thread, main_thread

import pytest

from radiograde.model import beside
from radiograde.model.beside import Beside

LATEST_S = 60.0


@pytest.fixture(params=[1, 2])
def cores(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    count: int = request.param
    monkeypatch.setattr(beside, "_cores", lambda: count)
    return count


def test_it_is_worked_out_once_beside_or_when_asked_for(cores: int) -> None:
    begun, threads = Event(), []

    def work() -> int:
        threads.append(current_thread())
        begun.set()
        return 7

    made = Beside(work)
    if cores > 1:
        assert begun.wait(LATEST_S)
    else:
        assert threads == []
    assert (made.result(), made.result()) == (7, 7)
    assert [thread is main_thread() for thread in threads] == [cores == 1]


@pytest.mark.usefixtures("cores")
def test_what_is_not_begun_at_once_is_worked_out_when_asked_for() -> None:
    threads: list[bool] = []
    made = Beside(lambda: threads.append(current_thread() is main_thread()), at_once=False)
    assert threads == []
    made.result()
    assert threads == [True]


@pytest.mark.usefixtures("cores")
def test_what_fails_fails_before_who_asks() -> None:
    def work() -> int:
        raise ValueError("no such film")

    made = Beside(work)
    for _ in range(2):
        with pytest.raises(ValueError, match="no such film"):
            made.result()


@pytest.mark.usefixtures("cores")
def test_what_the_work_held_is_let_go_of() -> None:
    class Film:
        pass

    film = Film()
    held = weakref.ref(film)
    made = Beside(partial(isinstance, film, Film))
    assert made.result()
    del film
    gc.collect()
    assert held() is None
