"""Until when a certificate holds: read from its file, for neither ``ssl`` nor OpenSSL says it.

X.509 in DER (RFC 5280 4.1): SEQUENCE { tbsCertificate SEQUENCE { [0] version OPTIONAL, serial,
signature, issuer, validity SEQUENCE { notBefore, notAfter }, ... }, ... }.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from radiograde.service.errors import CertificateError

_PEM = re.compile("-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_VERSION, _UTC_TIME, _LONG_FORM = 0xA0, 0x17, 0x80


def expiry(certificate: Path) -> datetime:
    """Return when the first of the certificates in a PEM file ends to hold.

    Raises:
        CertificateError: it cannot be read, or holds no certificate.
    """
    try:
        found = _PEM.findall(certificate.read_text("ascii"))
        return min(_not_after(ssl.PEM_cert_to_DER_cert(text)) for text in found)
    except OSError as error:
        raise CertificateError(f"{certificate}: {error.strerror}") from error
    except (ValueError, IndexError) as error:
        raise CertificateError(f"{certificate} holds no certificate in PEM form") from error


def _not_after(der: bytes) -> datetime:
    """Return the end of a certificate's validity. Raises ValueError, IndexError: it is none."""
    ((_, certificate),) = _elements(der)
    (_, to_be_signed), *_ = _elements(certificate)
    fields = [content for tag, content in _elements(to_be_signed) if tag != _VERSION]
    _, _, _, validity = fields[:4]
    _, (tag, text) = _elements(validity)
    form = "%y%m%d%H%M%SZ" if tag == _UTC_TIME else "%Y%m%d%H%M%SZ"
    return datetime.strptime(text.decode("ascii"), form).replace(tzinfo=UTC)


def _elements(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the tag and content of each element in DER (X.690 8.1)."""
    at = 0
    while at < len(content):
        tag, length, at = content[at], content[at + 1], at + 2
        if length & _LONG_FORM:
            size = length & ~_LONG_FORM
            length, at = int.from_bytes(content[at : at + size]), at + size
        yield tag, content[at : at + length]
        at += length
