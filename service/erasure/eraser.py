"""Erasing a patient, or films: begun once, it goes on until it is done, whatever interrupts it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import sqlalchemy as sa
import structlog
from ulid import ULID

from radiograde.model.errors import NotFoundError
from radiograde.service.audit.action import Action
from radiograde.service.audit.audit_event import SERVICE, AuditEvent
from radiograde.service.audit.audit_log import AuditLog
from radiograde.service.audit.audit_store import opened_audit
from radiograde.service.config.settings import Settings
from radiograde.service.database.engine import Database
from radiograde.service.database.erasure_tables import ErasureScope, erasures
from radiograde.service.database.film_rows import remove_films
from radiograde.service.database.rows import in_parts
from radiograde.service.database.shrinking import wipe_free_space
from radiograde.service.database.tables import films, notices
from radiograde.service.erasure.certificate import certificate_of
from radiograde.service.erasure.erasure_plan import ErasurePlan, Finder
from radiograde.service.erasure.file_removal import FileRemoval
from radiograde.service.erasure.row_removal import remove_patients, unlink_films
from radiograde.service.films.archive import Archive
from radiograde.service.films.pseudonym import Pseudonyms
from radiograde.service.queue import DurableQueue

log = structlog.get_logger("radiograde.erasure")

_AT_ONCE = 100
_FINISHED = ("graded", "set_aside", "failed")


class Holdings(Protocol):
    """What an installation keeps."""

    @property
    def database(self) -> Database:
        """The database."""
        ...

    @property
    def queue(self) -> DurableQueue:
        """The queue."""
        ...

    @property
    def archive(self) -> Archive:
        """The films on disk."""
        ...

    @property
    def audit(self) -> AuditLog:
        """What records who did what."""
        ...


@dataclass(frozen=True, slots=True)
class Eraser:
    """Erases; safe to share among threads and processes, for each step can be done twice."""

    holdings: Holdings
    settings: Settings

    @property
    def finder(self) -> Finder:
        """What finds the films of a patient."""
        settings, holdings = self.settings, self.holdings
        return Finder(holdings.database, holdings.archive, settings.data_dir, settings.limits)

    def begin(self, plan: ErasurePlan, by: str, scope: ErasureScope) -> str:
        """Record an erasure, which goes on from now on, and return its id. Raises StoreError."""
        id = str(ULID())
        with opened_audit(self.settings) as trail:
            known = certificate_of(self.holdings.database, trail, plan)
        asked = datetime.now(UTC)
        row = {"id": id, "asked": asked, "by": by, "scope": scope, "state": "begun"}
        work = {"plan": plan.to_json(), "known": known}
        with self.holdings.database.write() as connection:
            connection.execute(sa.insert(erasures).values(**row, work=work))
        return id

    def finish(self, id: str) -> dict[str, Any]:
        """Do what is left of an erasure, and return its certificate.

        Raises:
            NotFoundError: there is none of this id.
            StoreError, NoSpaceError, OSError: something cannot be removed now; it can be gone on
                with.
        """
        row = self._row(id)
        if row["state"] == "done":
            return dict(row["certificate"])
        plan = ErasurePlan.from_json(row["work"]["plan"])
        files = self._files()
        removed = files.remove(plan)
        self._remove_work(plan.film_ids)
        self._remove_rows(plan, row["scope"])
        # What was being graded meanwhile may have left something once more.
        removed += files.remove(plan)
        self._remove_work(plan.film_ids)
        certificate = {
            "id": id,
            "asked": row["asked"].isoformat(timespec="seconds"),
            "done": datetime.now(UTC).isoformat(timespec="seconds"),
            "by": row["by"],
            "scope": row["scope"],
            "places": removed,
            **row["work"]["known"],
        }
        self._done(id, certificate)
        wipe_free_space(self.holdings.database)
        log.info("patient_erased", erasure=id, films=len(plan.film_ids))
        return certificate

    def go_on(self) -> int:
        """Finish what was interrupted, and return how much that was. Raises as :meth:`finish`."""
        begun = sa.select(erasures.c.id).where(erasures.c.state == "begun")
        ids = self.holdings.database.values(begun, str)
        for id in ids:
            self.finish(id)
        return len(ids)

    def certificates(self) -> list[dict[str, Any]]:
        """Return those of all erasures that are done, the newest first. Raises StoreError."""
        done = sa.select(erasures.c.certificate).where(erasures.c.state == "done")
        return self.holdings.database.values(done.order_by(erasures.c.id.desc()), dict)

    def drop_old_results(self) -> int:
        """Remove results that are past ``retention.results_days``, and return how many.

        With each goes its film, if it is kept still, and all that belongs to it; a film that is
        still to be graded stays.

        Raises:
            NotFoundError: another process removed them just now.
            StoreError, NoSpaceError, OSError: something cannot be removed now.
        """
        days = self.settings.retention.results_days
        if days is None:
            return 0
        before = datetime.now(UTC) - timedelta(days=days)
        old = sa.select(films.c.id).where(films.c.received < before, films.c.state.in_(_FINISHED))
        count = 0
        while some := self.holdings.database.values(old.limit(_AT_ONCE), str):
            plan = self.finder.of_films(some)
            self._files().remove_films(plan)
            self._remove_work(plan.film_ids)
            self._remove_rows(plan, "all")
            for film_id in some:
                self.holdings.audit.note(AuditEvent(Action.RESULT_EXPIRE, SERVICE, film_id))
            count += len(some)
        return count

    def _remove_rows(self, plan: ErasurePlan, scope: ErasureScope) -> None:
        with self.holdings.database.write() as connection:
            change = remove_films if scope == "all" else unlink_films
            change(connection, plan.film_ids)
            remove_patients(connection, plan)

    def _remove_work(self, film_ids: Sequence[str]) -> None:
        """Remove from the queue what is to be done with films, and was."""
        for some in in_parts(film_ids):
            query = sa.select(notices.c.id).where(notices.c.film_id.in_(some))
            told = self.holdings.database.values(query, str)
            self.holdings.queue.forget([*some, *told])

    def _files(self) -> FileRemoval:
        settings = self.settings
        pseudonyms = Pseudonyms(settings.data_dir)
        return FileRemoval(self.holdings.archive, pseudonyms, settings.watch, settings.limits)

    def _row(self, id: str) -> dict[str, Any]:
        with self.holdings.database.reading() as connection:
            found = connection.execute(sa.select(erasures).where(erasures.c.id == id)).mappings()
            row = found.first()
        if row is None:
            raise NotFoundError("No erasure has this id.")
        return dict(row)

    def _done(self, id: str, certificate: dict[str, Any]) -> None:
        with self.holdings.database.write() as connection:
            done = sa.update(erasures).where(erasures.c.id == id)
            connection.execute(done.values(state="done", work=None, certificate=certificate))
