"""The nightly run: drawn films in by every interface, and what became of them beside the first."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import sqlalchemy as sa
import structlog

from radiograde.service.config.constancy_config import ConstancySource
from radiograde.service.constancy.constancy_repository import ConstancyRepository, ConstancyRun
from radiograde.service.constancy.drawn_films import PICTURES, drawn_film
from radiograde.service.constancy.film_measuring import FilmMeasuring, SentFilm
from radiograde.service.constancy.film_senders import Send
from radiograde.service.constancy.measured_film import MeasuredFilm
from radiograde.service.constancy.night_comparison import (
    CLOCK_TOLERANCE_S,
    NightFinding,
    compare_night,
)
from radiograde.service.database.engine import Database
from radiograde.service.errors import DeliveryError, NoSpaceError
from radiograde.service.films.archive import Archive
from radiograde.service.films.constancy_films import ConstancyFilms
from radiograde.service.programme.model_repository import ModelRepository

log = structlog.get_logger("radiograde.work")


@dataclass(frozen=True, slots=True)
class NightlyConstancy:
    """Sends drawn films in, compares, and removes them again.

    ``senders``: by interface. ``hour``: from which a night's run is due. ``now``: the hospital's
    local time.
    """

    database: Database
    archive: Archive
    expected: ConstancyFilms
    measuring: FilmMeasuring
    senders: Mapping[ConstancySource, Send]
    hour: int
    wait_s: float
    stop: threading.Event = field(default_factory=threading.Event)
    now: Callable[[], datetime] = datetime.now
    pictures: Sequence[str] = PICTURES

    @property
    def runs(self) -> ConstancyRepository:
        """What nights measured and found."""
        return ConstancyRepository(self.database)

    def run_if_due(self) -> None:
        """Do the run of tonight, unless it was done or another worker is at it.

        Raises:
            StoreError: the database does not answer.
        """
        now = self.now()
        if self.senders and now.hour >= self.hour:
            run = self.runs.begin(now.date().isoformat())
            if run is not None:
                self._do(run)

    def run(self) -> ConstancyRun:
        """Do a run now, and return it. Raises StoreError."""
        run = self.runs.begin(None)
        if run is None:  # two ids of the same millisecond that share all that is random
            raise RuntimeError("A run of this id exists.")
        self._do(run)
        return self.runs.last() or run

    def _do(self, run: ConstancyRun) -> None:
        runs, last, baseline = self.runs, self.runs.last(), self.runs.baseline()
        clock = list(self._of_clocks(last, run))
        films, jump = self._send_and_measure()
        if self.stop.is_set():
            return
        before = {} if baseline is None else {film.key: film for film in baseline.films}
        findings = [*clock, *jump, *compare_night(films, before, self._released(films, baseline))]
        is_new = baseline is None or _models(films) != _models(baseline.films)
        runs.end(run, films, findings, baseline=is_new and not findings)
        for one in findings:
            log.error("constancy_finding", kind=one.kind, where=one.where, what=one.what)
        log.info("constancy_run", films=len(films), findings=len(findings))

    def _send_and_measure(self) -> tuple[list[MeasuredFilm], list[NightFinding]]:
        wall, steady = datetime.now(UTC), time.monotonic()
        sent = [
            self._send(source, send, picture)
            for source, send in self.senders.items()
            for picture in self.pictures
        ]
        self.measuring.wait(sent, self.wait_s, self.stop)
        films = [self.measuring.measure(one) for one in sent]
        self._forget(sent)
        jumped = (datetime.now(UTC) - wall).total_seconds() - (time.monotonic() - steady)
        if abs(jumped) <= CLOCK_TOLERANCE_S:
            return films, []
        what = f"This computer's clock jumped by {jumped:+.0f} s during the run."
        return films, [NightFinding("clock", "computer", what)]

    def _send(self, source: str, send: Send, picture: str) -> SentFilm:
        uid, content = drawn_film(picture)
        self.expected.expect(uid)
        before, refused = datetime.now(UTC), None
        try:
            send(uid, content)
        except DeliveryError as error:
            refused = error.message
        return SentFilm(source, picture, uid, before, datetime.now(UTC), refused)

    def _forget(self, sent: Sequence[SentFilm]) -> None:
        ids = [film.id for one in sent if (film := self.measuring.film(one)) is not None]
        self.expected.forget(ids)
        for id in ids:
            self.measuring.remove_documents(id)
            try:
                self.archive.drop(id)
            except NoSpaceError:
                log.warning("constancy_film_left", film_id=id)

    def _of_clocks(self, last: ConstancyRun | None, run: ConstancyRun) -> Iterator[NightFinding]:
        """Yield a finding where this computer's clock went back, or is not the database's."""
        if last is not None and last.began > run.began:
            what = f"It is earlier than at the run before: {last.began:%Y-%m-%d %H:%M} UTC."
            yield NightFinding("clock", "computer", what)
        with self.database.reading() as connection:
            theirs = connection.scalar(sa.select(_database_time(connection)))
        off = float(theirs or 0) - datetime.now(UTC).timestamp()
        if abs(off) > CLOCK_TOLERANCE_S:
            yield NightFinding("clock", "database", f"Its clock is {off:+.0f} s off this one.")

    def _released(
        self, films: Sequence[MeasuredFilm], baseline: ConstancyRun | None
    ) -> Collection[str]:
        """Return the models that may grade here; on the first day whichever does."""
        production = ModelRepository(self.database).production()
        if production is not None:
            return {production.sha256}
        return _models(films if baseline is None else baseline.films)


def _models(films: Sequence[MeasuredFilm]) -> set[str]:
    return {film.model for film in films if film.model is not None}


def _database_time(connection: sa.Connection) -> sa.ColumnElement[float]:
    """Return the expression for the seconds since 1970 by the clock of the database."""
    if connection.dialect.name == "postgresql":
        return sa.cast(sa.func.extract("epoch", sa.func.now()), sa.Float)
    return sa.cast(sa.func.unixepoch(), sa.Float)
