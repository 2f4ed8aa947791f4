"""``/v1/results/{id}/reading``: what readers grade before they are shown the scores."""

from __future__ import annotations

from datetime import UTC, datetime

import structlog
from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from radiograde.service.errors import NotAllowedError, NotReviewableError
from radiograde.service.http.caller import permit
from radiograde.service.http.parameters import FilmId
from radiograde.service.http.problems import UNREADABLE_BODY, problems
from radiograde.service.http.read_first import CallerBlinding
from radiograde.service.http.schemas import Reading, Readings
from radiograde.service.reviews.blind_reading import ReadingRequest

router = APIRouter(prefix="/v1/results/{id}/reading", tags=["reviews"])
log = structlog.get_logger("radiograde.reviews")


@router.get(
    "",
    operation_id="listReadings",
    summary="List what readers graded before they saw the scores",
    responses={
        200: {"model": Readings},
        **problems(s404="No such result", s422="The id is not valid", s503="The store is away"),
    },
    response_class=Response,
)
def list_readings(blinding: CallerBlinding, id: FilmId) -> Response:
    """Return each reader's reading, to a caller who reads first only once there is the caller's."""
    blinding.results.get(id)
    found = [] if blinding.hides(id) else blinding.readings.of(id)
    return JSONResponse({"readings": [reading.to_json() for reading in found]})


@router.post(
    "",
    operation_id="commitReading",
    summary="Grade a film before its scores are shown",
    status_code=201,
    responses={
        201: {"description": "Committed for good, apart from reviews", "model": Reading},
        **UNREADABLE_BODY,
        **problems(
            s404="No such result",
            s409="You have graded the film, or it could not be read",
            s422="The reading is not valid",
            s503="The store is away",
        ),
    },
    response_class=Response,
    dependencies=[permit("review")],
)
def commit_reading(id: FilmId, blinding: CallerBlinding, body: ReadingRequest) -> Response:
    """Keep a reading under the caller's name; from now on the caller is shown the scores."""
    status = blinding.results.get(id)["status"]
    if blinding.reader is None or not blinding.first:
        raise NotAllowedError("You are shown scores at once, so that no reading of yours is blind.")
    if status != "scored":
        raise NotReviewableError("This film was not graded, so there is nothing to compare.")
    reading = body.reading(id, blinding.reader, datetime.now(UTC))
    blinding.readings.commit(reading)
    log.info("read_first", result_id=id)
    return JSONResponse(reading.to_json(), 201)
