"""A DICOMweb server that takes STOW-RS."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from radiograde.service.config.site import DicomWebDestinationConfig
from radiograde.service.delivery.destinations.destination import Finding
from radiograde.service.delivery.destinations.fault import Fault, raise_for
from radiograde.service.delivery.destinations.http_check import reachable
from radiograde.service.delivery.destinations.http_client import Answer, HttpClient
from radiograde.service.delivery.destinations.http_status import is_final, raise_for_status
from radiograde.service.delivery.destinations.http_status import words as http_words
from radiograde.service.delivery.destinations.steps import walk
from radiograde.service.delivery.destinations.storage_status import judge, words
from radiograde.service.delivery.destinations.stow_response import (
    DICOM_JSON,
    Account,
    multipart,
    read_account,
)
from radiograde.service.documents.document import Document
from radiograde.service.errors import UnreachableError

log = structlog.get_logger("radiograde.delivery")

_LOOKED_AT = frozenset({400, 409, 422})
"""How servers answer a store of nothing; Orthanc says 200, dcm4chee 409."""


class DicomWebDestination:
    """Stores a result's documents in one request."""

    def __init__(self, server: DicomWebDestinationConfig) -> None:
        """Take the secrets from their variables.

        Raises:
            SiteError: such a variable is empty, or holds what no token is.
        """
        self.name = server.name
        self._client = HttpClient(server)
        self._where = str(self._client.where)

    def send(self, documents: Sequence[Document], result_id: str) -> None:
        """Store every document; what the server gives no account of is not taken as stored.

        Raises:
            UnreachableError: no answer, a sign-in or an address that is wrong, a server that is
                busy; or it had no room, gave no leave, or failed in processing.
            RefusedError: it does not take a document, or does not understand it.
        """
        if not documents:
            return
        answer = self._store([document.content for document in documents])
        account = read_account(answer.json)
        if account is None or not (account.stored or account.failed):
            raise_for_status(self._where, answer.status)
            raise UnreachableError(
                f"{self._where} does not say in {DICOM_JSON} what it stored. "
                "Check that `url` is its DICOMweb root."
            )
        self._log_warnings(documents, account, result_id)
        faults = [_fault(document, account, answer) for document in documents]
        raise_for(self._where, [fault for fault in faults if fault])

    def check(self) -> list[Finding]:
        """Return what an answer to a store of nothing tells of address, sign-in and leave."""
        return walk([*reachable(self._client), ("takes STOW-RS", self._store_nothing)])

    def _store(self, instances: Sequence[bytes]) -> Answer:
        body, content_type = multipart(instances)
        return self._client.post("/studies", body, content_type, DICOM_JSON)

    def _store_nothing(self) -> None:
        answer = self._store([])
        if answer.status in _LOOKED_AT or answer.status == 204:
            return
        raise_for_status(self._where, answer.status)
        if read_account(answer.json) is None:
            raise UnreachableError(
                f"{self._where} is no DICOMweb server. Check that `url` is its DICOMweb root."
            )

    def _log_warnings(
        self, documents: Sequence[Document], account: Account, result_id: str
    ) -> None:
        for document in documents:
            status = account.stored.get(document.sop_instance_uid or "", 0)
            if status:
                log.warning(
                    "stored_with_warning",
                    destination=self.name,
                    result_id=result_id,
                    kind=document.kind,
                    status=f"{status:04X}",
                )


def _fault(document: Document, account: Account, answer: Answer) -> Fault | None:
    uid = document.sop_instance_uid or ""
    if uid in account.stored:
        return None
    if uid not in account.failed:
        passing = not is_final(answer.status)
        return Fault(document.kind, f"not accounted for ({http_words(answer.status)})", passing)
    status = account.failed[uid]
    verdict = judge(status)
    if verdict in ("stored", "warned"):
        return None
    return Fault(document.kind, words(status), passing=verdict == "later")
