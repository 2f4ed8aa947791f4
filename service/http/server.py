"""Starting the service: what must hold before the first request, then uvicorn."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace

import structlog
import uvicorn
from fastapi import FastAPI

from radiograde.service.auth.access import open_access
from radiograde.service.config.settings import Settings
from radiograde.service.errors import AddressError, CertificateError, UnsafeHostError
from radiograde.service.grading.worker_process import worker_beside
from radiograde.service.http.app import create_app
from radiograde.service.http.connection_limits import ConnectionLimits, bounded_protocol
from radiograde.service.http.event_loop import allow_open_files, take_short_turns
from radiograde.service.http.loading import loading
from radiograde.service.logs import configure_logging
from radiograde.service.processes.process_pool import ProcessPool
from radiograde.service.signals import ended_by_signals
from radiograde.service.tls import RenewedContext, TlsFiles

log = structlog.get_logger("radiograde.access")

_BACKLOG = 128

_GRACE_S = 10
"""For answers under way at the end. A TLS caller that vanished would be waited for 30 seconds."""


def run_server(settings: Settings, announce: Callable[[str], None]) -> None:
    """Serve until interrupted; ``announce`` gets the base URL once requests are answered.

    Raises:
        UnsafeHostError: others could come in, or listen in, and that was not allowed.
        CertificateError: the certificate of the service, or its key, cannot be used.
        AddressError: the address is not this computer's, or the port is in use.
        RadiogradeError: as :func:`radiograde.service.http.app.create_app`.
    """
    configure_logging(settings.log_level)
    check_exposure(settings)
    take_short_turns()
    with listen(settings.host, settings.port) as listener:
        with loading():
            app = create_app(settings, runner=ProcessPool(settings.log_level))
        # uvicorn shuts down in order, and then raises the signal once more.
        with ended_by_signals(), worker_beside(settings):
            announce(base_url(listener, "http" if settings.tls_certificate is None else "https"))
            Server(app, settings).run(sockets=[listener])


class Server(uvicorn.Server):
    """A server that ends streams of events first, since it waits for every answer to end."""

    def __init__(
        self, app: FastAPI, settings: Settings, limits: ConnectionLimits | None = None
    ) -> None:
        limits = limits or connection_limits(settings)
        super().__init__(_configuration(app, settings, limits))
        self._app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End what is open, then stop answering."""
        self._app.state.page_queries.feed.end()
        await super().shutdown(sockets)


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that callers can already reach, and wait at; port 0 takes a free one.

    Raises:
        AddressError: the address is not this computer's, or the port is in use.
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


def base_url(listener: socket.socket, scheme: str = "http") -> str:
    """Return the URL of a bound socket."""
    host, port = listener.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def connection_limits(settings: Settings) -> ConnectionLimits:
    """Return the limits that the system allows; behind a proxy all come from its address."""
    limits = ConnectionLimits()
    total = min(limits.total, allow_open_files() // 2)
    an_address = total if settings.behind_proxy else min(limits.an_address, total)
    return replace(limits, total=total, an_address=an_address)


def _configuration(app: FastAPI, settings: Settings, limits: ConnectionLimits) -> uvicorn.Config:
    config = uvicorn.Config(
        app,
        http=bounded_protocol(limits),
        loop="radiograde.service.http.event_loop:EventLoop",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        # By itself uvicorn believes whoever calls from 127.0.0.1: ``request_origin`` decides that.
        proxy_headers=False,
        ssl_certfile=settings.tls_certificate,
        ssl_keyfile=settings.tls_key,
        timeout_graceful_shutdown=_GRACE_S,
    )
    config.load()
    if config.ssl is not None and settings.tls_certificate and settings.tls_key:
        RenewedContext(TlsFiles(settings.tls_certificate, settings.tls_key)).follow(config.ssl)
    return config


def check_exposure(settings: Settings) -> None:
    """Return where the service may start; beyond loopback it needs an administrator and TLS.

    With ``allow_insecure`` it may start without; then a warning is logged.

    Raises:
        UnsafeHostError: others could come in, or listen in; the message says what to set.
        CertificateError: the certificate of the service, or its key, cannot be used.
        StoreError: the database cannot be opened.
    """
    check_certificate(settings)
    if settings.is_loopback:
        return
    with open_access(settings, upgrade=True) as access:
        has_administrator = access.users.has_administrator()
    lacks = list(_lacks(settings, has_administrator=has_administrator))
    if lacks and not settings.allow_insecure:
        raise UnsafeHostError(
            f"On {settings.host} others in the network can reach the service. "
            f"{' '.join(lacks)} Or keep --host 127.0.0.1; or accept the risk with "
            "--allow-insecure (RADIOGRADE_ALLOW_INSECURE=true)."
        )
    if lacks:
        log.warning(
            "insecure",
            host=settings.host,
            administrator=has_administrator,
            encrypted=settings.is_encrypted,
        )


def check_certificate(settings: Settings) -> None:
    """Raise CertificateError where certificate and key of the service cannot be used."""
    certificate, key = settings.tls_certificate, settings.tls_key
    if certificate is None and key is None:
        return
    if certificate is None or key is None:
        raise CertificateError(
            "A certificate needs its key: set both RADIOGRADE_TLS_CERTIFICATE and "
            "RADIOGRADE_TLS_KEY, or neither."
        )
    try:
        TlsFiles(certificate, key).context()
    except CertificateError as error:
        raise CertificateError(
            "RADIOGRADE_TLS_CERTIFICATE and RADIOGRADE_TLS_KEY cannot be used: "
            f"{error.message}. They are PEM files that belong together, readable for the "
            "service, the key without a password."
        ) from error


def _lacks(settings: Settings, *, has_administrator: bool) -> list[str]:
    lacks = []
    if not has_administrator:
        lacks.append(
            "Add an administrator: `radiograde users add NAME --role administrator "
            f"--data-dir {settings.data_dir}`."
        )
    if not settings.is_encrypted:
        lacks.append(
            "Encrypt: set RADIOGRADE_TLS_CERTIFICATE and RADIOGRADE_TLS_KEY, or "
            "RADIOGRADE_BEHIND_PROXY=true where a proxy in front does."
        )
    return lacks
