"""Who may connect, and for what: by AE title, and by certificate where TLS asks for one."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from ipaddress import ip_address

from radiograde.service.config.site import NodeConfig, ServerTls
from radiograde.service.errors import SiteError, UnsafeHostError


@dataclass(frozen=True, slots=True)
class AllowedTitles:
    """The titles of a node's site table. Without any title in either list all may do everything."""

    store_from: frozenset[str]
    commit_from: frozenset[str]

    @classmethod
    def of(cls, table: NodeConfig) -> AllowedTitles:
        """Return the titles that a table lists."""
        return cls(frozenset(table.store_from), frozenset(table.commit_from))

    @property
    def is_open(self) -> bool:
        """Whether no title is listed."""
        return not self.store_from and not self.commit_from

    @property
    def titles(self) -> frozenset[str]:
        """The calling AE titles that may have an association; empty: every title may."""
        return self.store_from | self.commit_from

    def may_store(self, title: str) -> bool:
        """Whether it may store."""
        return self.is_open or title in self.store_from

    def may_commit(self, title: str) -> bool:
        """Whether it may ask for storage commitment."""
        return self.is_open or title in self.commit_from


def check_exposure(table: NodeConfig, *, allow_insecure: bool) -> None:
    """Raise UnsafeHostError where anyone in the network could store."""
    asks_for_certificates = table.tls is not None and table.tls.ca is not None
    guarded = asks_for_certificates or not AllowedTitles.of(table).is_open
    if not (_is_loopback(table.host) or guarded or allow_insecure):
        raise UnsafeHostError(
            f"On {table.host} anyone in the network could send films. In the site file, name the "
            "AE titles that may (node.store_from), or ask for certificates (node.tls.ca); or "
            "accept it with --allow-insecure (RADIOGRADE_ALLOW_INSECURE=true)."
        )


def server_context(tls: ServerTls) -> ssl.SSLContext:
    """Return the server side of TLS (PS3.15 B.12): version 1.2 and newer.

    Raises:
        SiteError: a file is absent, is no PEM, or certificate and key do not belong together.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        # An empty password makes a locked key an error; without it OpenSSL asks the terminal.
        context.load_cert_chain(tls.certificate, tls.key, password="")
        if tls.ca is not None:
            context.load_verify_locations(tls.ca)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ValueError) as error:
        raise SiteError(
            f"The node's TLS cannot be set up ({_words(error)}). In the site file, node.tls needs "
            "`certificate` and `key` as PEM files that belong together, the key without a "
            "password, and as `ca` the PEM file of those who sign the callers' certificates."
        ) from error
    return context


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _words(error: OSError | ValueError) -> str:
    return getattr(error, "reason", None) or getattr(error, "strerror", None) or "not readable"
