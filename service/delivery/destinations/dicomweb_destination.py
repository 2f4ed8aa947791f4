"""A DICOMweb server that takes STOW-RS, PS3.18 10.5 and 8.6.1.

Instances go in a multipart body; what became of them comes back as Table 10.5.3-1 in DICOM JSON
(PS3.18 Annex F).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from radiograde.service.config.site import DicomWebDestinationConfig
from radiograde.service.delivery.destinations.destination import Finding, Taken, run_steps
from radiograde.service.delivery.destinations.http_answer import (
    Answer,
    describe,
    is_final,
    raise_for_status,
)
from radiograde.service.delivery.destinations.http_client import HttpClient
from radiograde.service.delivery.destinations.storage_outcome import (
    Fault,
    fault_of,
    log_warning,
    raise_for,
)
from radiograde.service.documents.document import Document
from radiograde.service.documents.lossless_jpeg import uncompressed_document
from radiograde.service.errors import UnreachableError

DICOM_JSON = "application/dicom+json"

_REFERENCED_SOP_SEQUENCE = "00081199"
_FAILED_SOP_SEQUENCE = "00081198"
_REFERENCED_SOP_INSTANCE_UID = "00081155"
_WARNING_REASON = "00081196"
_FAILURE_REASON = "00081197"

_UNSUPPORTED_SYNTAX = 0xC122
"""PS3.18 Table I.2-2, Referenced Transfer Syntax Not Supported; some servers answer 415 to all."""

_UNSUPPORTED_MEDIA = 415

_LOOKED_AT = frozenset({400, 409, 422})
"""How servers answer a store of nothing; Orthanc says 200, dcm4chee 409."""


@dataclass(frozen=True, slots=True)
class StoreReport:
    """By SOP Instance UID: what was stored, with a warning's code or 0; what failed, and why."""

    stored: Mapping[str, int]
    failed: Mapping[str, int]


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
        """Store every document; what the server gives no report of is not taken as stored.

        Where it does not take one compressed, all are sent once more without compression.

        Raises:
            UnreachableError: no answer, a sign-in or an address that is wrong, a server that is
                busy; or it had no room, gave no leave, or failed in processing.
            RefusedError: it does not take a document, or does not understand it.
        """
        if not documents:
            return
        answer = self._store([document.content for document in documents])
        report = _read_report(answer.json)
        if _asks_for_uncompressed(answer, report):
            plain = [uncompressed_document(document) for document in documents]
            if plain != list(documents):
                self.send(plain, result_id)
                return
        with answer.obeyed():
            self._settle(documents, answer, report, result_id)

    def withdraw(self, taken: Taken, result_id: str) -> None:
        """Store the rejection note. Raises as :meth:`send`."""
        if taken.note is not None:
            self.send([taken.note], result_id)

    def check(self) -> list[Finding]:
        """Return what an answer to a store of nothing says of address, sign-in and leave."""
        return run_steps([*self._client.reachable_steps(), ("takes STOW-RS", self._store_nothing)])

    def _settle(
        self,
        documents: Sequence[Document],
        answer: Answer,
        report: StoreReport | None,
        result_id: str,
    ) -> None:
        if report is None or not (report.stored or report.failed):
            raise_for_status(self._where, answer.status)
            raise UnreachableError(
                f"{self._where} does not say in {DICOM_JSON} what it stored. "
                "Check that `url` is its DICOMweb root."
            )
        self._log_warnings(documents, report, result_id)
        faults = [_fault(document, report, answer) for document in documents]
        raise_for(self._where, [fault for fault in faults if fault])

    def _store(self, instances: Sequence[bytes]) -> Answer:
        body, content_type = _multipart(instances)
        return self._client.post("/studies", body, content_type, DICOM_JSON)

    def _store_nothing(self) -> None:
        answer = self._store([])
        if answer.status in _LOOKED_AT or answer.status == 204:
            return
        raise_for_status(self._where, answer.status)
        if _read_report(answer.json) is None:
            raise UnreachableError(
                f"{self._where} is no DICOMweb server. Check that `url` is its DICOMweb root."
            )

    def _log_warnings(
        self, documents: Sequence[Document], report: StoreReport, result_id: str
    ) -> None:
        for document in documents:
            status = report.stored.get(document.sop_instance_uid or "", 0)
            if status:
                log_warning(self.name, result_id, document.kind, status)


def _asks_for_uncompressed(answer: Answer, report: StoreReport | None) -> bool:
    """Return whether a transfer syntax is what the server does not take."""
    if report is None:
        return answer.status == _UNSUPPORTED_MEDIA
    return _UNSUPPORTED_SYNTAX in report.failed.values()


def _fault(document: Document, report: StoreReport, answer: Answer) -> Fault | None:
    uid = document.sop_instance_uid or ""
    if uid in report.stored:
        return None
    if uid not in report.failed:
        passing = not is_final(answer.status)
        return Fault(document.kind, f"not accounted for ({describe(answer.status)})", passing)
    return fault_of(document.kind, report.failed[uid])


def _multipart(instances: Sequence[bytes]) -> tuple[bytes, str]:
    """Return a multipart/related body (RFC 2387) of Part 10 files, and its Content-Type."""
    boundary = secrets.token_hex(16)
    head = f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode()
    parts = [part for instance in instances for part in (head, instance, b"\r\n")]
    body = b"".join([*parts, f"--{boundary}--\r\n".encode()])
    return body, f'multipart/related; type="application/dicom"; boundary={boundary}'


def _read_report(answer: Any) -> StoreReport | None:
    """Return the report in an answer's JSON, None where it holds none; no reason given is 0110."""
    if isinstance(answer, list) and len(answer) == 1:
        answer = answer[0]
    if not isinstance(answer, dict):
        return None
    if not {_REFERENCED_SOP_SEQUENCE, _FAILED_SOP_SEQUENCE} & answer.keys():
        return None
    return StoreReport(
        _codes(answer, _REFERENCED_SOP_SEQUENCE, _WARNING_REASON, 0),
        _codes(answer, _FAILED_SOP_SEQUENCE, _FAILURE_REASON, 0x0110),
    )


def _codes(ds: dict[str, Any], sequence: str, reason: str, absent: int) -> dict[str, int]:
    codes: dict[str, int] = {}
    for item in _values(ds, sequence):
        for uid in _values(item, _REFERENCED_SOP_INSTANCE_UID):
            reasons = [value for value in _values(item, reason) if isinstance(value, int)]
            codes[str(uid)] = reasons[0] if reasons else absent
    return codes


def _values(ds: Any, tag: str) -> list[Any]:
    element = ds.get(tag) if isinstance(ds, dict) else None
    values = element.get("Value") if isinstance(element, dict) else None
    return values if isinstance(values, list) else []
