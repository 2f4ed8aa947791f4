"""What surrounds every request: its id and log line, who may call, how much, safe headers."""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import Mapping

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from ulid import ULID

from radiograde.model.errors import RadiogradeError, TooLargeError
from radiograde.service.errors import ForeignPageError, UnknownHostError, UploadTimeoutError
from radiograde.service.http.problems import error_problem, unexpected_problem
from radiograde.service.http.request_origin import host_name, is_foreign
from radiograde.service.measures import MEASURES

log = structlog.get_logger("radiograde.http")

SAFE_HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
        "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'; require-trusted-types-for 'script'"
    ),
}
"""Sent with every answer; a route may set its own value for one."""

_HSTS = "max-age=31536000"
"""RFC 6797: from now on by TLS alone, for a year."""

SMALL_BODY_BYTES = 64 * 1024
SMALL_BODY_S = 10.0
FILM_PATHS = ("/v1/score", "/dicom-web/")
"""They read their bodies themselves, in pieces, with limits of their own."""

_FOLDERS = ("/assets/", "/swagger/")
"""Of files: a path in them is one, or is not."""

_QUIET_ROUTES = frozenset({"/healthz", "/readyz"})
_CLIENT_GONE = 499
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})


class SafeHeaders:
    """Adds ``SAFE_HEADERS`` to every answer, and by TLS Strict-Transport-Security."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with the headers added on the way back."""

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SAFE_HEADERS.items():
                    headers.setdefault(name, value)
                if scope["scheme"] == "https":
                    headers["Strict-Transport-Security"] = _HSTS
            await send(message)

        await self._app(scope, receive, send_safely)


class KnownCallers:
    """Turns away what a hostile web page makes a browser send here.

    By DNS rebinding such a page may point its own name here: the Host header must be one of
    ``names``, where None lets every name in. Only HTTP/1.0 does without one (RFC 9112 section
    3.2), which no browser speaks. Or the page asks for a change across origins.
    """

    def __init__(self, app: ASGIApp, names: frozenset[str] | None) -> None:
        self._app = app
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 400 or 403."""
        fault = self._fault(scope) if scope["type"] == "http" else None
        if fault is None:
            await self._app(scope, receive, send)
        else:
            await error_problem(fault)(scope, receive, send)

    def _fault(self, scope: Scope) -> RadiogradeError | None:
        headers = Headers(scope=scope)
        nameless = "host" not in headers and scope["http_version"] == "1.0"
        if self._names is not None and not nameless and host_name(headers) not in self._names:
            return UnknownHostError(
                "Call the service by its own address, or add the name to RADIOGRADE_ALLOWED_HOSTS."
            )
        if scope["method"] not in ("GET", "HEAD") and is_foreign(headers):
            return ForeignPageError("Only the service's own page may change anything here.")
        return None


class PlainPaths:
    """Takes a path with a slash at its end for the one without; a redirect could lose a body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        path = scope.get("path", "")
        if path.endswith("/") and path != "/" and not path.startswith(_FOLDERS):
            scope["path"] = path[:-1]
        await self._app(scope, receive, send)


class RequestLog:
    """Gives each request an id, one log line, and a plain answer when something breaks.

    The line holds the route's template, never the path or query that was sent, and of an
    unexpected error its type and place, never its message: both may hold patient data.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and log how it went."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = str(ULID())
        status: int | None = None

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        began = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, send_with_id)
            except ClientDisconnect:
                status = _CLIENT_GONE
            except Exception as error:  # noqa: BLE001  nothing else stands between it and the caller
                log.error("unexpected_error", type=type(error).__name__, at=_places(error))
                if status is None:
                    await unexpected_problem()(scope, receive, send_with_id)
            _log_request(scope, status, 1000 * (time.perf_counter() - began))


def _log_request(scope: Scope, status: int | None, ms: float) -> None:
    route = getattr(scope.get("route"), "path", "unmatched")
    method = scope["method"] if scope["method"] in _METHODS else "OTHER"
    MEASURES.count("requests", route, method, str(status or 0))
    MEASURES.time("request_seconds", ms / 1000, route)
    write = log.debug if route in _QUIET_ROUTES else log.info
    write("request", method=scope["method"], route=route, status=status, ms=round(ms, 1))


def _places(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-8:]]


class SmallBodies:
    """Reads a small body before the request is passed on; a larger one is 413, a slow one 408.

    FastAPI reads bodies that are no films before it asks who sends them.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 413 or 408."""
        if not _has_small_body(scope):
            await self._app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(SMALL_BODY_S):
                messages = await _small_body(receive)
        except TimeoutError:
            late = UploadTimeoutError(f"The body was not complete after {SMALL_BODY_S:g} seconds.")
            await error_problem(late)(scope, receive, send)
            return
        if messages is None:
            too_large = TooLargeError(f"The request is larger than {SMALL_BODY_BYTES // 1024} KiB.")
            await error_problem(too_large)(scope, receive, send)
            return
        replay = iter(messages)

        async def receive_again() -> Message:
            return next(replay, None) or await receive()

        await self._app(scope, receive_again, send)


def _has_small_body(scope: Scope) -> bool:
    changes = scope["type"] == "http" and scope["method"] not in ("GET", "HEAD", "OPTIONS")
    return changes and not scope["path"].startswith(FILM_PATHS)


async def _small_body(receive: Receive) -> list[Message] | None:
    """Return the messages of a body, None once there are too many bytes in them."""
    messages: list[Message] = []
    size = 0
    while not messages or messages[-1].get("more_body", False):
        messages.append(await receive())
        size += len(messages[-1].get("body", b""))
        if size > SMALL_BODY_BYTES:
            return None
    return messages
