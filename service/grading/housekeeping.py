"""Keeping house: films past their time go, folders that no record knows are adopted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate

import structlog
from dbos import DBOS

from radiograde.service.audit.action import Action
from radiograde.service.audit.audit_event import SERVICE, AuditEvent
from radiograde.service.audit.audit_log import AuditLog
from radiograde.service.database.engine import Database
from radiograde.service.database.rows import in_parts
from radiograde.service.database.tables import FilmState
from radiograde.service.errors import NoSpaceError
from radiograde.service.films.archive import Archive
from radiograde.service.films.film_days import fill_days
from radiograde.service.films.film_repository import Expired, FilmRepository
from radiograde.service.films.intake import FilmIntake
from radiograde.service.films.order_store import OrderStore

log = structlog.get_logger("radiograde.work")

UNRECORDED_AFTER_S = 3600.0
QUEUE_KEPT = timedelta(days=1)
FIRST_AFTER_S = 60.0
"""A worker that is often started anew keeps house all the same."""

_AT_ONCE = 50
"""Films let go in one transaction, which holds up those that come in."""

_TICK_S = 2.0
"""Longer than any file system takes for one and the same time."""


def keep_house(
    stop: threading.Event,
    tasks: Sequence[Callable[[], object]],
    every_s: float = 3600.0,
    first_after_s: float = FIRST_AFTER_S,
) -> None:
    """Until ``stop``, do all tasks soon and then once an hour; what one raises stops no other."""
    wait_s = first_after_s
    while not stop.wait(wait_s):
        wait_s = every_s
        for task in tasks:
            try:
                task()
            except Exception as error:  # noqa: BLE001 - this thread must outlive whatever it is
                log.warning("housekeeping_put_off", type=type(error).__name__)


def chores(
    database: Database,
    archive: Archive,
    films: FilmRepository,
    intake: FilmIntake,
    keep: timedelta | None,
    audit: AuditLog | None = None,
) -> list[Callable[[], object]]:
    """Return what is to be done once an hour; ``keep``: how long films stay, None for ever."""
    folders = UnrecordedFolders(archive, films)
    tasks: list[Callable[[], object]] = [
        lambda: adopt(folders.older_than(UNRECORDED_AFTER_S), intake),
        lambda: fill_days(database),
        forget_finished_work,
        OrderStore(archive.storage).drop_older,
    ]
    if keep is not None:
        tasks.insert(0, lambda: drop_expired(archive, films, keep, audit))
    return tasks


def drop_expired(
    archive: Archive,
    films: FilmRepository,
    keep: timedelta,
    audit: AuditLog | None = None,
    state: FilmState | None = None,
) -> None:
    """Remove the bytes of films that last came longer than ``keep`` ago; their results stay.

    ``state``: of those in it alone.
    """
    last: Expired | None = None
    while some := films.expired(keep, _AT_ONCE, after=last, state=state):
        _let_go(archive, films, some, keep, audit)
        last = some[-1]


def drop_set_aside(
    archive: Archive,
    films: FilmRepository,
    keep: timedelta,
    most_bytes: int,
    audit: AuditLog | None = None,
) -> None:
    """Remove the bytes of what was set aside longer than ``keep`` ago, or is beyond a quota.

    ``most_bytes``: that all of it may have; what came first goes first.
    """
    drop_expired(archive, films, keep, audit, "set_aside")
    excess, last = films.size_of("set_aside") - most_bytes, None
    while excess > 0 and (
        some := films.expired(timedelta(0), _AT_ONCE, after=last, state="set_aside")
    ):
        sizes = accumulate((film.size for film in some), initial=0)
        too_many = [film for film, before in zip(some, sizes, strict=False) if before < excess]
        _let_go(archive, films, too_many, timedelta(0), audit)
        excess, last = excess - sum(film.size for film in too_many), some[-1]


def _let_go(
    archive: Archive,
    films: FilmRepository,
    some: Sequence[Expired],
    keep: timedelta,
    audit: AuditLog | None,
) -> None:
    def drop(film_id: str) -> None:
        archive.drop(film_id)
        if audit is not None:
            audit.note(AuditEvent(Action.FILM_EXPIRE, SERVICE, film_id))

    count = films.let_go([film.id for film in some], drop, keep)
    log.info("films_let_go", count=count)


def adopt_unrecorded(
    archive: Archive,
    films: FilmRepository,
    intake: FilmIntake,
    older_than_s: float = UNRECORDED_AFTER_S,
) -> int:
    """Record the films in folders that no record knows; return how many.

    A crash between film and record leaves one, and the restoring of an older database all that
    came since.
    """
    return adopt(UnrecordedFolders(archive, films).older_than(older_than_s), intake)


def adopt(film_ids: Sequence[str], intake: FilmIntake) -> int:
    """Record the films in these folders; return how many."""
    adopted = 0
    for film_id in film_ids:
        try:
            adopted += intake.adopt(film_id)
        except (OSError, NoSpaceError) as error:
            log.warning("folder_put_off", film_id=film_id, type=type(error).__name__)
    if adopted:
        log.warning("films_adopted", count=adopted)
    return adopted


def unrecorded(archive: Archive, films: FilmRepository, older_than_s: float) -> list[str]:
    """Return the folders of at least this age that no record knows."""
    return UnrecordedFolders(archive, films).older_than(older_than_s)


class UnrecordedFolders:
    """Looks for folders that no record knows; of what it has seen, only where something changed."""

    def __init__(self, archive: Archive, films: FilmRepository) -> None:
        self._archive = archive
        self._films = films
        self._recorded: dict[str, float] = {}

    def older_than(self, age_s: float) -> list[str]:
        """Return the folders of at least this age that no record knows.

        Raises:
            StoreError: the database does not answer.
        """
        found: list[str] = []
        for group, changed in self._archive.groups():
            if self._recorded.get(group) != changed:
                began = time.time()
                unknown = self._unknown(list(self._archive.ids_in(group)))
                # What comes within the clock's next tick would not be seen.
                if not unknown and changed < began - _TICK_S:
                    self._recorded[group] = changed
                found += [one for one in unknown if self._archive.age_s(one, began) > age_s]
        return found

    def _unknown(self, film_ids: Sequence[str]) -> list[str]:
        return [one for some in in_parts(film_ids) for one in sorted(self._films.unknown(some))]


def forget_finished_work() -> None:
    """Remove from the queue what was finished more than a day ago; the tables know the outcome."""
    until = (datetime.now(UTC) - QUEUE_KEPT).isoformat()
    while True:
        done = DBOS.list_workflows(
            status=["SUCCESS", "ERROR"], completed_before=until, limit=500, load_input=False
        )
        if not done:
            return
        DBOS.delete_workflows([workflow.workflow_id for workflow in done])
