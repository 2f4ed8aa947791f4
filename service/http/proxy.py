"""What a proxy in front says about the caller, believed only where the settings name one."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send


class BehindProxy:
    """Takes scheme and address of the caller from X-Forwarded-Proto and X-Forwarded-For.

    Of each the last value counts: the proxy in front wrote it, those before may be the caller's.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on as the proxy received it."""
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            scheme = _last(headers, "x-forwarded-proto").lower()
            address = _last(headers, "x-forwarded-for")
            scope["scheme"] = scheme if scheme in ("http", "https") else scope["scheme"]
            scope["client"] = (address, 0) if address else scope.get("client")
        await self._app(scope, receive, send)


def _last(headers: Headers, name: str) -> str:
    return ",".join(headers.getlist(name)).rpartition(",")[2].strip()
