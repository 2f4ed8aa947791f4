"""A receiver of syslog over TLS, and a FHIR server, that keep what they are sent."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any


@dataclass
class SyslogServer:
    """``messages``: without their frames, in the order of their arrival."""

    port: int = 0
    messages: list[bytes] = field(default_factory=list)
    came: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))


@contextmanager
def syslog_server(context: ssl.SSLContext) -> Iterator[SyslogServer]:
    """Run a receiver by RFC 5425 on a free port."""
    kept = SyslogServer()

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            with context.wrap_socket(self.request, server_side=True) as connection:
                reader = connection.makefile("rb")
                while (size := _size(reader)) is not None:
                    kept.messages.append(reader.read(size))
                    kept.came.release()

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.handle_error = lambda *_: None  # type: ignore[method-assign]  # who hangs up
        kept.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield kept
        server.shutdown()


def _size(reader: Any) -> int | None:
    digits = b""
    while (digit := reader.read(1)) not in (b" ", b""):
        digits += digit
    return int(digits) if digits else None


@dataclass
class FhirServer:
    """``resources``: by their path. ``status``: what every request is answered."""

    url: str = ""
    resources: dict[str, Any] = field(default_factory=dict)
    status: int = 201
    requests: int = 0


@contextmanager
def fhir_server() -> Iterator[FhirServer]:
    """Run a server that takes whatever is put."""
    kept = FhirServer()

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            kept.requests += 1
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if kept.status < 400:
                kept.resources[self.path] = json.loads(body)
            self.send_response(kept.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        kept.url = f"http://127.0.0.1:{server.server_port}/fhir"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield kept
        server.shutdown()
