"""Certificates for tests: an authority, a server called localhost and a client, by openssl."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True, slots=True)
class Certificates:
    """PEM files in one folder."""

    folder: Path

    @property
    def ca(self) -> Path:
        """The authority's own."""
        return self.folder / "ca.pem"

    def of(self, name: str) -> tuple[Path, Path]:
        """Return certificate and key of ``server`` or ``client``."""
        return self.folder / f"{name}.pem", self.folder / f"{name}.key"

    def server_context(self, *, ask_client: bool = False) -> ssl.SSLContext:
        """Return a server's side; with ``ask_client`` only clients of the authority are let in."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=self.ca)
        context.load_cert_chain(*self.of("server"))
        context.verify_mode = ssl.CERT_REQUIRED if ask_client else ssl.CERT_NONE
        return context


def make_certificates(folder: Path) -> Certificates:
    """Return new certificates; skip the test where there is no openssl."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not on this machine")
    made = Certificates(folder)
    _request(folder, "ca", "-x509", "-out", "ca.pem", "-addext", "keyUsage=keyCertSign")
    for name, alias in (("server", "DNS:localhost"), ("client", "DNS:radiograde")):
        extension = ("-addext", f"subjectAltName={alias}")
        signed = ("-x509", "-CA", "ca.pem", "-CAkey", "ca.key", "-out", f"{name}.pem")
        _request(folder, name, *signed, *extension)
    return made


def _request(folder: Path, name: str, *arguments: str) -> None:
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout")
    command = ["openssl", "req", *key, f"{name}.key", "-subj", f"/CN={name}", *arguments]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
