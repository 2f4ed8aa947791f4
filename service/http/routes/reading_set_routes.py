"""``/v1/reading-sets``: sets of films that the caller grades, blinded, in an order of their own."""

from __future__ import annotations

from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response

from radiograde.model.errors import NotFoundError
from radiograde.service.http.audit_trail import concerns
from radiograde.service.http.caller import AnyCaller
from radiograde.service.http.film_guard import Films
from radiograde.service.http.parameters import SetId
from radiograde.service.http.problems import UNREADABLE_BODY, problems
from radiograde.service.http.runtime import Service
from radiograde.service.reviews.reading_set import (
    NextFilm,
    OwnReadingSet,
    OwnReadingSets,
    SetReading,
)
from radiograde.service.reviews.reading_set_repository import ReadingSetRepository, SetProgress

router = APIRouter(prefix="/v1/reading-sets", tags=["reviews"])
log = structlog.get_logger("radiograde.reviews")


class _OwnSets:
    """The sets of a caller."""

    def __init__(self, service: Service, caller: AnyCaller, films: Films) -> None:
        principal = caller.principal
        self.films = films
        self.reader = "" if principal is None else principal.name
        self.repository = ReadingSetRepository(service.records.database)

    def progress(self, id: str) -> SetProgress:
        """Return how far the caller is. Raises NotFoundError: it is not one of the caller's."""
        for one in self.repository.progress(self.reader, self.films):
            if one.set_id == id:
                return one
        raise NotFoundError("You have no reading set of this id. GET /v1/reading-sets lists yours.")

    def next_film(self, id: str) -> NextFilm:
        """Return the film that is next. Raises NotFoundError."""
        done = self.progress(id)
        slot = self.repository.next_slot(id, self.reader)
        return NextFilm(
            id=id,
            name=done.name,
            films=done.films,
            read=done.read,
            position=slot and slot.position,
            film=slot and slot.film_id,
        )


OwnSets = Annotated[_OwnSets, Depends()]


@router.get(
    "",
    operation_id="listReadingSets",
    summary="List the sets of films that the caller reads",
    responses={200: {"model": OwnReadingSets}, **problems(s503="The store is away")},
    response_class=Response,
)
def list_reading_sets(own: OwnSets) -> Response:
    """Return them, the last given out first, with how far the caller is."""
    found = [
        OwnReadingSet(id=one.set_id, name=one.name, films=one.films, read=one.read)
        for one in own.repository.progress(own.reader, own.films)
    ]
    return JSONResponse(OwnReadingSets(sets=found).model_dump())


@router.get(
    "/{id}/next",
    operation_id="getNextOfReadingSet",
    summary="Return the film that is next in a reading set",
    responses={
        200: {"model": NextFilm},
        **problems(s404="No such set", s422="The id is not valid", s503="The store is away"),
    },
    response_class=Response,
)
def next_of_reading_set(own: OwnSets, id: SetId) -> Response:
    """Return it; whether it comes for the second time is not said."""
    return JSONResponse(own.next_film(id).model_dump())


@router.post(
    "/{id}/readings",
    operation_id="commitSetReading",
    summary="Grade the film that is next in a reading set",
    status_code=201,
    responses={
        201: {"description": "Kept for good; the film that is next now", "model": NextFilm},
        **UNREADABLE_BODY,
        **problems(
            s404="No such set",
            s409="Another film is next",
            s422="The reading is not valid",
            s503="The store is away",
        ),
    },
    response_class=Response,
)
def commit_set_reading(request: Request, own: OwnSets, id: SetId, body: SetReading) -> Response:
    """Keep what the caller says of it, under the caller's name."""
    own.progress(id)
    due = own.repository.next_slot(id, own.reader)
    concerns(request, [] if due is None else [due.film_id])
    own.repository.commit(id, own.reader, body.position, body.in_zone_order(), body.clean_comment())
    log.info("set_reading", set_id=id, position=body.position)
    return JSONResponse(own.next_film(id).model_dump(), 201)
