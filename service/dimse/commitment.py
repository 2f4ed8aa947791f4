"""The Storage Commitment Push Model as SCP, PS3.4 annex J: what of a request is kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import structlog
from pydicom.dataset import Dataset

from radiograde.model.errors import RadiogradeError
from radiograde.model.reading.dicom_header import Header
from radiograde.model.reading.film_attributes import uid
from radiograde.service.dicom_pdu import COMMITMENT, COMMITMENT_INSTANCE
from radiograde.service.dimse import association_rules as rules
from radiograde.service.dimse.accepted_association import Caller
from radiograde.service.dimse.association_rules import AllowedTitles, Status
from radiograde.service.dimse.command_set import (
    ACTION_TYPE,
    REQUESTED_CLASS,
    REQUESTED_INSTANCE,
    CommandSet,
)
from radiograde.service.dimse.commitment_report import Reference, Report, Reporter
from radiograde.service.dimse.node_audit import NodeAudit

log = structlog.get_logger("radiograde.node")

REQUEST_COMMITMENT = 1
"""Action type, PS3.4 J.3.2."""

_MOST_REFERENCES = 10_000


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
    audit: NodeAudit = field(default_factory=NodeAudit)

    def commit(
        self, caller: Caller, request: CommandSet, information: Dataset
    ) -> tuple[Status, Report | None]:
        """Return the status of an N-ACTION-RQ, and the report that follows on its association.

        To a listed peer the report goes on an association of its own.
        """
        try:
            report = self._report(caller.title, request, information)
        except CannotCommitError as error:
            log.info("commitment", status=f"0x{error.status.code:04X}")
            self.audit.asked_to_commit(caller.title, caller.address, error.status)
            return error.status, None
        self.audit.asked_to_commit(caller.title, caller.address, rules.SUCCESS)
        log.info("commitment", kept=len(report.kept), missing=len(report.missing))
        if not self.reporter.knows(caller.title):
            return rules.SUCCESS, report
        self.reporter.submit(caller.title, report)
        return rules.SUCCESS, None

    def _report(self, title: str, request: CommandSet, information: Dataset) -> Report:
        if not self.allowed.may_commit(title):
            raise CannotCommitError(rules.NOT_AUTHORIZED)
        if request.uid(REQUESTED_CLASS) != COMMITMENT:
            raise CannotCommitError(rules.CLASS_NOT_SUPPORTED)
        if request.uid(REQUESTED_INSTANCE) != COMMITMENT_INSTANCE:
            raise CannotCommitError(rules.NO_SUCH_INSTANCE)
        if request.number(ACTION_TYPE) != REQUEST_COMMITMENT:
            raise CannotCommitError(rules.NO_SUCH_ACTION)
        if not self.reporter.has_room:
            raise CannotCommitError(rules.RESOURCE_LIMITATION)
        transaction, references = _read(information)
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


def _read(information: Dataset) -> tuple[str, list[Reference]]:
    """Return the transaction UID and the references, PS3.4 Table J.3-1."""
    header = Header(information)
    try:
        transaction = uid(header, "TransactionUID")
        references = list(_references(header))
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
