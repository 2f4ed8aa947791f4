"""``/v1/worklist``: films to read."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse, Response

from radiograde.service.http.openapi import problems
from radiograde.service.http.page_queries import Queries
from radiograde.service.http.routes.worklist_schemas import Row, WorklistPage
from radiograde.service.worklist.cursor import Order, parse_cursor
from radiograde.service.worklist.query import Filters, Severity, Status

router = APIRouter(prefix="/v1/worklist", tags=["worklist"])

Day = Annotated[date, Query(ge=date(1895, 1, 1), le=date(9000, 1, 1))]
"""X-rays are not older, and beyond the end of the calendar days cannot be added."""


@router.get(
    "",
    operation_id="listFilms",
    summary="List films to read",
    responses={
        200: {"model": WorklistPage},
        **problems(s422="A parameter is not valid", s503="The store is away"),
    },
    response_class=Response,
)
def list_films(
    queries: Queries,
    limit: Annotated[int, Query(ge=1, le=200, description="How many at most")] = 50,
    after: Annotated[str | None, Query(description="`next` of the page before")] = None,
    order: Annotated[
        Order,
        Query(description="`newest`: last to come in first; `severest`: films without score last"),
    ] = "newest",
    severity: Annotated[list[Severity] | None, Query(description="One of these")] = None,
    status: Annotated[list[Status] | None, Query(description="One of these")] = None,
    since: Annotated[Day | None, Query(description="First day on which it was taken")] = None,
    until: Annotated[Day | None, Query(description="Last day on which it was taken")] = None,
    reviewed: Annotated[
        Literal["yes", "no"] | None, Query(description="Whether any reader has judged it")
    ] = None,
) -> Response:
    """Return one page; follow `next` with the same filters and order.

    A film whose header does not tell when it was taken is filtered by when it came in.
    """
    cursor = None if after is None else parse_cursor(after, order)
    filters = Filters(
        severity=frozenset(severity or ()),
        status=frozenset(status or ()),
        since=since,
        until=until,
        reviewed=None if reviewed is None else reviewed == "yes",
    )
    page = queries.worklist.page(filters, order, limit, cursor)
    return JSONResponse({"films": page.films, "next": page.next})


@router.get(
    "/{id}",
    operation_id="getFilm",
    summary="Return one film of the worklist",
    responses={
        200: {"model": Row},
        **problems(s404="No such film", s422="The id is not valid", s503="The store is away"),
    },
    response_class=Response,
)
def get_film(queries: Queries, id: Annotated[str, Path(description="`id` of a film")]) -> Response:
    """Return the film as the list shows it; one that was set aside is not found."""
    return JSONResponse(queries.worklist.row(id))
