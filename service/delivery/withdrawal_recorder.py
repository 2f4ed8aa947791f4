"""Withdrawing a result, and having every destination that has it reject it."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from radiograde.service.database.engine import Database
from radiograde.service.database.tables import WithdrawalCode
from radiograde.service.delivery.delivery_repository import DeliveryRepository
from radiograde.service.films.result_repository import ResultRepository
from radiograde.service.reviews.withdrawal import Withdrawal
from radiograde.service.reviews.withdrawal_repository import WithdrawalRepository

log = structlog.get_logger("radiograde.reviews")

LONGEST_NAME = 64


class WithdrawalRecorder:
    """Records withdrawals; safe to share among threads and processes."""

    def __init__(
        self,
        database: Database,
        results: ResultRepository,
        withdrawals: WithdrawalRepository,
        deliveries: DeliveryRepository,
    ) -> None:
        self._database = database
        self._results = results
        self._withdrawals = withdrawals
        self._deliveries = deliveries

    def withdraw(
        self, result_id: str, by: str, reason: str, code: WithdrawalCode = "quality"
    ) -> Withdrawal:
        """Return the withdrawal that a result is under from now on, or was before.

        In the same transaction every delivery of it is set going: what was sent is rejected where
        it was sent, and what was not is not sent.

        Raises:
            NotFoundError: no such result.
            StoreError: the database does not answer; nothing was recorded.
        """
        self._results.get(result_id)
        with self._database.write() as connection:
            known = self._withdrawals.standing_in(connection, result_id)
            if known is not None:
                return known
            made = self._withdrawals.add(connection, result_id, by[-LONGEST_NAME:], code, reason)
            self._deliveries.retry(connection, result_id)
            self._deliveries.send_anew(connection, result_id)
        log.info("withdrawn", result_id=result_id, code=code)
        return made

    def withdraw_named(
        self, uids: Sequence[str], by: str, code: WithdrawalCode, reason: str
    ) -> list[Withdrawal]:
        """Withdraw the results of the films with these UIDs, or of which these were sent."""
        found = self._withdrawals.results_named(uids)
        return [self.withdraw(id, by, reason, code) for id in found]
