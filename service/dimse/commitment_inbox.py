"""N-EVENT-REPORT requests: what archives say of storage commitment that was asked of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import structlog
from pydicom.dataset import Dataset

from radiograde.model.errors import RadiogradeError
from radiograde.service.delivery.destinations.commitment_request import kept_objects
from radiograde.service.dicom_pdu import COMMITMENT, COMMITMENT_INSTANCE
from radiograde.service.dimse import association_rules as rules
from radiograde.service.dimse.accepted_association import Caller
from radiograde.service.dimse.association_rules import AllowedTitles, Status
from radiograde.service.dimse.command_set import (
    AFFECTED_CLASS,
    AFFECTED_INSTANCE,
    EVENT_TYPE,
    CommandSet,
)
from radiograde.service.dimse.commitment_report import ALL_KEPT, SOME_MISSING

log = structlog.get_logger("radiograde.node")

TakeReport = Callable[[str, frozenset[str]], bool]
"""Gets a transaction UID and the objects that are kept; False where nobody waits for it."""


def nobody_waits(transaction_uid: str, kept: frozenset[str]) -> bool:
    """Return that no report is waited for: where no archive is asked."""
    return False


@dataclass(frozen=True, slots=True)
class CommitmentInbox:
    """Answers reports; shared by all associations."""

    take: TakeReport
    allowed: AllowedTitles

    def answer(self, caller: Caller, request: CommandSet, information: Dataset) -> Status:
        """Return the status of an N-EVENT-REPORT-RQ, PS3.7 10.1.1 and PS3.4 J.3.3.

        A report that nobody waits for, such as one that comes twice, is confirmed.
        """
        status, known = self._judge(caller.title, request, information)
        log.info("commitment_reported", calling=caller.title, known=known, status=status.code)
        return status

    def _judge(self, title: str, request: CommandSet, information: Dataset) -> tuple[Status, bool]:
        if not self.allowed.may_report(title):
            return rules.NOT_AUTHORIZED, False
        if request.uid(AFFECTED_CLASS) != COMMITMENT:
            return rules.CLASS_NOT_SUPPORTED, False
        if request.uid(AFFECTED_INSTANCE) != COMMITMENT_INSTANCE:
            return rules.NO_SUCH_INSTANCE, False
        if request.number(EVENT_TYPE) not in (ALL_KEPT, SOME_MISSING):
            return rules.NO_SUCH_EVENT, False
        transaction = str(information.get("TransactionUID") or "")
        if not transaction:
            return rules.INVALID_ARGUMENT, False
        try:
            return rules.SUCCESS, self.take(transaction, kept_objects(information))
        except RadiogradeError:
            return rules.PROCESSING_FAILURE, False
