"""Starting the service: what must hold before the first request, then uvicorn."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import ExitStack, suppress

import uvicorn

from service.app import create_app
from service.errors import AddressError, UnsafeHostError
from service.logs import configure_logging
from service.settings import Settings
from service.work.child import worker_beside

_BACKLOG = 128


def run_server(settings: Settings, announce: Callable[[str], None]) -> None:
    """Serve until interrupted; ``announce`` gets the base URL once requests are taken.

    Raises:
        UnsafeHostError: the address reaches beyond this computer and that was not allowed.
        AddressError: the address is not this computer's, or the port is taken.
        RadiogradeError: as :func:`service.app.create_app`.
    """
    check_exposure(settings)
    with listen(settings.host, settings.port) as listener:
        configure_logging(settings.log_level)
        app = create_app(settings)
        config = uvicorn.Config(
            app, log_config=None, access_log=False, server_header=False, date_header=False
        )
        with worker_beside(settings):
            announce(base_url(listener))
            # By then uvicorn has shut down in order, and raises Ctrl-C once more.
            with suppress(KeyboardInterrupt):
                uvicorn.Server(config).run(sockets=[listener])


def check_exposure(settings: Settings) -> None:
    """Raise UnsafeHostError where the network could reach a service without a sign-in."""
    if not settings.is_loopback and not settings.allow_insecure:
        raise UnsafeHostError(
            f"There is no sign-in yet: on {settings.host} anyone in the network could read every "
            "result. Keep --host 127.0.0.1 behind a proxy that signs people in, or accept it "
            "with --allow-insecure (RADIOGRADE_ALLOW_INSECURE=true)."
        )


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that callers can already reach, and wait at; port 0 takes a free one.

    Raises:
        AddressError: the address is not this computer's, or the port is taken.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with ExitStack() as unless_bound:
            listener = unless_bound.enter_context(socket.socket(family, kind, protocol))
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(_BACKLOG)
            unless_bound.pop_all()
    except OSError as error:
        raise AddressError(
            f"Cannot listen on {host} port {port}: {error.strerror}. "
            "Choose another with --port or --host."
        ) from error
    return listener


def base_url(listener: socket.socket) -> str:
    """Return the http URL of a bound socket."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
