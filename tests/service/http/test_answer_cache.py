"""The same question is answered once, until anything in the database changes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from radiograde.service.database.version import DatabaseVersion
from radiograde.service.grading.records import Records
from radiograde.service.http.answer_cache import MOST, AnswerCache
from tests.service.worklist.stock import Stock


@pytest.fixture
def cache(records: Records) -> Iterator[AnswerCache]:
    with closing(DatabaseVersion(records.database)) as version:
        yield AnswerCache(version)


def test_what_is_asked_again_is_made_again_only_after_a_change(
    cache: AnswerCache, records: Records
) -> None:
    made = iter([b"first", b"second"])
    for asked in ("rows", "rows"):
        assert cache.get(asked, lambda: next(made)) == b"first"
    assert cache.get("other rows", lambda: b"other") == b"other"
    Stock(records).film()
    assert cache.get("rows", lambda: next(made)) == b"second"


def test_who_asks_at_the_same_time_waits_for_the_first(cache: AnswerCache) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slowly() -> bytes:
        begun.set()
        assert go_on.wait(60)
        return b"once"

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(cache.get, "rows", slowly)
        assert begun.wait(60)
        second = threads.submit(cache.get, "rows", lambda: b"twice")
        go_on.set()
        assert (first.result(60), second.result(60)) == (b"once", b"once")


def test_what_fails_is_tried_again(cache: AnswerCache) -> None:
    with pytest.raises(ZeroDivisionError):
        cache.get("rows", lambda: bytes(1 // 0))
    assert cache.get("rows", lambda: b"rows") == b"rows"


def test_no_more_is_remembered_than_pages_ask_for(cache: AnswerCache) -> None:
    for number in range(MOST + 1):
        cache.get(number, lambda: b"former")
    assert cache.get(0, lambda: b"anew") == b"anew"
    assert cache.get(MOST, lambda: b"anew") == b"former"
