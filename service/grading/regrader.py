"""Grading old films by another model: beside their own results, while no new film waits."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import sqlalchemy as sa
import structlog

from radiograde.model.errors import ModelFileError
from radiograde.model.reading.film_file import FilmFile
from radiograde.model.scoring.scorer import Scorer
from radiograde.service.errors import DeviceError, NoSpaceError, StoreError, UndocumentedError
from radiograde.service.films.film_repository import Film
from radiograde.service.films.regrading_repository import (
    Regrading,
    forget_beside,
    keep_beside,
)
from radiograde.service.grading.corrected_header import is_reviewed
from radiograde.service.grading.film_grader import FILM_GONE, GAVE_UP, FilmGrader
from radiograde.service.grading.grade_film import FilmGrading, grade_film
from radiograde.service.grading.records import Records

log = structlog.get_logger("radiograde.work")

LOOK_EVERY_S = 5.0
"""While nothing is to be graded again, or new films wait."""

MOST_STARTS = 2
"""Fewer than of a film that came in: one that ends the process must not have others given up."""

MODEL_GONE = "model_gone"
NOT_GRADABLE = "not_gradable"


@dataclass(slots=True)
class Regrader:
    """Grades what waits in ``regradings``, one film at a time, from a thread of its own.

    ``load``: returns a model by its sha256. ``grader``: of films that come in; its model is used
    where it is the one, and its results alone are delivered.
    """

    records: Records
    grader: FilmGrader
    load: Callable[[str], Scorer]
    _loaded: Scorer | None = field(default=None, init=False)

    def run(self, stop: threading.Event, every_s: float = LOOK_EVERY_S) -> None:
        """Grade until ``stop``."""
        wait_s = every_s
        while not stop.wait(wait_s):
            try:
                wait_s = 0.0 if self.next() else every_s
            except Exception as error:  # noqa: BLE001 - this thread must outlive whatever it is
                wait_s = every_s
                log.warning("regrading_put_off", type=type(error).__name__)

    def next(self) -> bool:
        """Grade the next film; False where none is to be graded now.

        May be begun again at any time after a crash.

        Raises:
            StoreError: the database does not answer.
        """
        regradings = self.records.regradings
        one = regradings.take()
        if one is None:
            return False
        if one.starts >= MOST_STARTS:
            self._fail(one, GAVE_UP)
            return True
        try:
            self._grade(one)
        except (ModelFileError, DeviceError):
            self._fail(one, MODEL_GONE)
        except UndocumentedError:
            self._fail(one, FILM_GONE)
        except (StoreError, NoSpaceError, OSError):
            regradings.put_back(one)
            raise
        return True

    def _grade(self, one: Regrading) -> None:
        scorer = self._scorer(one.model)
        film = FilmFile(self.records.archive.film(one.film_id), self.grader.limits)
        grading = grade_film(film, scorer, one.film_id)
        if grading.set_aside is not None or grading.result.status == "failed":
            self._fail(one, NOT_GRADABLE)
        elif not (one.deliver and self._take_over(one, grading)):
            with self.records.database.write() as connection:
                keep_beside(connection, one.film_id, grading.result.to_json(), grading.began)

    def _take_over(self, one: Regrading, grading: FilmGrading) -> bool:
        """Make the result the film's own, and have it delivered; False where it may not be."""
        records, keeper = self.records, self.grader.keeper
        if self.grader.scorer.facts.sha256 != one.model:
            return False
        with records.database.write() as connection:
            film = records.films.get(connection, one.film_id)
            former = records.results.read(connection, one.film_id)
            if film is None or former is None or not self._may_be_replaced(connection, film):
                return False
            records.withdrawals.replace(connection, one.film_id)
            forget_beside(connection, one.film_id, one.model)
            keep_beside(connection, one.film_id, former.document, former.began)
            keeper.replace(connection, grading)
        log.info("film_regraded", film_id=one.film_id)
        return True

    def _may_be_replaced(self, connection: sa.Connection, film: Film) -> bool:
        """Return whether a film's own result is one that no reader spoke on."""
        return (
            film.state == "graded"
            and film.corrected is None
            and not is_reviewed(connection, film.id)
            and self.records.withdrawals.standing_in(connection, film.id) is None
        )

    def _scorer(self, model: str) -> Scorer:
        in_service = self.grader.scorer
        if in_service.facts.sha256 == model:
            return in_service
        if self._loaded is None or self._loaded.facts.sha256 != model:
            self._loaded = self.load(model)
        return self._loaded

    def _fail(self, one: Regrading, reason: str) -> None:
        log.error("regrading_failed", film_id=one.film_id, reason=reason)
        self.records.regradings.failed(one, reason)
