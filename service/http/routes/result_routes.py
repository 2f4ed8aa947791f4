"""``/v1/results``: what was graded before."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, Response

from radiograde.model.scoring.result import Status
from radiograde.service.documents.document_kinds import with_reviews, with_withdrawal
from radiograde.service.http.caller import Caller, permit
from radiograde.service.http.film_guard import Films
from radiograde.service.http.naming import CallerNaming
from radiograde.service.http.parameters import Before, FilmId
from radiograde.service.http.problems import problems
from radiograde.service.http.runtime import Service
from radiograde.service.http.schemas import Result, ResultPage, Trace

router = APIRouter(prefix="/v1/results", tags=["results"])


@router.get(
    "",
    operation_id="listResults",
    summary="List kept results, newest first",
    dependencies=[permit("read")],
    responses={200: {"model": ResultPage}, **problems(s422="A parameter is not valid")},
    response_class=Response,
)
def list_results(
    service: Service,
    films: Films,
    naming: CallerNaming,
    limit: Annotated[int, Query(ge=1, le=200, description="How many at most")] = 50,
    before: Before = None,
    status: Annotated[Status | None, Query(description="Only results of this status")] = None,
) -> Response:
    """Return one page; follow `next` for older results."""
    page = service.records.results.page(limit, before, status, films)
    reviews = service.records.reviews.of_each(document["id"] for document in page.documents)
    withdrawn = service.records.withdrawals.standing_of(one["id"] for one in page.documents)
    documents = [
        with_withdrawal(
            with_reviews(document, reviews.get(document["id"], ())), withdrawn.get(document["id"])
        )
        for document in page.documents
    ]
    return JSONResponse({"results": naming.results(documents), "next": page.next})


@router.get(
    "/{id}",
    operation_id="getResult",
    summary="Return one kept result",
    responses={
        200: {"model": Result},
        **problems(s404="No such result", s422="The id is not valid"),
    },
    response_class=Response,
)
def get_result(service: Service, caller: Caller, naming: CallerNaming, id: FilmId) -> Response:
    """Return the document as it was first answered, with what readers have said of it since.

    Callers who may send films and read none get no reviews.
    """
    document = service.records.results.get(id)
    reads = caller.may("read") or naming.access.is_limited
    reviews = service.records.reviews.of(id) if reads else ()
    withdrawn = service.records.withdrawals.standing(id)
    (shown,) = naming.results([with_withdrawal(with_reviews(document, reviews), withdrawn)])
    return JSONResponse(shown)


@router.get(
    "/{id}/trace",
    operation_id="getTrace",
    summary="Return how a result came about",
    responses={
        200: {"model": Trace},
        **problems(s404="No such result, or no trace of it", s422="The id is not valid"),
    },
    response_class=Response,
)
def get_trace(service: Service, _: Caller, id: FilmId) -> Response:
    """Return what graded the film, and each stage that it went through."""
    return JSONResponse(service.records.traces.get(id))
