"""Users whom a proxy in front has signed in: their names are taken from named addresses alone."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address

import structlog
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from radiograde.service.config.settings import Settings
from radiograde.service.config.sign_in_elsewhere import ProxySignInConfig

log = structlog.get_logger("radiograde.access")

_KEY = "radiograde.proxy_user"


@dataclass(frozen=True, slots=True)
class ProxyUser:
    """Whom the proxy names, and of which groups."""

    name: str
    groups: frozenset[str]


def proxy_user_middleware(settings: Settings) -> list[Middleware]:
    """Return what reads the proxy's headers; it must see the caller's own address."""
    config = settings.proxy_sign_in
    return [] if config is None else [Middleware(ProxyUsers, config)]


def proxy_user_of(request: HTTPConnection) -> ProxyUser | None:
    """Return whom a trusted proxy names; None where it names nobody, or nothing is trusted."""
    found: ProxyUser | None = request.scope.get(_KEY)
    return found


class ProxyUsers:
    """Notes whom a trusted proxy names; headers of others count for nothing, and are logged once.

    Two headers of the name are none: a caller's own may have come through.
    """

    def __init__(self, app: ASGIApp, config: ProxySignInConfig) -> None:
        self._app = app
        self._config = config
        self._logged = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] == "http":
            names = Headers(scope=scope).getlist(self._config.header)
            if names and self._is_trusted(scope):
                scope[_KEY] = self._user(scope, names)
            elif names and not self._logged:
                self._logged = True
                log.warning("proxy_user_not_believed", setting="proxy_sign_in.allow_from")
        await self._app(scope, receive, send)

    def _user(self, scope: Scope, names: list[str]) -> ProxyUser | None:
        name = names[0].strip()
        if len(names) != 1 or not name:
            return None
        listed = Headers(scope=scope).getlist(self._config.groups_header)
        groups = {part.strip() for line in listed for part in line.split(",")}
        return ProxyUser(name, frozenset(groups - {""}))

    def _is_trusted(self, scope: Scope) -> bool:
        peer = scope.get("client")
        try:
            address = ip_address(peer[0]) if peer else None
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None) or address
        return mapped is not None and any(mapped in net for net in self._config.allow_from)
