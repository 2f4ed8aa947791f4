"""Who may come in, and for what: by AE title, and by certificate where TLS asks for one."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address

from radiograde.service.config.site import NodeConfig
from radiograde.service.errors import UnsafeHostError


@dataclass(frozen=True, slots=True)
class Access:
    """The titles of a node's site table. Without any title in either list all may do everything."""

    store_from: frozenset[str]
    commit_from: frozenset[str]

    @classmethod
    def of(cls, table: NodeConfig) -> Access:
        """Return the access that a table grants."""
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
    guarded = asks_for_certificates or not Access.of(table).is_open
    if not (_is_loopback(table.host) or guarded or allow_insecure):
        raise UnsafeHostError(
            f"On {table.host} anyone in the network could send films. In the site file, name the "
            "AE titles that may (node.store_from), or ask for certificates (node.tls.ca); or "
            "accept it with --allow-insecure (RADIOGRADE_ALLOW_INSECURE=true)."
        )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
