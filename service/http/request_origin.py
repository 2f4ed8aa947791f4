"""Where a request comes from: through which proxy, by which name, from this computer or not."""

from __future__ import annotations

import structlog
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from radiograde.service.config.loopback import LOOPBACK_NAMES
from radiograde.service.config.settings import Settings

log = structlog.get_logger("radiograde.access")

THIS_COMPUTER = ("127.0.0.1", "::1", "::ffff:127.0.0.1")

_PROXY_HEADERS = ("forwarded", "via")
_PROXY_PREFIX = "x-forwarded-"


def proxy_middleware(settings: Settings) -> list[Middleware]:
    """Return what takes scheme and address of the caller from the proxies that are believed.

    Where the settings name no proxies, only those at this computer are.
    """
    if not settings.behind_proxy:
        return []
    named = settings.behind_proxy if isinstance(settings.behind_proxy, tuple) else THIS_COMPUTER
    return [Middleware(KnownProxies, [str(proxy) for proxy in named])]


class KnownProxies:
    """uvicorn's handling of X-Forwarded headers; a proxy that is not believed is logged once."""

    def __init__(self, app: ASGIApp, trusted: list[str]) -> None:
        self._believing = ProxyHeadersMiddleware(app, trusted)  # type: ignore[arg-type]  # two names of one protocol
        self._logged = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on as the proxy received it."""
        peer = scope.get("client")
        if peer and not self._logged and peer[0] not in self._believing.trusted_hosts:
            self._logged = "x-forwarded-for" in Headers(scope=scope)
            if self._logged:
                log.warning("proxy_not_believed", address=peer[0], setting="behind_proxy")
        await self._believing(scope, receive, send)  # type: ignore[arg-type]  # two names of one protocol


def is_foreign(headers: Headers) -> bool:
    """Return whether a page of another origin made a browser send it.

    A browser says so by Sec-Fetch-Site (W3C Fetch Metadata); where it does not, as without TLS,
    by Origin (RFC 6454 section 7). Programs send neither.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        return site not in ("same-origin", "none")
    if origin is None:
        return False
    page = origin.partition("://")[2]
    return not page or _authority(page) != _authority(headers.get("host", ""))


def _authority(text: str) -> str:
    """Return host and port in small letters, without the port that a scheme has by itself.

    A proxy may end TLS: which scheme the browser sees is not known for sure.
    """
    return text.lower().removesuffix(":80").removesuffix(":443")


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
