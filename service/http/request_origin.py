"""Where a request comes from: through which proxy, by which name, from this computer or not."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from radiograde.service.config.settings import LOOPBACK_NAMES, Settings

_PROXY_HEADERS = ("forwarded", "via")
_PROXY_PREFIX = "x-forwarded-"


def proxy_middleware(settings: Settings) -> list[Middleware]:
    """Return what takes scheme and address of the caller from the proxies that are believed."""
    if isinstance(settings.behind_proxy, tuple):
        trusted = [str(network) for network in settings.behind_proxy]
        return [Middleware(ProxyHeadersMiddleware, trusted_hosts=trusted)]
    return [Middleware(AnyProxy)] if settings.behind_proxy else []


class AnyProxy:
    """uvicorn's handling of X-Forwarded headers, where the proxy's address is not known.

    Whoever connects is believed, and nobody before: of X-Forwarded-For the last address counts.
    uvicorn's own way to believe every proxy, ``*``, takes the first, which is the caller's word.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on as the proxy received it."""
        peer = scope.get("client")
        trusting = ProxyHeadersMiddleware(self._app, [peer[0]] if peer else [])  # type: ignore[arg-type]  # two names of one protocol
        await trusting(scope, receive, send)  # type: ignore[arg-type]


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
