"""What must hold before the service may be reached from other computers."""

from __future__ import annotations

import ssl

import structlog

from radiograde.service.auth.access import open_access
from radiograde.service.config.settings import Settings
from radiograde.service.errors import CertificateError, UnsafeHostError

log = structlog.get_logger("radiograde.access")


def check_exposure(settings: Settings) -> None:
    """Return where the service may start; beyond loopback it needs an administrator and TLS.

    With ``allow_insecure`` it may start without; then a warning is logged.

    Raises:
        UnsafeHostError: others could come in, or listen in; the message says what to set.
        CertificateError: the certificate of the service, or its key, cannot be used.
        StoreError: the database cannot be opened.
    """
    check_certificate(settings)
    if settings.is_loopback:
        return
    with open_access(settings) as access:
        has_administrator = access.users.has_administrator()
    lacks = list(_lacks(settings, has_administrator=has_administrator))
    if lacks and not settings.allow_insecure:
        raise UnsafeHostError(
            f"On {settings.host} others in the network can reach the service. "
            f"{' '.join(lacks)} Or keep --host 127.0.0.1; or accept the risk with "
            "--allow-insecure (RADIOGRADE_ALLOW_INSECURE=true)."
        )
    if lacks:
        log.warning(
            "insecure",
            host=settings.host,
            administrator=has_administrator,
            encrypted=settings.is_encrypted,
        )


def check_certificate(settings: Settings) -> None:
    """Raise CertificateError where certificate and key of the service cannot be used."""
    certificate, key = settings.tls_certificate, settings.tls_key
    if certificate is None and key is None:
        return
    if certificate is None or key is None:
        raise CertificateError(
            "A certificate needs its key: set both RADIOGRADE_TLS_CERTIFICATE and "
            "RADIOGRADE_TLS_KEY, or neither."
        )
    try:
        # An empty password makes a locked key an error; without it OpenSSL asks the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
    except (OSError, ValueError) as error:
        raise CertificateError(
            "RADIOGRADE_TLS_CERTIFICATE and RADIOGRADE_TLS_KEY cannot be used "
            f"({getattr(error, 'reason', None) or getattr(error, 'strerror', None)}). They are PEM "
            "files that belong together, readable for the service, the key without a password."
        ) from error


def _lacks(settings: Settings, *, has_administrator: bool) -> list[str]:
    lacks = []
    if not has_administrator:
        lacks.append(
            "Add an administrator: `radiograde users add NAME --role administrator "
            f"--data-dir {settings.data_dir}`."
        )
    if not settings.is_encrypted:
        lacks.append(
            "Encrypt: set RADIOGRADE_TLS_CERTIFICATE and RADIOGRADE_TLS_KEY, or "
            "RADIOGRADE_BEHIND_PROXY=true where a proxy in front does."
        )
    return lacks
