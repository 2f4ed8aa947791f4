"""Certificates for tests: an authority, and what it signs."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import trustme


@dataclass(frozen=True, slots=True)
class Certificates:
    """PEM files in one folder, signed by an authority of its own."""

    folder: Path
    authority: trustme.CA = field(default_factory=trustme.CA)

    @property
    def ca(self) -> Path:
        """The authority's own."""
        path = self.folder / "ca.pem"
        self.authority.cert_pem.write_to_path(path)
        return path

    def of(self, name: str, not_after: datetime | None = None) -> tuple[Path, Path]:
        """Return certificate and key of ``client``, or of a server called localhost."""
        certificate, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        if not key.exists():
            host = "radiograde" if name == "client" else "localhost"
            signed = self.authority.issue_cert(host, common_name=name, not_after=not_after)
            signed.cert_chain_pems[0].write_to_path(certificate)
            signed.private_key_pem.write_to_path(key)
        return certificate, key

    def server_context(self, *, ask_client: bool = False) -> ssl.SSLContext:
        """Return a server's side; with ``ask_client`` only clients of the authority are let in."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=self.ca)
        context.load_cert_chain(*self.of("server"))
        context.verify_mode = ssl.CERT_REQUIRED if ask_client else ssl.CERT_NONE
        return context
