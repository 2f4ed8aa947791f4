"""``/v1/results/{id}/reviews``: what readers say of a result."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response

from radiograde.service.delivery.review_recorder import ReviewRecorder
from radiograde.service.http.caller import Caller, permit
from radiograde.service.http.document_pool import Turn
from radiograde.service.http.film_guard import Films
from radiograde.service.http.naming import CallerNaming
from radiograde.service.http.parameters import FilmId, ReviewId
from radiograde.service.http.problems import UNREADABLE_BODY, Responses, problems
from radiograde.service.http.routes.document_routes import document_response
from radiograde.service.http.runtime import Service
from radiograde.service.http.schemas import Review, Reviews
from radiograde.service.reviews.review import ReviewRequest

router = APIRouter(prefix="/v1/results/{id}/reviews", tags=["reviews"])


async def _recorder(request: Request) -> ReviewRecorder:
    recorder: ReviewRecorder = request.app.state.reviews
    return recorder


Recorder = Annotated[ReviewRecorder, Depends(_recorder)]

_POSTED: Responses = {
    201: {"description": "Kept beside the model's scores", "model": Review},
    **UNREADABLE_BODY,
    **problems(
        s404="No such result",
        s409="The file could not be read, or the result was withdrawn: there is nothing to review",
        s422="The review is not valid",
        s503="The store is away",
    ),
}
_REPORT: Responses = {
    200: {"content": {"application/dicom": {"schema": {"type": "string", "format": "binary"}}}},
    **problems(
        s404="No such result or review",
        s409="The film is a picture or is no longer kept",
        s422="An id is not valid",
        s503="The store is away",
        s507="The document cannot be written to disk",
    ),
}


@router.get(
    "",
    operation_id="listReviews",
    summary="List the reviews of a result that count, newest first",
    responses={
        200: {"model": Reviews},
        **problems(s404="No such result", s422="The id is not valid", s503="The store is away"),
    },
    response_class=Response,
)
def list_reviews(service: Service, naming: CallerNaming, id: FilmId) -> Response:
    """Return the newest review of each reader."""
    service.records.results.get(id)
    found = [review.to_json() for review in service.records.reviews.of(id)]
    return JSONResponse({"reviews": naming.reviews(id, found)})


@router.post(
    "",
    operation_id="addReview",
    summary="Accept or correct a result, or find the film not gradable",
    status_code=201,
    responses=_POSTED,
    response_class=Response,
    dependencies=[permit("review")],
)
def add_review(
    id: FilmId, caller: Caller, films: Films, recorder: Recorder, body: ReviewRequest
) -> Response:
    """Keep a review under the caller's name; it counts instead of the caller's earlier ones.

    Destinations are sent what a reader of the clinical pool says, and nothing from a project.
    """
    judgement = body.judgement()
    review = recorder.record(id, caller.name, judgement, deliver=not films.is_limited)
    return JSONResponse(review.to_json(), 201)


@router.get(
    "/{review_id}/sr",
    operation_id="getReviewSr",
    summary="Return the DICOM structured report of a review",
    responses=_REPORT,
    response_class=Response,
)
async def review_sr(service: Service, turn: Turn, id: FilmId, review_id: ReviewId) -> Response:
    """Return the report in which the reader is the observer."""
    store = service.records.document_store
    return document_response(await turn.run(partial(store.review_report, id, review_id)))
