"""What the system gives the server: an event loop, and files that may be open at once."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from typing import Any

if sys.platform == "win32":
    from asyncio import ProactorEventLoop as SystemEventLoop
else:
    from asyncio import SelectorEventLoop as SystemEventLoop

HANDSHAKE_S = 10.0
"""For the handshake of TLS, before which a connection is not counted."""

OPEN_FILES = 8192

_TURN_S = 0.0005
"""How long a thread keeps the interpreter while others want it. An answer takes it a dozen times;
with the usual 5 ms it would wait for a tenth of a second beside threads that make documents."""


class EventLoop(SystemEventLoop):
    """The system's own loop, whose servers do not wait a minute for a handshake of TLS."""

    async def create_server(self, *args: Any, **options: Any) -> asyncio.Server:
        """Return a server that listens, as asyncio does."""
        if options.get("ssl") is not None:
            options.setdefault("ssl_handshake_timeout", HANDSHAKE_S)
        server: asyncio.Server = await super().create_server(*args, **options)
        return server


def take_short_turns() -> None:
    """Let the event loop have the interpreter soon, though threads compute."""
    sys.setswitchinterval(_TURN_S)


def allow_open_files() -> int:
    """Return how many files may be open, up to ``OPEN_FILES``, for which the system is asked."""
    if sys.platform == "win32":
        return OPEN_FILES
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft in range(OPEN_FILES):
        wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
    return soft if soft in range(OPEN_FILES) else OPEN_FILES
