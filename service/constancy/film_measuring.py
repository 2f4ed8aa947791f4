"""Waiting for what drawn films come to, and reading it from the records and the test's folder."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ulid import ULID

from radiograde.service.config.constancy_config import CONSTANCY
from radiograde.service.config.site import DestinationConfig
from radiograde.service.constancy.measured_film import ArrivedDocument, MeasuredFilm
from radiograde.service.delivery.delivery_repository import DeliveryRepository
from radiograde.service.films.film_repository import Film, FilmRepository
from radiograde.service.films.result_repository import ResultRepository
from radiograde.service.films.trace_repository import TraceRepository

POLL_S = 0.5


@dataclass(frozen=True, slots=True)
class SentFilm:
    """A drawn film on its way: ``before``, ``after``: between which times it was sent."""

    source: str
    picture: str
    uid: str
    before: datetime
    after: datetime
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class FilmMeasuring:
    """Reads what became of drawn films; ``destinations``: all of the site file."""

    films: FilmRepository
    results: ResultRepository
    traces: TraceRepository
    deliveries: DeliveryRepository
    destinations: Sequence[DestinationConfig]

    def wait(self, sent: Sequence[SentFilm], wait_s: float, stop: threading.Event) -> None:
        """Return once all are graded and delivered, after ``wait_s`` at the latest."""
        end = time.monotonic() + wait_s
        while not all(map(self._is_done, sent)) and time.monotonic() < end:
            if stop.wait(POLL_S):
                return

    def measure(self, sent: SentFilm) -> MeasuredFilm:
        """Return what a film came to. Raises StoreError."""
        film = self.film(sent)
        if sent.refused is not None or film is None:
            refused = sent.refused or "it was answered well, and is not recorded"
            return MeasuredFilm(sent.source, sent.picture, refused)
        result = self.results.find(film.id)
        if result is None:
            return MeasuredFilm(sent.source, sent.picture, clock_s=_off(film.received, sent))
        trace = self.traces.find(film.id) or {}
        return MeasuredFilm(
            sent.source,
            sent.picture,
            status=result.document["status"],
            model=result.document["model"]["sha256"],
            stages=trace.get("stages"),
            documents=self._arrived(film.id, sent.uid),
            undelivered=tuple(self._undelivered(film.id)),
            clock_s=max(_off(film.received, sent), _early(result.began, sent), key=abs),
        )

    def film(self, sent: SentFilm) -> Film | None:
        """Return the film as it was recorded; None where it was not."""
        return next(iter(self.films.of_instances([sent.uid])), None)

    def remove_documents(self, film_id: str) -> None:
        """Remove what arrived in folders of the test."""
        for place in self._folders(film_id).values():
            shutil.rmtree(place, ignore_errors=True)

    def _is_done(self, sent: SentFilm) -> bool:
        if sent.refused is not None:
            return True
        film = self.film(sent)
        if film is None or film.state == "waiting":
            return False
        return all(one.state != "waiting" for one in self.deliveries.of_films([film.id]))

    def _undelivered(self, film_id: str) -> list[str]:
        found = self.deliveries.of_films([film_id])
        arrived = {one.destination for one in found if one.state == "delivered"}
        return [name for name in self._names if name not in arrived]

    @property
    def _names(self) -> list[str]:
        return [one.name for one in self.destinations if CONSTANCY in one.sources]

    def _folders(self, film_id: str) -> dict[str, Path]:
        """Return where folders of the test keep a film's documents, by destination."""
        day = ULID.from_str(film_id).datetime.date().isoformat()
        return {
            one.name: one.path / day / film_id
            for one in self.destinations
            if one.type == "folder" and CONSTANCY in one.sources
        }

    def _arrived(self, film_id: str, uid: str) -> dict[str, ArrivedDocument]:
        found = {}
        for destination, place in self._folders(film_id).items():
            for path in sorted(place.glob("*")) if place.is_dir() else ():
                content = path.read_bytes()
                names_film = uid.encode() in content
                found[f"{destination}/{path.name}"] = ArrivedDocument(len(content), names_film)
        return found


def _off(at: datetime, sent: SentFilm) -> float:
    """Return by how many seconds a time lies outside those between which the film was sent."""
    if at < sent.before:
        return (at - sent.before).total_seconds()
    return max((at - sent.after).total_seconds(), 0.0)


def _early(at: datetime, sent: SentFilm) -> float:
    """Return the same of a time that may lie later than that."""
    return min(_off(at, sent), 0.0)
