"""TLS of this computer's own services: their files, renewed while they run, and causes in words."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import structlog

from radiograde.service.errors import CertificateError
from radiograde.service.file_state import state_of

log = structlog.get_logger("radiograde.tls")

_CAUSES = {
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": "the caller shows no certificate",
    "TLSV1_ALERT_UNKNOWN_CA": "the other end does not trust this certificate",
    "SSLV3_ALERT_BAD_CERTIFICATE": "the other end does not trust this certificate",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "the other end does not trust this certificate",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "this certificate has expired",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "the other end asks for a certificate",
    "SSLV3_ALERT_HANDSHAKE_FAILURE": "the other end refuses: a certificate or cipher is missing",
    "UNSUPPORTED_PROTOCOL": "the other end speaks TLS older than 1.2",
    "TLSV1_ALERT_PROTOCOL_VERSION": "the two ends have no version of TLS in common",
    "NO_SHARED_CIPHER": "the two ends have no cipher in common",
    "WRONG_VERSION_NUMBER": "the other end speaks no TLS",
    "HTTP_REQUEST": "the other end speaks no TLS",
    "KEY_VALUES_MISMATCH": "certificate and key do not belong together",
}


def cause_of(error: OSError) -> str:
    """Return why TLS could not be agreed on, or its files not be read, in a few words."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message.rstrip('.')}"
    if isinstance(error, ssl.SSLEOFError):
        return "the other end hung up"
    reason = str(getattr(error, "reason", None) or error.strerror or "not readable")
    return _CAUSES.get(reason, reason.lower().replace("_", " "))


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files: ``certificate`` and its ``key``; ``ca``: whose callers alone are let in."""

    certificate: Path
    key: Path
    ca: Path | None = None

    def context(self) -> ssl.SSLContext:
        """Return the server side of TLS (PS3.15 B.12): version 1.2 and newer.

        Raises:
            CertificateError: a file is absent or no PEM, the key has a password, or certificate and
                key do not belong together.
        """
        for problem in self._problems():
            raise CertificateError(problem)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            # An empty password makes a locked key an error; without it OpenSSL asks the terminal.
            context.load_cert_chain(self.certificate, self.key, password="")
            if self.ca is not None:
                context.load_verify_locations(self.ca)
                context.verify_mode = ssl.CERT_REQUIRED
        except (OSError, ValueError) as error:
            cause = cause_of(error) if isinstance(error, OSError) else "not readable"
            raise CertificateError(f"{self.certificate} with {self.key}: {cause}") from error
        return context

    def state(self) -> tuple[object, ...]:
        """Return what changes when a file does."""
        return tuple(state_of(path) for path in self._paths())

    def _paths(self) -> Iterator[Path]:
        yield from (self.certificate, self.key)
        if self.ca is not None:
            yield self.ca

    def _problems(self) -> Iterator[str]:
        for path in self._paths():
            mark = b"PRIVATE KEY-----" if path == self.key else b"-----BEGIN CERTIFICATE-----"
            try:
                content = path.read_bytes()
            except OSError as error:
                yield f"{path}: {error.strerror}"
                continue
            if mark not in content:
                what = "key" if path == self.key else "certificate"
                yield f"{path} holds no {what} in PEM form"
            elif path == self.key and b"ENCRYPTED" in content:
                yield f"{path} has a password"


class RenewedContext:
    """The context of a server's TLS, made anew once a file has changed; safe among threads.

    While files do not fit, as in the middle of a renewal, the last that did are used.
    """

    def __init__(self, files: TlsFiles) -> None:
        """Read the files. Raises CertificateError."""
        self._files = files
        self._lock = threading.Lock()
        self._state = files.state()
        self._context = files.context()

    def current(self) -> ssl.SSLContext:
        """Return the context of the files as they are now."""
        with self._lock:
            state = self._files.state()
            if state != self._state:
                self._state = state
                self._renew()
            return self._context

    def follow(self, context: ssl.SSLContext) -> None:
        """Have another server's context answer with the certificate as it is now."""

        def choose(connection: ssl.SSLObject | ssl.SSLSocket, *_: object) -> None:
            connection.context = self.current()

        # OpenSSL asks at every handshake, also where the caller gives no name.
        context.sni_callback = choose

    def _renew(self) -> None:
        try:
            self._context = self._files.context()
        except CertificateError as error:
            log.warning("certificate_not_renewed", reason=error.message)
        else:
            log.info("certificate_renewed", file=str(self._files.certificate))
