"""The page's files on a port of this computer, with the service's own headers."""

from __future__ import annotations

import json
import mimetypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radiograde.service.http.middleware import SAFE_HEADERS
from radiograde.service.http.routes.page_routes import WEB

HARNESS = Path(__file__).with_name("harness")


@dataclass
class StaticSite:
    """Where the files are served, and what is served beside them, by path."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)

    def hold(
        self,
        name: str,
        view: dict[str, Any],
        pixels: NDArray[np.uint16],
        maps: NDArray[np.uint8] | None = None,
    ) -> None:
        """Serve a film at ``/films/NAME/view``, ``pixels`` and ``maps``."""
        self.files[f"/films/{name}/view"] = json.dumps(view).encode()
        self.files[f"/films/{name}/pixels"] = pixels.astype("<u2").tobytes()
        if maps is not None:
            self.files[f"/films/{name}/maps"] = maps.tobytes()

    def content(self, path: str) -> bytes | None:
        """Return what lies at a path: a held file, one of the page's, one of the harness's."""
        if path in self.files:
            return self.files[path]
        for folder in (WEB, HARNESS):
            file = (folder / path.lstrip("/")).resolve()
            if file.is_file() and folder.resolve() in file.parents:
                return file.read_bytes()
        return None


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, *args: Any, site: StaticSite) -> None:
        self._site = site
        super().__init__(*args)

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        body = self._site.content(path)
        self.send_response(404 if body is None else 200)
        kind, _ = mimetypes.guess_type(path)
        for name, value in {**SAFE_HEADERS, "Content-Type": kind or "application/json"}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *args: Any) -> None:
        pass


@contextmanager
def serving() -> Iterator[StaticSite]:
    """Serve the page's files and the harness's until the end."""
    site = StaticSite()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, site=site))
    site.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
