"""Events are kept in their order, in batches, whatever goes wrong meanwhile; and cost little."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from radiograde.service.audit import audit_log
from radiograde.service.audit.action import Action
from radiograde.service.audit.audit_event import SERVICE, Actor, AuditEvent, Subject
from radiograde.service.audit.audit_log import AuditLog
from radiograde.service.audit.audit_store import AuditStore, open_audit_store
from radiograde.service.audit.hash_chain import Link
from radiograde.service.config.settings import Settings
from radiograde.service.errors import StoreError
from tests.service.audit.trails import FILM, SUBJECT, found, rows_of, trail


def subjects(film_ids: Collection[str]) -> Mapping[str, Subject]:
    return dict.fromkeys(film_ids, SUBJECT)


def opened(data_dir: Path) -> closing[AuditLog]:
    settings = Settings(data_dir=data_dir)
    return closing(AuditLog(lambda: open_audit_store(settings), subjects))


def event(number: int = 0, action: Action = Action.FILM_READ) -> AuditEvent:
    return AuditEvent(action, SERVICE, FILM, detail={"number": number})


def test_what_is_recorded_is_kept_at_once_and_what_is_noted_soon(tmp_path: Path) -> None:
    with opened(tmp_path) as log:
        log.note(event(1))
        log.record(event(2))
        rows = rows_of(Settings(data_dir=tmp_path))
        assert [row.detail["number"] for row in rows] == [1, 2]
        log.note(event(3))
    assert len(rows_of(Settings(data_dir=tmp_path))) == 3


def test_a_row_says_who_what_when_and_of_whom(tmp_path: Path) -> None:
    with opened(tmp_path) as log:
        log.record(event())
    (row,) = rows_of(Settings(data_dir=tmp_path))
    assert (row.actor, row.actor_kind, row.machine) == ("radiograde", "service", "localhost")
    assert (row.action, row.outcome, row.film_id) == ("film_read", "success", FILM)
    assert row.patient == SUBJECT.patient
    assert row.study_instance_uid == SUBJECT.study_instance_uid
    assert row.sop_instance_uid == SUBJECT.sop_instance_uid


def test_who_records_nothing_makes_nothing(tmp_path: Path) -> None:
    with opened(tmp_path / "data"):
        pass
    assert not (tmp_path / "data").exists()


def test_threads_and_processes_make_one_chain(tmp_path: Path) -> None:
    """Two logs on one trail are what two processes are: each has its own connection."""
    with opened(tmp_path) as one, opened(tmp_path) as other, ThreadPoolExecutor(8) as threads:
        for log in (one, other) * 40:
            threads.submit(log.record, event())
    with trail(tmp_path) as store:
        assert store.count() == 80
        assert found(store, tmp_path) == []


class Failing(AuditStore):
    """Fails so often before it keeps anything."""

    failures = 2

    def append(self, events: Sequence[Mapping[str, Any]]) -> Link:
        if self.failures:
            self.failures -= 1
            raise StoreError("away")
        return super().append(events)


def test_what_could_not_be_kept_is_kept_later_in_its_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_log, "AGAIN_S", 0.01)
    store = open_audit_store(Settings(data_dir=tmp_path))
    store.__class__ = Failing
    with closing(AuditLog(lambda: store, subjects)) as log:
        for number in range(5):
            log.note(event(number))
        log.record(event(5))
    rows = rows_of(Settings(data_dir=tmp_path))
    assert [row.detail["number"] for row in rows] == list(range(6))


def test_whatever_somebody_typed_is_kept_and_holds_up_no_other(tmp_path: Path) -> None:
    typed = "a\0b\udcff\n"
    odd = Actor(typed, "command", typed)
    with opened(tmp_path) as log:
        log.note(AuditEvent(Action.FILM_READ, odd, typed + FILM, detail={"films": typed}))
        log.record(event(1))
        assert log.behind == 0
    first, second = rows_of(Settings(data_dir=tmp_path))
    assert (first.actor, first.machine, first.detail) == ("a?b??", "a?b??", {"films": "a?b??"})
    assert first.film_id == ("a?b??" + FILM)[:26]
    assert second.detail == {"number": 1}


def test_what_is_lost_at_the_end_is_counted(tmp_path: Path) -> None:
    def away() -> AuditStore:
        raise StoreError("away")

    log = AuditLog(away, subjects)
    log.note(event(1))
    log.note(event(2))
    log.close()
    assert log.lost == 2
    began = time.monotonic()
    log.record(event(3))
    assert time.monotonic() - began < 1
    assert log.lost == 3


def test_nobody_waits_for_ever_for_a_trail_that_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_log, "LONGEST_WAIT_S", 0.05)
    monkeypatch.setattr(audit_log, "AGAIN_S", 0.01)
    is_back = threading.Event()

    def open_store() -> AuditStore:
        if not is_back.is_set():
            raise StoreError("away")
        return open_audit_store(Settings(data_dir=tmp_path))

    with closing(AuditLog(open_store, subjects)) as log:
        began = time.monotonic()
        log.record(event())
        assert time.monotonic() - began < 2
        assert log.behind <= 1
        is_back.set()
        log.record(event(1))
    assert len(rows_of(Settings(data_dir=tmp_path))) == 2


def test_a_database_that_knows_no_films_keeps_no_event_away(tmp_path: Path) -> None:
    def away(_: Collection[str]) -> Mapping[str, Subject]:
        raise StoreError("away")

    settings = Settings(data_dir=tmp_path)
    with closing(AuditLog(lambda: open_audit_store(settings), away)) as log:
        log.record(event())
    (row,) = rows_of(settings)
    assert (row.film_id, row.patient) == (FILM, None)


def test_too_many_that_wait_are_counted_and_not_kept_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_log, "MOST_WAITING", 3)
    monkeypatch.setattr(audit_log, "LINGER_S", 30.0)
    with opened(tmp_path) as log:
        for _ in range(5):
            log.note(event())
        assert log.lost == 2


def test_an_event_costs_less_than_a_millisecond(tmp_path: Path) -> None:
    """Whole batches, from the first event noted to the last one kept."""
    many = 1000
    with opened(tmp_path) as log:
        log.record(event())
        began = time.perf_counter()
        for number in range(many):
            log.note(event(number))
        noted = time.perf_counter() - began
        log.record(event())
        kept = time.perf_counter() - began
    assert noted / many < 1e-3
    assert kept / many < 1e-3
