"""Where audit messages are sent: syslog over TLS, or a FHIR server."""

from __future__ import annotations

import json
import os
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

from radiograde.service.audit.audit_event import AuditRow
from radiograde.service.audit_receivers.dicom_message import dicom_message
from radiograde.service.audit_receivers.fhir_audit_event import fhir_audit_event
from radiograde.service.config.audit_config import AuditConfig, FhirAuditConfig, SyslogConfig
from radiograde.service.config.site import ClientTls
from radiograde.service.delivery.destinations.http_answer import raise_for_status
from radiograde.service.delivery.destinations.http_client import HttpClient
from radiograde.service.delivery.destinations.network import Endpoint
from radiograde.service.errors import UnreachableError

PRIORITY = 10 * 8 + 5
"""Facility security (10), severity notice (5): RFC 5424 section 6.2.1, PS3.15 A.6."""

MESSAGE_ID = "DICOM+RFC3881"
"""MSGID of audit messages, PS3.15 A.6."""

FHIR_JSON = "application/fhir+json"


class AuditReceiver(Protocol):
    """One receiver of audit messages. ``name``: by which it is known what it has."""

    name: str

    def send(self, rows: Sequence[AuditRow]) -> None:
        """Send rows, in their order; one that it has already changes nothing.

        Raises:
            UnreachableError: they could not all be sent.
            RefusedError: it does not take one.
        """
        ...


class SyslogReceiver:
    """Sends DICOM audit messages as syslog (RFC 5424) over TLS (RFC 5425)."""

    name = "syslog"

    def __init__(self, config: SyslogConfig, source_id: str) -> None:
        self._where = Endpoint(
            config.host, config.port, config.timeout_s, config.tls or ClientTls()
        )
        self._source_id = source_id

    def send(self, rows: Sequence[AuditRow]) -> None:
        """Send rows on one connection, and close it in order; see :class:`AuditReceiver`.

        Syslog is not acknowledged: what was on its way when a receiver died is lost to it, and
        still is in the audit trail here.
        """
        context = self._where.tls_context()
        if context is None:
            raise UnreachableError("Syslog is sent over TLS alone.")
        try:
            with (
                socket.create_connection(
                    (self._where.host, self._where.port), self._where.timeout_s
                ) as plain,
                context.wrap_socket(plain, server_hostname=self._where.host) as connection,
            ):
                for row in rows:
                    connection.sendall(framed(syslog_message(row, self._source_id)))
                with suppress(ssl.SSLEOFError):  # who hangs up without a word has them all the same
                    connection.unwrap()
        except (OSError, UnicodeError) as error:
            raise UnreachableError(
                f"{self._where} takes no audit messages ({type(error).__name__})."
            ) from error


class FhirReceiver:
    """Puts AuditEvents into a FHIR server, each under an id of its own."""

    name = "fhir"

    def __init__(self, config: FhirAuditConfig, source_id: str) -> None:
        """Take the secrets from their variables. Raises SiteError."""
        self._client = HttpClient(config)
        self._source_id = source_id

    def send(self, rows: Sequence[AuditRow]) -> None:
        """Put rows, one after the other; see :class:`AuditReceiver`."""
        for row in rows:
            resource = fhir_audit_event(row, self._source_id)
            body = json.dumps(resource).encode()
            answer = self._client.put(f"/AuditEvent/{resource['id']}", body, FHIR_JSON, None)
            with answer.obeyed():
                raise_for_status(str(self._client.where), answer.status)


def syslog_message(row: AuditRow, source_id: str) -> bytes:
    """Return a row as a syslog message, RFC 5424 section 6; its text is UTF-8 with a BOM."""
    host = socket.gethostname()[:255] or "-"
    header = f"<{PRIORITY}>1 {row.at} {host} radiograde {os.getpid()} {MESSAGE_ID} - "
    return header.encode("ascii", "replace") + b"\xef\xbb\xbf" + dicom_message(row, source_id)


def framed(message: bytes) -> bytes:
    """Return a message with its length before it, RFC 5425 section 4.3."""
    return b"%d " % len(message) + message


def open_receivers(config: AuditConfig, source_id: str) -> list[AuditReceiver]:
    """Return the receivers of the site file; nothing is connected yet. Raises SiteError."""
    receivers: list[AuditReceiver] = []
    if config.syslog is not None:
        receivers.append(SyslogReceiver(config.syslog, source_id))
    if config.fhir is not None:
        receivers.append(FhirReceiver(config.fhir, source_id))
    return receivers
