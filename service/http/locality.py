"""Whether a request plainly comes from this computer."""

from __future__ import annotations

from starlette.datastructures import Headers

from radiograde.service.config.settings import LOOPBACK_NAMES, Settings

_PROXY_HEADERS = ("forwarded", "via")
_PROXY_PREFIX = "x-forwarded-"


def is_local(headers: Headers, settings: Settings) -> bool:
    """Return whether it came to a loopback address, by a name of it, and through no proxy."""
    if not settings.is_loopback or settings.behind_proxy:
        return False
    if any(name in _PROXY_HEADERS or name.startswith(_PROXY_PREFIX) for name in headers):
        return False
    return host_name(headers) in (*LOOPBACK_NAMES, settings.host)


def host_name(headers: Headers) -> str:
    """Return the name under which the service is called, in small letters, without the port."""
    host = headers.get("host", "")
    return (host if host.endswith("]") else host.rpartition(":")[0] or host).lower()
