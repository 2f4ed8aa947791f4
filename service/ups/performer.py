"""Performing the workitems of a worklist: claim, fetch, wait for the results, complete or cancel.

AIW-I Task Performer, pull workflow. Every step may be done twice and is recorded once done, so
that whoever goes on after a crash begins where it was.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog

from radiograde.model.errors import RadiogradeError
from radiograde.model.reading.film_attributes import FILM_MODALITIES
from radiograde.service.backoff import Backoff, RetryTimer, patiently
from radiograde.service.config.archives import UpsConfig
from radiograde.service.config.site import DicomDestinationConfig, FilmSource
from radiograde.service.database.pacs_tables import WorkitemState
from radiograde.service.delivery.retry_policy import MOST_STARTS, OWN_FAULT_DELAY_S, RetryPolicy
from radiograde.service.errors import NoSpaceError, RefusedError, StoreError, UnreachableError
from radiograde.service.films.intake import Intake
from radiograde.service.pacs.fetch_film import fetch_film
from radiograde.service.pacs.query_retrieve import FoundImage, Pacs, PacsSession
from radiograde.service.retrieve_errors import RetrieveError, UnperformedError
from radiograde.service.ups.outputs import Outputs
from radiograde.service.ups.ups_client import UpsClient
from radiograde.service.ups.workitem import Workitem, cancellation, performed
from radiograde.service.ups.workitem_repository import ClaimedItem, WorkitemRepository

log = structlog.get_logger("radiograde.work")

LEASE = timedelta(minutes=1)
"""How long a workitem is left to whoever took it up."""

_SILENCE = Backoff(1.0, 60.0)


@dataclass(slots=True)
class Performer:
    """Performs the workitems of one worklist. ``stop``: ends it after the workitem at hand."""

    config: UpsConfig
    client: UpsClient
    repository: WorkitemRepository
    pacs: Pacs
    outputs: Outputs
    intake: Intake
    retries: RetryPolicy
    stop: threading.Event = field(default_factory=threading.Event)
    lease: timedelta = LEASE
    _silence: RetryTimer = field(default_factory=lambda: RetryTimer(_SILENCE))

    def work(self) -> float:
        """Bring what is in hand a step further, claim what is new; return when to come again, in s.

        Raises StoreError: the database does not answer.
        """
        for item in self.repository.take_due(self.config.name, self.lease):
            self._take_up(item)
            if self.stop.is_set():
                return 0.0
        try:
            new = self._claim_new()
        except (UnreachableError, RefusedError) as error:
            log.warning("worklist_put_off", worklist=self.config.name, error=error.code)
            return max(self._silence.fail(0.0), _asked_s(error), self.config.every_s)
        self._silence.reset()
        return 0.0 if new else self.config.every_s

    def _claim_new(self) -> int:
        """Record workitems to be claimed, as many as there is room for; return how many."""
        name, new = self.config.name, 0
        room = self.config.at_once - self.repository.in_hand(name)
        if room <= 0:
            return 0
        for workitem in self.client.scheduled():
            new += self.repository.add(name, workitem.uid)
            if new >= room:
                break
        return new

    def _take_up(self, item: ClaimedItem) -> None:
        try:
            if item.starts >= MOST_STARTS and item.state != "canceling":
                raise UnperformedError("Performing it ended the worker each time.")
            self._perform(item)
        except UnperformedError as error:
            self._record(partial(self.repository.cancel, item, error))
        except (UnreachableError, RefusedError, RetrieveError) as error:
            self._after_failure(item, error)
        except (StoreError, NoSpaceError, OSError) as error:
            log.error("workitem_waits", worklist=item.worklist, type=type(error).__name__)
            self._record(partial(self.repository.wait, item, OWN_FAULT_DELAY_S))
        except Exception as error:  # noqa: BLE001 - whatever a PACS may have a library raise
            name = type(error).__name__
            log.error("workitem_broke", worklist=item.worklist, type=name)
            self._after_failure(item, RetrieveError(f"It could not be performed ({name})."))

    def _perform(self, item: ClaimedItem) -> None:
        if item.state == "claiming":
            if not self.client.claim(item.uid, item.transaction_uid):
                self._end(item, "lost")
                return
            self.repository.claimed(item)
        workitem = self.client.find(item.uid)
        if workitem is None or workitem.state in ("COMPLETED", "CANCELED"):
            self._end(item, "completed" if _is_complete(workitem) else "canceled")
            return
        if item.state == "canceling":
            self._cancel(item)
            return
        films = item.films
        if item.state != "fetched":
            films = self._fetch(workitem)
            self.repository.fetched(item, films)
        outputs = self.outputs.of(films)
        if outputs is None:
            self.repository.wait(item, self.config.every_s)
            return
        now = datetime.now(UTC)
        done = performed(item.transaction_uid, workitem, item.begun, now, outputs)
        self.client.update(item.uid, item.transaction_uid, done)
        self.client.end(item.uid, item.transaction_uid, "COMPLETED")
        self._end(item, "completed")

    def _fetch(self, workitem: Workitem) -> list[str]:
        """Have the films of a workitem here, and return their SOP Instance UIDs."""
        with self.pacs.session() as session:
            images = _films(session, workitem)
            if not images:
                raise UnperformedError("It names no radiograph as input.")
            for image in images:
                self._fetch_one(session, image)
        return [image.sop_instance_uid for image in images]

    def _fetch_one(self, session: PacsSession, image: FoundImage) -> None:
        known = self.outputs.films.of_instances([image.sop_instance_uid])
        if any(film.state != "failed" for film in known):
            return
        archive = self.outputs.archives[self.config.pacs]
        is_node = isinstance(archive, DicomDestinationConfig)
        source: FilmSource = "dicom" if is_node else "dicomweb"
        keep = partial(self.intake.accept, source=source, sender=self.config.name)
        fetch_film(session, image, keep, self.outputs.films)

    def _cancel(self, item: ClaimedItem) -> None:
        reason = item.message or "It cannot be performed."
        why = cancellation(item.transaction_uid, reason, datetime.now(UTC))
        self.client.update(item.uid, item.transaction_uid, why)
        self.client.end(item.uid, item.transaction_uid, "CANCELED")
        self._end(item, "canceled")

    def _after_failure(
        self, item: ClaimedItem, error: UnreachableError | RefusedError | RetrieveError
    ) -> None:
        since = datetime.now(UTC) - item.begun
        refused = not isinstance(error, UnreachableError)
        delay_s = self.retries.delay_s(item.attempts + 1, since, refused=refused)
        if delay_s is not None:
            put_off_s = max(delay_s, _asked_s(error))
            self._record(partial(self.repository.put_off, item, error, put_off_s))
            log.warning("workitem_put_off", worklist=item.worklist, error=error.code)
        elif item.state in ("claiming", "canceling"):
            self._end(item, "failed", error)
        else:
            self._record(partial(self.repository.cancel, item, UnperformedError(error.message)))

    def _end(
        self, item: ClaimedItem, state: WorkitemState, error: RadiogradeError | None = None
    ) -> None:
        self._record(partial(self.repository.end, item, state, error))
        say = log.error if state == "failed" else log.info
        say("workitem_ended", worklist=item.worklist, uid=item.uid, state=state)

    def _record(self, action: partial[None]) -> None:
        patiently(action, StoreError, self.stop)


def perform(performer: Performer, stop: threading.Event) -> None:
    """Until ``stop``, perform the workitems of a worklist."""
    wait_s = 0.0
    while not stop.wait(wait_s):
        try:
            wait_s = performer.work()
        except Exception as error:  # noqa: BLE001 - this thread must outlive whatever it is
            wait_s = OWN_FAULT_DELAY_S
            log.warning("worklist_put_off", error=type(error).__name__)


def _films(session: PacsSession, workitem: Workitem) -> list[FoundImage]:
    """Return the radiographs among what a workitem names as input."""
    images = [one for one in workitem.images if one.may_be_film]
    for study, series in workitem.series:
        images += [
            one
            for one in session.images(study, sorted(FILM_MODALITIES))
            if one.may_be_film and series in ("", one.series_instance_uid)
        ]
    return list({one.sop_instance_uid: one for one in images}.values())


def _asked_s(error: RadiogradeError) -> float:
    """Return for how long whoever answered asks not to be asked again."""
    return error.retry_after_s if isinstance(error, UnreachableError) else 0.0


def _is_complete(workitem: Workitem | None) -> bool:
    return workitem is not None and workitem.state == "COMPLETED"
