"""What does not fit together in an installation's records and folders, and mending it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from radiograde.service.config.settings import Settings
from radiograde.service.database.references import dangling_rows, remove_dangling_rows
from radiograde.service.database.tables import films, results, reviews
from radiograde.service.delivery.breakers import Breakers
from radiograde.service.errors import StoreError
from radiograde.service.films.archive import MAPS
from radiograde.service.folder_tree import paths_below
from radiograde.service.grading.housekeeping import adopt_unrecorded, unrecorded
from radiograde.service.grading.reconciler import Reconciler, standing
from radiograde.service.grading.records import Records

YOUNG_S = 60.0
"""A folder that is younger may be of a film that comes in just now."""

LATE_S = 600.0
"""After a result was recorded, its maps are not written any more; clocks may differ."""


@dataclass(frozen=True, slots=True)
class Misfit:
    """``count`` things of one kind that do not fit; ``mended``: what became of them."""

    code: str
    count: int
    what: str
    advice: str
    mended: str


def examine(records: Records, settings: Settings, *, repair: bool = False) -> list[Misfit]:
    """Return what does not fit together; ``repair``: and mend it, without losing a film.

    Raises:
        StoreError: the database does not answer.
        NoSpaceError: a folder cannot be moved.
    """
    found = list(_misfits(records, settings.data_dir))
    if repair:
        for _, mend in found:
            mend()
    return [misfit for misfit, _ in found]


def _misfits(records: Records, data_dir: Path) -> Iterator[tuple[Misfit, Callable[[], object]]]:
    advice = "Mend it with: radiograde doctor --repair"
    if gone := _without_folder(records):
        yield (
            Misfit(
                "row_without_folder",
                len(gone),
                "films are recorded as kept and are not there",
                advice,
                "They are recorded as gone: sent again, they are kept again.",
            ),
            lambda: records.films.mark_gone(gone),
        )
    if strays := unrecorded(records.archive, records.films, YOUNG_S):
        yield (
            Misfit(
                "folder_without_row",
                len(strays),
                "folders of films have no record",
                advice,
                "Films are recorded and graded, what is none lies in the folder quarantine.",
            ),
            lambda: adopt_unrecorded(records.archive, records.films, records.intake, YOUNG_S),
        )
    if dangling := dangling_rows(records.database):
        yield (
            Misfit(
                "row_without_owner",
                dangling,
                "records refer to a film, result or user that is not there",
                advice,
                "They are removed; reviews stay, for their film may be graded again.",
            ),
            lambda: remove_dangling_rows(records.database),
        )
    work = standing(records.database, records.queue)
    if work:
        yield (
            Misfit(
                "waiting_without_work",
                len(work.films) + len(work.deliveries),
                "films or deliveries wait, and nobody is at work on them",
                advice,
                "They are queued again.",
            ),
            _reconciler(records).reconcile,
        )
    if outdated := _of_another_result(records):
        yield (
            Misfit(
                "documents_of_another_result",
                len(outdated),
                "films have documents or maps that are not of their result",
                advice,
                "They are graded again.",
            ),
            lambda: _grade_again(records, outdated),
        )
    if foreign := _foreign_files(data_dir):
        yield (
            Misfit(
                "foreign_owner_or_mode",
                len(foreign),
                f"files belong to another user than {data_dir}, or cannot be read and written",
                advice,
                "Owner and mode are set, as far as this user may.",
            ),
            lambda: _take(foreign, data_dir),
        )


def _reconciler(records: Records) -> Reconciler:
    return Reconciler(
        records.database,
        records.queue,
        records.films,
        records.deliveries,
        records.priors,
        Breakers(),
    )


def _without_folder(records: Records) -> list[str]:
    kept = records.database.values(sa.select(films.c.id).where(films.c.kept), str)
    return [film_id for film_id in kept if not records.archive.has(film_id)]


def _of_another_result(records: Records) -> list[str]:
    """Return films without reviews whose maps are not readable, or newer than their result.

    Maps are written before the result is recorded: newer ones are of a grading that an older
    database, put back, knows nothing of.
    """
    query = sa.select(films.c.id, results.c.recorded.label("since")).join(
        results, results.c.id == films.c.id
    )
    reviewed = sa.select(reviews.c.result_id)
    scored = query.where(
        results.c.status == "scored",
        films.c.state == "graded",
        films.c.kept,
        films.c.id.not_in(reviewed),
    )
    return [one.id for one in records.database.rows(scored, _Scored) if not _fits(records, one)]


@dataclass(frozen=True, slots=True)
class _Scored:
    id: str
    since: datetime


def _fits(records: Records, scored: _Scored) -> bool:
    try:
        written = records.archive.written(scored.id, MAPS)
        records.archive.maps(scored.id)
    except StoreError:
        raise
    except Exception:  # noqa: BLE001 - whatever a damaged file makes a library raise
        return False
    return written is None or written <= scored.since.timestamp() + LATE_S


def _grade_again(records: Records, film_ids: list[str]) -> None:
    for film_id in film_ids:
        with records.database.write() as connection:
            records.withdrawals.replace(connection, film_id)
            records.films.start_over(connection, film_id)


def _foreign_files(data_dir: Path) -> list[Path]:
    if os.name != "posix":
        return []
    owner = data_dir.stat().st_uid
    found = []
    for path in paths_below(data_dir):
        with suppress(FileNotFoundError):  # it was half written, or was let go
            facts = path.lstat()
            wanted = 0o700 if path.is_dir() else 0o600
            if facts.st_uid != owner or facts.st_mode & wanted != wanted:
                found.append(path)
    return found


def _take(paths: list[Path], data_dir: Path) -> None:
    owner = data_dir.stat()
    for path in paths:
        with suppress(FileNotFoundError):
            _take_one(path, owner)


def _take_one(path: Path, owner: os.stat_result) -> None:
    wanted = 0o700 if path.is_dir() else 0o600
    if path.lstat().st_uid != owner.st_uid and os.geteuid() == 0:
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
    if path.stat().st_uid in (os.geteuid(), owner.st_uid):
        path.chmod(path.stat().st_mode & 0o777 | wanted)
