"""The one place that events are recorded by; it writes them on a thread of its own, in batches."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from weakref import WeakSet

import structlog

from radiograde.service.audit.audit_event import NOBODY, AuditEvent, Subject, values_of
from radiograde.service.audit.audit_store import AuditStore
from radiograde.service.errors import StoreError

log = structlog.get_logger("radiograde.audit")

LINGER_S = 0.05
"""How long an event that nobody waits for waits for others."""

AT_ONCE = 500
MOST_WAITING = 50_000
AGAIN_S = 1.0
LONGEST_WAIT_S = 2.0

_OPEN: WeakSet[AuditLog] = WeakSet()

Subjects = Callable[[Collection[str]], Mapping[str, Subject]]
"""Returns what is known of films, by their ids. Raises StoreError."""


@dataclass(eq=False, slots=True)
class _Waiting:
    event: AuditEvent
    is_over: threading.Event | None = field(default=None)


class AuditLog:
    """Records events; safe to share among threads.

    ``open_store`` is called with the first event: whoever records nothing makes no database.
    """

    def __init__(self, open_store: Callable[[], AuditStore], subjects: Subjects) -> None:
        self._open_store = open_store
        self._subjects = subjects
        self._store: AuditStore | None = None
        self._waiting: list[_Waiting] = []
        self._changed = threading.Condition()
        self._keeping: _Waiting | None = None
        self._thread: threading.Thread | None = None
        self._is_urgent = False
        self._is_closing = False
        self.lost = 0
        _OPEN.add(self)

    def record(self, event: AuditEvent) -> None:
        """Return once an event is kept; after some seconds without, it is kept later."""
        is_over = threading.Event()
        self._add(_Waiting(event, is_over))
        is_over.wait(LONGEST_WAIT_S)

    def note(self, event: AuditEvent) -> None:
        """Have an event kept within moments, and return at once."""
        self._add(_Waiting(event))

    def flush(self) -> None:
        """Return once what was noted until now is kept, or after some seconds without."""
        with self._changed:
            last = self._waiting[-1] if self._waiting else self._keeping
            if last is None:
                return
            is_over = last.is_over = last.is_over or threading.Event()
            self._is_urgent = True
            self._changed.notify()
        is_over.wait(LONGEST_WAIT_S)

    @property
    def behind(self) -> int:
        """How many events are still to be kept."""
        return len(self._waiting)

    def close(self) -> None:
        """Keep what waits, and close the audit trail; nothing is recorded any more."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()
        if self._store is not None:
            self._store.close()
            self._store = None

    def _add(self, one: _Waiting) -> None:
        with self._changed:
            if self._is_closing or len(self._waiting) >= MOST_WAITING:
                self._lose([one])
                return
            self._waiting.append(one)
            self._is_urgent = self._is_urgent or one.is_over is not None
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="audit", daemon=True)
                self._thread.start()
            if self._is_urgent or len(self._waiting) == 1:
                self._changed.notify()

    def _run(self) -> None:
        while batch := self._next():
            try:
                self._keep([one.event for one in batch])
            except Exception as error:  # noqa: BLE001 - what waits is kept later, whatever it was
                with self._changed:
                    self._waiting[:0] = batch
                    if self._is_closing:
                        self._lose(self._waiting)
                        self._waiting.clear()
                        return
                log.error("audit_put_off", type=type(error).__name__, events=self.behind)
                time.sleep(AGAIN_S)
                continue
            with self._changed:
                self._keeping = None
                for one in batch:
                    if one.is_over is not None:
                        one.is_over.set()

    def _lose(self, events: Sequence[_Waiting]) -> None:
        """Say which events are kept nowhere; nobody waits for them."""
        self.lost += len(events)
        actions = sorted({str(one.event.action) for one in events})
        log.error("audit_event_lost", action=", ".join(actions), lost=self.lost)
        for one in events:
            if one.is_over is not None:
                one.is_over.set()

    def _next(self) -> list[_Waiting]:
        """Return the events to keep next, none once all are kept and nothing comes any more."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_closing)
            self._changed.wait_for(lambda: self._is_urgent or self._is_closing, LINGER_S)
            batch = self._waiting[:AT_ONCE]
            del self._waiting[: len(batch)]
            self._keeping = batch[-1] if batch else None
            self._is_urgent = any(one.is_over is not None for one in self._waiting)
            return batch

    def _keep(self, events: Sequence[AuditEvent]) -> None:
        if self._store is None:
            self._store = self._open_store()
        known = self._known({one.film_id for one in events if one.film_id is not None})
        values = [values_of(one, known.get(one.film_id or "", NOBODY)) for one in events]
        try:
            self._store.append(values)
        except OSError as error:  # they are kept all the same, and must not be kept twice
            log.error("audit_head_not_noted", type=type(error).__name__)

    def _known(self, film_ids: Collection[str]) -> Mapping[str, Subject]:
        """Return what is known of films: better an event without it than none."""
        try:
            return self._subjects(film_ids) if film_ids else {}
        except StoreError:
            log.warning("audit_subjects_unknown", films=len(film_ids))
            return {}


def events_waiting() -> int:
    """Return how many events of this process are still to be kept, whoever recorded them."""
    return sum(one.behind for one in tuple(_OPEN))
