"""``/v1/worklist`` and a patient's history: what the page lists."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Literal, get_args

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response

from radiograde.model.scoring.result_json import parse_result
from radiograde.service.config.site import Language
from radiograde.service.documents.statement.statement import statement
from radiograde.service.http.caller import Caller
from radiograde.service.http.film_guard import Films
from radiograde.service.http.naming import CallerNaming
from radiograde.service.http.page_queries import Queries
from radiograde.service.http.parameters import Day, FilmId
from radiograde.service.http.problems import problems
from radiograde.service.http.read_first import CallerBlinding
from radiograde.service.http.runtime import Service
from radiograde.service.http.schemas import Statements
from radiograde.service.projects.film_access import NO_FILM, FilmAccess
from radiograde.service.result_schema import Severity, Ulid
from radiograde.service.worklist.cursor import Order, parse_cursor
from radiograde.service.worklist.filters import Filters, Search
from radiograde.service.worklist.history import PatientHistory
from radiograde.service.worklist.listed_film import Row, Status
from radiograde.service.worklist.since_prior import change_since_prior
from radiograde.service.worklist.worklist import WorklistPage

router = APIRouter(tags=["worklist"])


async def _filters(
    caller: Caller,
    films: Films,
    id: Annotated[
        list[Ulid] | None, Query(max_length=200, description="Of these those that match")
    ] = None,
    search: Annotated[
        str | None,
        Query(
            pattern=r"^[^\x00-\x1f]*[^\x00-\x20][^\x00-\x1f]*$",
            max_length=100,
            description="`id` of the film or the beginning of the patient's label; where "
            "RADIOGRADE_IDENTIFIERS allows them also words of patient ID, name and accession "
            "number, and a whole study or instance UID",
        ),
    ] = None,
    severity: Annotated[list[Severity] | None, Query(description="One of these")] = None,
    status: Annotated[list[Status] | None, Query(description="One of these")] = None,
    since: Annotated[Day | None, Query(description="First day of acquisition")] = None,
    until: Annotated[Day | None, Query(description="Last day of acquisition")] = None,
    reviewed: Annotated[
        Literal["yes", "no"] | None, Query(description="Whether any reader has judged it")
    ] = None,
    assigned: Annotated[
        Literal["me", "nobody"] | None, Query(description="Who is to read it: the caller or nobody")
    ] = None,
    project: Annotated[
        Ulid | None, Query(description="Of this project, which is one of the caller's")
    ] = None,
) -> Filters:
    return Filters(
        ids=id,
        search=None if search is None else Search(search, by_name=films.names_all),
        severity=frozenset(severity or ()),
        status=frozenset(status or ()),
        since=since,
        until=until,
        reviewed=None if reviewed is None else reviewed == "yes",
        assigned_to=caller.name if assigned == "me" else None,
        unassigned=assigned == "nobody",
        access=films if project is None else _of_project(films, caller, project),
    )


def _of_project(films: FilmAccess, caller: Caller, project: str) -> FilmAccess:
    """Return the films of one project; of one that is not the caller's there is none."""
    is_his = caller.may("manage") or any(one.project == project for one in caller.memberships)
    return films.of_project(project) if is_his else NO_FILM


@router.get(
    "/v1/worklist",
    operation_id="listFilms",
    summary="List films to read",
    responses={
        200: {"model": WorklistPage},
        **problems(s422="A parameter is not valid", s503="The store is away"),
    },
    response_class=Response,
)
def list_films(
    request: Request,
    queries: Queries,
    blinding: CallerBlinding,
    naming: CallerNaming,
    filters: Annotated[Filters, Depends(_filters)],
    limit: Annotated[int, Query(ge=1, le=200, description="How many at most")] = 50,
    after: Annotated[str | None, Query(description="`next` of the page before")] = None,
    order: Annotated[
        Order,
        Query(
            description="`newest`: last to come in first; `acquired`: last acquired first, films "
            "of no acquisition time last; `severest`: films without score last"
        ),
    ] = "newest",
) -> Response:
    """Return one page; follow `next` with the same filters and order.

    A film whose header has no acquisition date is filtered by the day on which it came in. Who
    grades films first asks neither for a severity nor for the most severe.
    """
    blinding.refuse_by_score(asked=bool(filters.severity) or order == "severest")
    cursor = None if after is None else parse_cursor(after, order)

    def content() -> bytes:
        page = queries.worklist.page(filters, order, limit, cursor)
        queries.previews_ahead.ask(row.id for row in page.films if row.kept and row.is_image)
        films = blinding.rows(naming.rows(page.films))
        shown = page.model_copy(update={"films": films})
        return bytes(JSONResponse(shown.to_json()).body)

    # What the list shows depends on who reads it only where that is asked, or grades first, or
    # sees some of the films.
    asked = (request.url.query, blinding.reader, filters.assigned_to, filters.access)
    answer = queries.answers.get(asked, content)
    return Response(answer, media_type=JSONResponse.media_type)


@router.get(
    "/v1/worklist/{id}",
    operation_id="getFilm",
    summary="Return one film of the worklist",
    responses={
        200: {"model": Row},
        **problems(s404="No such film", s422="The id is not valid", s503="The store is away"),
    },
    response_class=Response,
)
def get_film(
    queries: Queries, blinding: CallerBlinding, naming: CallerNaming, id: FilmId
) -> Response:
    """Return the film as the list shows it; one that was set aside is not found."""
    (row,) = blinding.rows(naming.rows([queries.worklist.row(id)]))
    return JSONResponse(row.to_json())


@router.get(
    "/v1/results/{id}/history",
    operation_id="getHistory",
    summary="Return the films of the same patient, oldest first",
    responses={
        200: {"model": PatientHistory},
        **problems(s404="No such film", s422="The id is not valid", s503="The store is away"),
    },
    response_class=Response,
)
def get_history(queries: Queries, blinding: CallerBlinding, films: Films, id: FilmId) -> Response:
    """Return the film among the patient's others, each compared with the scored one before it."""
    return JSONResponse(blinding.history(queries.history.of(id, films)).to_json())


@router.get(
    "/v1/results/{id}/statement",
    operation_id="getStatement",
    summary="Return what a film shows, in sentences",
    responses={
        200: {"model": Statements},
        **problems(s404="No such result", s422="The id is not valid", s503="The store is away"),
    },
    response_class=Response,
)
def get_statement(
    service: Service, queries: Queries, blinding: CallerBlinding, films: Films, id: FilmId
) -> Response:
    """Return sentences made from zones, intervals and input check, in every language.

    They name neither a cause nor a diagnosis. A change is that since the prior film in the history.
    Of a result that was withdrawn nothing is said.
    """
    result = parse_result(service.records.results.get(id))
    if service.records.withdrawals.standing(id) is not None:
        return JSONResponse({"statements": []})
    change = change_since_prior(blinding.history(queries.history.of(id, films)), id)
    found = [statement(result, language, change) for language in get_args(Language)]
    return JSONResponse({"statements": [asdict(one) for one in found if one is not None]})
