"""Until when a certificate holds, against what ``cryptography`` reads in the same file."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.x509 import load_pem_x509_certificate

from radiograde.service.certificate_expiry import expiry
from radiograde.service.errors import CertificateError
from tests.service.certificates import Certificates


@pytest.mark.parametrize("year", [2027, 2049, 2050, 2080])
def test_the_end_is_read_in_both_forms_of_time(tmp_path: Path, year: int) -> None:
    end = datetime(year, 3, 4, 5, 6, 7, tzinfo=UTC)
    certificate, _ = Certificates(tmp_path).of("server", end)
    assert expiry(certificate) == end
    read = load_pem_x509_certificate(certificate.read_bytes())
    assert read.not_valid_after_utc == end


def test_of_a_chain_the_first_end_counts(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path)
    end = datetime(2027, 1, 1, tzinfo=UTC)
    soon, _ = certificates.of("server", end)
    later, _ = certificates.of("client", datetime(2028, 1, 1, tzinfo=UTC))
    chain = tmp_path / "chain.pem"
    chain.write_text(f"A line before.\n{later.read_text()}{soon.read_text()}")
    assert expiry(chain) == end


@pytest.mark.parametrize(
    "content",
    [
        "",
        "no certificate",
        "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nMIL/\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\n%%%%\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nÄÖÜ\n-----END CERTIFICATE-----\n",
    ],
)
def test_what_is_no_certificate_says_so(tmp_path: Path, content: str) -> None:
    path = tmp_path / "server.pem"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(CertificateError, match="holds no certificate"):
        expiry(path)


def test_a_certificate_that_is_cut_says_so(tmp_path: Path) -> None:
    certificate, _ = Certificates(tmp_path).of("server")
    whole = ssl.PEM_cert_to_DER_cert(certificate.read_text())
    cut = tmp_path / "cut.pem"
    for length in range(0, 120, 7):
        cut.write_text(ssl.DER_cert_to_PEM_cert(whole[:length]))
        with pytest.raises(CertificateError, match="holds no certificate"):
            expiry(cut)


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(CertificateError, match="No such file"):
        expiry(tmp_path / "gone.pem")
