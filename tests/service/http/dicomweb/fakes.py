"""An intake in memory, an app with the store route alone, and bodies to send to it."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence

from fastapi import FastAPI
from fastapi.middleware import Middleware

from radiograde.model.limits import Limits
from radiograde.model.reading.film_file import FilmFile
from radiograde.service.atomic_write import Content
from radiograde.service.config.site import FilmSource
from radiograde.service.films.intake import Receipt
from radiograde.service.http.caller import holder_of
from radiograde.service.http.dicomweb.stow_endpoint import StowEndpoint
from radiograde.service.http.middleware import RequestLog
from radiograde.service.http.places import Holder
from radiograde.service.http.problems import DocumentedApi, add_problem_handlers
from radiograde.service.http.routes import stow_routes

BOUNDARY = "bOuNdArY"
RELATED = f'multipart/related; type="application/dicom"; boundary="{BOUNDARY}"'


class FakeIntake:
    """Takes everything; ``fault`` sees each call first, and may return the error it shall meet."""

    def __init__(self, fault: Callable[[int], Exception | None] = lambda _: None) -> None:
        self.taken: list[bytes] = []
        self.sources: list[FilmSource] = []
        self.threads: set[int] = set()
        self.calls = 0
        self.shared_uids: set[bytes] = set()
        self._fault = fault
        self._lock = threading.Lock()

    def accept(
        self, content: Content | FilmFile, source: FilmSource, sender: str | None = None
    ) -> Receipt:
        sent = content.content if isinstance(content, FilmFile) else bytes(content)
        with self._lock:
            self.calls += 1
            call = self.calls
        error = self._fault(call)
        if error is not None:
            raise error
        with self._lock:
            self.threads.add(threading.get_ident())
            known = sent in self.taken
            if not known:
                self.taken.append(sent)
                self.sources.append(source)
            film_id = hashlib.sha256(sent).hexdigest()[:26]
            return Receipt(film_id, known, shares_uid=sent in self.shared_uids)


def stow_app(
    intake: FakeIntake, *, max_part_bytes: int = 2**26, idle_s: float = 30, max_parts: int = 50
) -> FastAPI:
    """Return an app that has the store route and nothing else."""
    app = DocumentedApi(middleware=[Middleware(RequestLog)])
    app.state.stow = StowEndpoint(intake, Limits(max_part_bytes), idle_s, max_parts)
    app.dependency_overrides[holder_of] = lambda: Holder("a sender", "10.0.0.1")
    add_problem_handlers(app)
    app.include_router(stow_routes.router)
    return app


def related(
    parts: Sequence[bytes],
    part_header: str = "Content-Type: application/dicom\r\n",
    boundary: str = BOUNDARY,
) -> bytes:
    """Return a multipart body of these contents."""
    head = f"\r\n--{boundary}\r\n{part_header}\r\n".encode()
    return b"".join(head + part for part in parts) + f"\r\n--{boundary}--\r\n".encode()
