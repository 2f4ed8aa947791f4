"""A limit for bodies that are no films: FastAPI reads them before it asks who sends them."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from radiograde.model.errors import TooLargeError
from radiograde.service.http.problems import error_problem

MOST_BYTES = 64 * 1024
FILM_PATHS = ("/v1/score", "/dicom-web/")
"""They read their bodies themselves, in pieces, with limits of their own."""


class SmallBodies:
    """Reads a small body before the request is passed on, and answers a larger one 413."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 413."""
        if not _has_small_body(scope):
            await self._app(scope, receive, send)
            return
        messages = await _read(receive)
        if messages is None:
            too_large = TooLargeError(f"The request is larger than {MOST_BYTES // 1024} KiB.")
            await error_problem(too_large)(scope, receive, send)
            return
        replay = iter(messages)

        async def receive_again() -> Message:
            return next(replay, None) or await receive()

        await self._app(scope, receive_again, send)


def _has_small_body(scope: Scope) -> bool:
    changes = scope["type"] == "http" and scope["method"] not in ("GET", "HEAD", "OPTIONS")
    return changes and not scope["path"].startswith(FILM_PATHS)


async def _read(receive: Receive) -> list[Message] | None:
    """Return the messages of a body, None once there are too many bytes in them."""
    messages: list[Message] = []
    size = 0
    while not messages or messages[-1].get("more_body", False):
        messages.append(await receive())
        size += len(messages[-1].get("body", b""))
        if size > MOST_BYTES:
            return None
    return messages
