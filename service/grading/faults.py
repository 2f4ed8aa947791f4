"""What is wrong with an installation and stays so until somebody sees to it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from radiograde.service.certificate_expiry import expiry
from radiograde.service.concordance.concordance_repository import ConcordanceRepository
from radiograde.service.config.settings import Settings
from radiograde.service.constancy.constancy_repository import ConstancyRepository
from radiograde.service.database.tables import deliveries, films, notices
from radiograde.service.errors import ArchiveError, CertificateError
from radiograde.service.films.stopped_films import MODEL_STOPPED
from radiograde.service.grading.reconciler import standing
from radiograde.service.grading.records import Records
from radiograde.service.grading.slots import living
from radiograde.service.programme.model_files import MODELS, ModelFiles
from radiograde.service.programme.model_repository import ModelRepository

QUEUE_OLD = timedelta(minutes=15)
STRANDED_AFTER = timedelta(minutes=3)
"""Whoever reconciles has had time for it by then."""

LEAST_INODES = 10_000
"""Files that there is to be room for: a film has a dozen."""

LEAST_FREE = 2**30
"""Bytes on the disk of the films."""


@dataclass(frozen=True, slots=True)
class Fault:
    """``code``: for programs. ``what``: in a sentence. ``advice``: what to do.

    ``soon``: nothing is wrong yet, and will be.
    """

    code: str
    what: str
    advice: str
    soon: bool = False


def standing_faults(records: Records, settings: Settings) -> list[Fault]:
    """Return the faults that stand, none where all is well.

    Raises:
        StoreError: the database does not answer.
    """
    return [
        *_of_work(records),
        *_of_deliveries(records),
        *_of_notifications(records),
        *_of_models(records, settings.data_dir),
        *_of_constancy(records),
        *_of_concordance(records),
        *_of_stopped(records),
        *_of_archive(records),
        *_of_disk(settings.data_dir),
        *_of_inodes(settings.data_dir),
        *certificate_faults(settings),
    ]


def _of_models(records: Records, data_dir: Path) -> Iterator[Fault]:
    production = ModelRepository(records.database).production()
    files = ModelFiles(data_dir / MODELS, records.archive.storage)
    if production is not None and not files.has(production.sha256):
        yield Fault(
            "model_gone",
            f"The file of the model in production, {production.sha256[:12]}, is gone",
            "Put it back from a backup, or go back: radiograde models rollback. Until then the "
            "model before grades, after a restart the one of the settings.",
        )


def _of_constancy(records: Records) -> Iterator[Fault]:
    last = ConstancyRepository(records.database).last()
    if last is not None and last.findings:
        kinds = sorted({str(one["kind"]) for one in last.findings})
        yield Fault(
            "constancy",
            f"The drawn films of {last.began:%Y-%m-%d} are not as on the day of installation: "
            f"{', '.join(kinds)}",
            "See radiograde constancy --last; if the change was wanted: radiograde constancy "
            "--accept",
        )


def _of_concordance(records: Records) -> Iterator[Fault]:
    for one in ConcordanceRepository(records.database).watches():
        if one.watch.has_dropped:
            yield Fault(
                "concordance",
                f"Model {one.model[:12]} agrees less often with signed reports than it did",
                "See radiograde concordance; look at films and reports that differ, then: "
                "radiograde concordance --reset",
            )


def _of_stopped(records: Records) -> Iterator[Fault]:
    if count := records.stopped_films.count():
        yield Fault(
            "model_stopped",
            f"{count} films wait because the model was stopped",
            "See why: radiograde monitor. Then clear the alarm, or put another model to work.",
        )


def _of_work(records: Records) -> Iterator[Fault]:
    database, now = records.database, datetime.now(UTC)
    is_held = sa.func.coalesce(films.c.reason, "") == MODEL_STOPPED
    waiting = sa.select(sa.func.min(films.c.changed)).where(films.c.state == "waiting", ~is_held)
    with database.reading() as connection:
        oldest = connection.scalar(waiting)
        has_worker = bool(living(connection))
    if oldest is not None and now - oldest > STRANDED_AFTER and not has_worker:
        yield Fault(
            "worker_missing",
            "Films wait, and no worker lives",
            "Start radiograde serve, listen or work; their logs say why one ended.",
        )
    if oldest is not None and now - oldest > QUEUE_OLD:
        minutes = int((now - oldest).total_seconds() // 60)
        yield Fault(
            "queue_old",
            f"A film has waited for {minutes} minutes",
            "See whether the worker keeps up: more of RADIOGRADE_WORKERS, or a GPU.",
        )
    if count := _stranded(records, now - STRANDED_AFTER):
        yield Fault(
            "work_stranded",
            f"{count} films or deliveries wait, and nobody is at work on them",
            "Run: radiograde doctor --repair",
        )


def _stranded(records: Records, before: datetime) -> int:
    """Return how much has stood since ``before``; a destination that is down is no fault here."""
    found = standing(records.database, records.queue)
    if not found:
        return 0
    old_films = sa.select(films.c.id).where(films.c.state == "waiting", films.c.changed < before)
    old_deliveries = sa.select(deliveries.c.film_id + ":" + deliveries.c.destination).where(
        deliveries.c.state == "waiting",
        deliveries.c.updated < before,
        sa.func.coalesce(deliveries.c.error, "") != "unreachable",
    )
    old = {*records.database.values(old_films, str), *records.database.values(old_deliveries, str)}
    names = {f"{piece.film_id}:{piece.destination}" for piece in found.deliveries}
    return len(old & (names | set(found.films)))


def _of_deliveries(records: Records) -> Iterator[Fault]:
    if count := _parked(records, deliveries):
        yield Fault(
            "deliveries_parked",
            f"{count} deliveries are parked",
            "See why with radiograde jobs --state parked, then: radiograde jobs retry --all",
        )


def _of_notifications(records: Records) -> Iterator[Fault]:
    if count := _parked(records, notices):
        yield Fault(
            "notifications_parked",
            f"{count} notifications could not be sent",
            "Try the channel with radiograde check, then: radiograde jobs retry --all",
        )


def _parked(records: Records, table: sa.Table) -> int:
    parked = sa.select(sa.func.count()).where(table.c.state == "parked")
    with records.database.reading() as connection:
        return connection.execute(parked).scalar_one()


def _of_archive(records: Records) -> Iterator[Fault]:
    try:
        records.archive.storage.ping()
    except ArchiveError as error:
        yield Fault(
            "archive_away",
            error.message.rstrip("."),
            "See to the object store, and to address, bucket and keys in [films] of the site file. "
            "Films are refused meanwhile; those that were accepted wait.",
        )


def _of_disk(data_dir: Path) -> Iterator[Fault]:
    if shutil.disk_usage(data_dir).free < LEAST_FREE:
        yield Fault(
            "disk_low",
            "Less than 1 GiB is free for films",
            "Make room, or keep films for fewer days (RADIOGRADE_KEEP_DAYS).",
        )


def _of_inodes(data_dir: Path) -> Iterator[Fault]:
    """Yield a fault where the disk has room for few files more, whatever their size."""
    if not hasattr(os, "statvfs"):
        return
    disk = os.statvfs(data_dir)
    if disk.f_files and disk.f_favail < LEAST_INODES:
        yield Fault(
            "inodes_low",
            f"The disk has room for {disk.f_favail} files more, whatever their size",
            "Keep films for fewer days (RADIOGRADE_KEEP_DAYS), or move to another disk.",
        )


def certificate_faults(settings: Settings) -> Iterator[Fault]:
    """Yield what is wrong with the certificates of the services: they expire or have."""
    node, hl7 = settings.node.tls, settings.hl7 and settings.hl7.tls
    if settings.tls_certificate is not None:
        yield from _of_certificate("http", settings.tls_certificate, settings.certificate_days)
    if node is not None:
        yield from _of_certificate("node", node.certificate, settings.certificate_days)
    if hl7:
        yield from _of_certificate("hl7", hl7.certificate, settings.certificate_days)


def _of_certificate(of: str, certificate: Path, days: int) -> Iterator[Fault]:
    """Yield a fault where a certificate expires within so many days.

    One that cannot be read is none here: who uses it says so, and need not be this process.
    """
    with suppress(CertificateError):
        left = (expiry(certificate) - datetime.now(UTC)).days
        if left < days:
            many = f"{abs(left)} day{'' if abs(left) == 1 else 's'}"
            yield Fault(
                f"{of}_certificate_expires",
                f"The certificate {certificate} "
                + (f"expires in {many}" if left >= 0 else f"expired {many} ago"),
                "Renew it: the new one is used without a restart.",
                soon=left >= 0,
            )
