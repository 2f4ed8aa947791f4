"""Where ``listen`` and ``work`` say how they are: ``/healthz``, ``/readyz`` and ``/metrics``."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import structlog

from radiograde.model.errors import RadiogradeError
from radiograde.service.config.loopback import is_loopback
from radiograde.service.config.settings import Settings
from radiograde.service.grading.faults import standing_faults
from radiograde.service.grading.records import Records, open_records

log = structlog.get_logger("radiograde.health")

_JSON = "application/json"
_NOTHING = 404, _JSON, b'{"status": "not found"}'
_AWAY = 503, _JSON, b'{"status": "away"}'

Answer = tuple[int, str, bytes]


class Health:
    """Answers by path; safe to share among threads."""

    def __init__(self, settings: Settings, *, is_local: bool) -> None:
        """Take the secret from its variable. Raises SiteError."""
        self._settings = settings
        self._token = settings.observe.token
        self._gives_metrics = settings.observe.metrics and (is_local or self._token is not None)
        self._records: Records | None = None
        self._lock = threading.Lock()

    def close(self) -> None:
        """Give the records back."""
        with self._lock:
            if self._records is not None:
                self._records.close()

    def answer(self, path: str, authorization: str) -> Answer:
        """Return status, type and body."""
        if path == "/healthz":
            return 200, _JSON, b'{"status": "ok"}'
        try:
            if path == "/readyz":
                return self._ready()
            if path == "/metrics" and self._gives_metrics:
                return self._metrics(authorization)
        except RadiogradeError as error:
            log.warning("health_unknown", type=type(error).__name__)
            return _AWAY
        return _NOTHING

    def _ready(self) -> Answer:
        faults = [one.code for one in standing_faults(self._opened(), self._settings)]
        document = {"status": "ready"} | ({"faults": faults} if faults else {})
        return 200, _JSON, json.dumps(document).encode()

    def _metrics(self, authorization: str) -> Answer:
        from radiograde.service.metrics.collector import CONTENT_TYPE, exposition

        if self._token is not None:
            wanted = f"Bearer {self._token.get_secret_value()}"
            if not secrets.compare_digest(wanted.encode(), authorization.encode()):
                return 401, _JSON, b'{"status": "sign in"}'
        return 200, CONTENT_TYPE, exposition(self._opened(), self._settings)

    def _opened(self) -> Records:
        with self._lock:
            if self._records is None:
                self._records = open_records(self._settings, create=False)
            return self._records


@contextmanager
def health_server(settings: Settings, address: str | None) -> Iterator[int | None]:
    """Answer at an address within the ``with`` block, and give its port; None: at none.

    An address that cannot be had is logged: the service itself goes on.

    Raises:
        SiteError: the variable of the token is not there.
    """
    if address is None:
        yield None
        return
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    with closing(Health(settings, is_local=is_loopback(host))) as health:
        try:
            server = ThreadingHTTPServer((host, int(port)), _handler(health))
        except (OSError, OverflowError) as error:
            log.error("health_address", address=address, type=type(error).__name__)
            yield None
            return
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()
            server.server_close()


def _handler(health: Health) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10.0
        server_version = "radiograde"
        sys_version = ""

        def do_GET(self) -> None:
            asked = self.headers.get("Authorization", "")
            status, kind, body = health.answer(self.path.partition("?")[0], asked)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing: a path may be anything."""

    return Handler
