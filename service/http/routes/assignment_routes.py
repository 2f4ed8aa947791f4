"""``/v1/worklist/{id}/assignment``: who is to read a film."""

from __future__ import annotations

import structlog
from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from radiograde.service.errors import AccountError
from radiograde.service.http.administration_schemas import Assignment, Readers
from radiograde.service.http.caller import AccessOfRequest, Caller, permit
from radiograde.service.http.page_queries import Queries
from radiograde.service.http.parameters import FilmId
from radiograde.service.http.problems import UNREADABLE_BODY, problems
from radiograde.service.http.runtime import Service
from radiograde.service.reviews.assignment_repository import AssignmentRepository

router = APIRouter(prefix="/v1", tags=["worklist"])
log = structlog.get_logger("radiograde.reviews")


@router.get(
    "/readers",
    operation_id="listReaders",
    summary="List who may be given films to read",
    responses={200: {"model": Readers}, **problems(s503="The store is away")},
    response_class=Response,
)
def list_readers(access: AccessOfRequest, caller: Caller) -> Response:
    """Return the names of those who may review; the caller's first, if it is one of them."""
    names = [name for name in access.users.readers() if name != caller.name]
    own = [caller.name] if caller.may("review") else []
    return JSONResponse({"readers": own + names})


@router.post(
    "/worklist/{id}/assignment",
    operation_id="assignFilm",
    summary="Have a reader read a film",
    status_code=204,
    responses={
        204: {"description": "It is in the reader's list, or in nobody's"},
        **UNREADABLE_BODY,
        **problems(
            s404="No such film",
            s409="The film is another reader's",
            s422="The reader is no user who may review",
            s503="The store is away",
        ),
    },
    response_class=Response,
    dependencies=[permit("review")],
)
def assign_film(
    service: Service,
    queries: Queries,
    access: AccessOfRequest,
    caller: Caller,
    id: FilmId,
    body: Assignment,
) -> Response:
    """Assign or, with null, release it; another reader's film is left to administrators."""
    queries.worklist.row(id)
    if body.reader not in (None, caller.name, *access.users.readers()):
        raise AccountError(f"{body.reader} is no user who may review.")
    repository = AssignmentRepository(service.records.database)
    others = caller.may("administer")
    repository.assign(id, body.reader, caller.name, over_others=others)
    log.info("assigned" if body.reader else "released", film_id=id)
    return Response(status_code=204)
