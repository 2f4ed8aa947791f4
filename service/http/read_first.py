"""Who grades a film before its scores are shown, and what is kept from them until then.

Of every route a caller who reads first is answered about films that the caller has graded, and of
none about others, but for those listed here: a new route shows nothing until somebody has made
sure that it shows no score.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from radiograde.service.auth.principal import Principal
from radiograde.service.errors import ReadFirstError
from radiograde.service.films.result_repository import ResultRepository
from radiograde.service.http.caller import AnyCaller, CallerContext
from radiograde.service.http.runtime import Runtime, Service
from radiograde.service.result_schema import ULID
from radiograde.service.reviews.blind_reading_repository import BlindReadingRepository
from radiograde.service.reviews.reading_set_repository import ReadingSetRepository
from radiograde.service.worklist.blinding import blinded_history, blinded_row
from radiograde.service.worklist.history import PatientHistory
from radiograde.service.worklist.listed_film import Row

SHOWS_NO_SCORE = frozenset(
    {
        *("storeInstances", "storeInstancesOfStudy", "getModel", "getEvents"),
        *("getPixels", "getThumbnail", "getPriors", "fetchPriors", "commitReading"),
        *("listReadingSets", "getNextOfReadingSet", "commitSetReading", "takeReport"),
        *("getSettings", "changeSettings", "trySettings"),
        *("listReaders", "assignFilm"),
        *("listUsers", "addUser", "setPassword", "setRole", "removeUser"),
        *("listProjects", "addProject", "renameProject", "closeProject"),
        *("listMembers", "addMember", "removeMember", "addFilms", "removeFilms"),
        *("listKeys", "addKey", "removeKey", "listSessions", "endSession"),
        *("listErasures", "erase", "stopModel", "clearAlarm"),
        # These leave the scores out themselves.
        *("scoreFilm", "listFilms", "getFilm", "getView", "getPreview", "getHistory"),
        "listReadings",
    }
)
"""Operations that answer a caller who reads first about any film."""

UNREAD = "Grade this film first: POST /v1/results/{id}/reading. Then its scores are shown."
BY_SCORE = "You grade films before their scores are shown, so they are not found by them."


@dataclass(frozen=True)
class Blinding:
    """What is kept from a caller; every method may raise StoreError.

    ``reviewer``: the caller's name, None for who may not review. ``first``: each film is kept from
    the caller until the caller has graded it.
    """

    reviewer: str | None
    first: bool
    readings: BlindReadingRepository
    results: ResultRepository
    sets: ReadingSetRepository

    @cached_property
    def assigned(self) -> frozenset[str]:
        """Films of reading sets that the caller has not read to the end."""
        return frozenset() if self.reviewer is None else self.sets.unread_films(self.reviewer)

    @property
    def reader(self) -> str | None:
        """The caller's name, None where nothing is kept from the caller."""
        return self.reviewer if self.first or self.assigned else None

    def hides(self, film_id: str) -> bool:
        """Return whether a film has, or may yet get, scores that the caller is not to see."""
        if self.reader is None or film_id in self.shown(self.reader, [film_id]):
            return False
        found = self.results.find(film_id)
        return found is None or found.document.get("scores") is not None

    def shown(self, reader: str, film_ids: Sequence[str]) -> frozenset[str]:
        """Return the films whose scores the reader may see, of those that have some."""
        seen = self.readings.read_by(reader, film_ids) if self.first else frozenset(film_ids)
        return seen - self.assigned

    def rows(self, rows: Sequence[Row]) -> list[Row]:
        """Return films of the worklist, without the scores that are kept from the caller."""
        if self.reader is None:
            return list(rows)
        read = self.shown(self.reader, [row.id for row in rows])
        return [
            row if row.status != "scored" or row.id in read else blinded_row(row) for row in rows
        ]

    def history(self, history: PatientHistory) -> PatientHistory:
        """Return a patient's films, without the scores that are kept from the caller."""
        if self.reader is None:
            return history
        ids = [film.id for film in history.films]
        return blinded_history(history, self.shown(self.reader, ids))

    def result(self, document: dict[str, Any]) -> dict[str, Any]:
        """Return a result's document, without scores that are kept from the caller."""
        if not self.hides(document["id"]):
            return document
        return {name: part for name, part in document.items() if name not in ("scores", "severity")}

    def refuse_by_score(self, *, asked: bool) -> None:
        """Raise ReadFirstError where the caller asked for films by their scores."""
        if asked and self.reader is not None:
            raise ReadFirstError(BY_SCORE)


def reads_first(runtime: Runtime, caller: CallerContext) -> bool:
    """Return whether the site file has a caller grade films first.

    That is whoever may review and is named there, and where everybody does, every person.
    """
    wanted, principal = runtime.settings.reading, caller.principal
    if principal is None or not _reviews(principal):
        return False
    return principal.name in wanted.readers or (wanted.first and not caller.is_machine)


def _reviews(principal: Principal) -> bool:
    return principal.may("review") or bool(principal.projects_that("review"))


async def _blinding(service: Service, caller: AnyCaller) -> Blinding:
    records, principal = service.records, caller.principal
    reviewer = principal.name if principal is not None and _reviews(principal) else None
    return Blinding(
        reviewer,
        reads_first(service, caller),
        BlindReadingRepository(records.database),
        records.results,
        ReadingSetRepository(records.database),
    )


CallerBlinding = Annotated[Blinding, Depends(_blinding)]


async def _guard(request: Request, blinding: CallerBlinding) -> None:
    """Raise ReadFirstError for what would show a score that is kept from the caller."""
    operation = getattr(request.scope.get("route"), "operation_id", None)
    if blinding.reviewer is None or operation in SHOWS_NO_SCORE:
        return
    if await run_in_threadpool(_is_kept, blinding, request.path_params.get("id", "")):
        raise ReadFirstError(UNREAD)


def _is_kept(blinding: Blinding, id: str) -> bool:
    """Return whether a route is kept from the caller; ``id``: of its film, if it is of one."""
    if blinding.reader is None:
        return False
    return re.fullmatch(ULID, id) is None or blinding.hides(id)


guard: Any = Depends(_guard)
"""A dependency of every guarded route."""
