"""Names and addresses by which only this computer is reached."""

from __future__ import annotations

from ipaddress import ip_address

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
"""Always answered: a health check on the machine itself uses them."""


def is_loopback(host: str) -> bool:
    """Return whether who listens on a host is reached by this computer alone."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
