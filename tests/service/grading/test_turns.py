"""Work side by side, and alone what may have ended its process before."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from radiograde.service.grading.turns import Turns

WAIT_S = 10.0


def test_who_is_alone_waits_for_others_and_others_wait_for_him() -> None:
    turns, done = Turns(), list[str]()
    began, end = threading.Event(), threading.Event()

    def work(name: str, *, alone: bool, hold: bool = False) -> None:
        with turns.take(alone=alone):
            if hold:
                began.set()
                assert end.wait(WAIT_S)
            done.append(name)

    with ThreadPoolExecutor(4) as threads:
        running = threads.submit(work, "first", alone=False, hold=True)
        assert began.wait(WAIT_S)
        alone = threads.submit(work, "alone", alone=True)
        while not turns._want_alone:
            pass
        later = threads.submit(work, "later", alone=False)
        assert not alone.done()
        assert not later.done()
        end.set()
        for one in (running, alone, later):
            one.result(WAIT_S)
    assert done == ["first", "alone", "later"]


def test_others_are_side_by_side() -> None:
    turns, both = Turns(), threading.Barrier(2)

    def work() -> None:
        with turns.take(alone=False):
            both.wait(WAIT_S)

    with ThreadPoolExecutor(2) as threads:
        for one in [threads.submit(work) for _ in range(2)]:
            one.result(WAIT_S)


def test_a_turn_ends_with_an_error_too() -> None:
    turns = Turns()
    for alone in (True, False, True):
        try:
            with turns.take(alone=alone):
                raise RuntimeError
        except RuntimeError:
            continue
    with turns.take(alone=True):
        pass
