"""The Storage Commitment Push Model as SCP, PS3.4 annex J: what of a request is kept."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, cast

import structlog
from pynetdicom.dimse_primitives import N_ACTION
from pynetdicom.events import Event

from radiograde.model.errors import RadiogradeError
from radiograde.model.reading.dicom_header import Header
from radiograde.model.reading.film_attributes import uid
from radiograde.service.dimse import association_rules as rules
from radiograde.service.dimse.association_rules import (
    COMMITMENT,
    COMMITMENT_INSTANCE,
    AllowedTitles,
    Status,
)
from radiograde.service.dimse.commitment_report import Reference, Report, Reporter

log = structlog.get_logger("radiograde.node")

REQUEST_COMMITMENT = 1
"""Action type, PS3.4 J.3.2."""

_MOST_REFERENCES = 10_000
_AFTER_ANSWER_S = 0.5
"""A report on the same association follows the answer to its request."""


class CannotCommitError(Exception):
    """The request is answered with a failure."""

    def __init__(self, status: Status) -> None:
        super().__init__(status.comment)
        self.status = status


class KeptInstances(Protocol):
    """Knows what was accepted; safe to share among threads."""

    def holds(self, sop_class_uid: str, sop_instance_uid: str) -> bool:
        """Return whether an instance of this class and UID was accepted and is still kept.

        Raises:
            StoreError: the records do not answer.
        """
        ...


@dataclass(frozen=True, slots=True)
class Commitment:
    """Takes N-ACTION requests; shared by all associations."""

    kept_instances: KeptInstances
    allowed: AllowedTitles
    reporter: Reporter

    def commit(self, event: Event) -> tuple[int, None]:
        """Return the status of an N-ACTION-RQ; the report follows.

        To a listed peer it goes on an association of its own, to others on this one. It is a
        handler of pynetdicom's ``EVT_N_ACTION``.
        """
        title = str(event.assoc.requestor.ae_title)
        try:
            report = self._report(event, title)
        except CannotCommitError as error:
            log.info("commitment", status=f"0x{error.status.code:04X}")
            return error.status.code, None
        log.info("commitment", kept=len(report.kept), missing=len(report.missing))
        if self.reporter.knows(title):
            self.reporter.submit(title, report)
        else:
            threading.Thread(target=_report_here, args=(event, report), daemon=True).start()
        return rules.SUCCESS.code, None

    def _report(self, event: Event, title: str) -> Report:
        if not self.allowed.may_commit(title):
            raise CannotCommitError(rules.NOT_AUTHORIZED)
        request = cast(N_ACTION, event.request)
        if request.RequestedSOPClassUID != COMMITMENT:
            raise CannotCommitError(rules.CLASS_NOT_SUPPORTED)
        if request.RequestedSOPInstanceUID != COMMITMENT_INSTANCE:
            raise CannotCommitError(rules.NO_SUCH_INSTANCE)
        if event.action_type != REQUEST_COMMITMENT:
            raise CannotCommitError(rules.NO_SUCH_ACTION)
        if not self.reporter.has_room:
            raise CannotCommitError(rules.RESOURCE_LIMITATION)
        transaction, references = _read(event)
        try:
            kept = [self.kept_instances.holds(*reference) for reference in references]
        except RadiogradeError as error:
            raise CannotCommitError(rules.PROCESSING_FAILURE) from error
        judged = list(zip(references, kept, strict=True))
        return Report(
            transaction,
            tuple(one for one, is_kept in judged if is_kept),
            tuple(one for one, is_kept in judged if not is_kept),
        )


def _report_here(event: Event, report: Report) -> None:
    time.sleep(_AFTER_ANSWER_S)
    try:
        status, _ = event.assoc.send_n_event_report(
            report.to_dataset(), report.event_type, COMMITMENT, COMMITMENT_INSTANCE
        )
    except (RuntimeError, ValueError):
        log.warning("commitment_report", outcome="association over")
        return
    log.info("commitment_report", outcome="confirmed" if status else "not answered")


def _read(event: Event) -> tuple[str, list[Reference]]:
    """Return the transaction UID and the references, PS3.4 Table J.3-1."""
    try:
        information = Header(event.action_information)
        transaction = uid(information, "TransactionUID")
        references = list(_references(information))
    except Exception as error:
        raise CannotCommitError(rules.INVALID_ARGUMENT) from error
    if len(references) > _MOST_REFERENCES:
        raise CannotCommitError(rules.RESOURCE_LIMITATION)
    if transaction is None or not references:
        raise CannotCommitError(rules.INVALID_ARGUMENT)
    return transaction, references


def _references(information: Header) -> Iterator[Reference]:
    for item in information.items("ReferencedSOPSequence"):
        sop_class, instance = (
            uid(item, "ReferencedSOPClassUID"),
            uid(item, "ReferencedSOPInstanceUID"),
        )
        if sop_class is None or instance is None:
            raise CannotCommitError(rules.INVALID_ARGUMENT)
        yield sop_class, instance
