"""``POST /v1/score``: one film in, one result out."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import structlog
from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool

from radiograde.model.scoring.result import SeverityResult
from radiograde.service.http.audit_trail import concerns
from radiograde.service.http.caller import PlaceHolder, sender_of
from radiograde.service.http.problems import Responses, problems, result_problem
from radiograde.service.http.read_first import CallerBlinding
from radiograde.service.http.runtime import Service
from radiograde.service.http.schemas import Result
from radiograde.service.http.uploads import FIELD, MULTIPART, RAW_TYPES, read_upload

router = APIRouter(tags=["scoring"])
log = structlog.get_logger("radiograde.scoring")

_BINARY = {"type": "string", "format": "binary"}
_FORM = {"type": "object", "required": [FIELD], "properties": {FIELD: _BINARY}}
_REQUEST_BODY = {
    "required": True,
    "content": {
        MULTIPART: {"schema": _FORM},
        **{media_type: {"schema": _BINARY} for media_type in RAW_TYPES},
    },
}


_ANSWERS: Responses = {
    200: {"description": "Scored, and kept", "model": Result},
    **problems(
        s400="The file cannot be read",
        s408="The body did not arrive in time",
        s413="The file is too large",
        s415="Neither DICOM, PNG nor JPEG, or a compression without a decoder",
        s409="It is to be graded again, and was reviewed",
        s422="Readable, but out of scope",
        s507="The film cannot be written to disk",
        s503="Every place is taken; Retry-After says when to come back",
    ),
}


@router.post(
    "/v1/score",
    operation_id="scoreFilm",
    summary="Grade one film",
    responses=_ANSWERS,
    openapi_extra={"requestBody": _REQUEST_BODY},
    response_class=Response,
)
async def score(
    request: Request,
    service: Service,
    holder: PlaceHolder,
    blinding: CallerBlinding,
    again: Annotated[
        bool, Query(description="Grade it again, though this model graded it before")
    ] = False,
) -> Response:
    """Send a DICOM, PNG or JPEG file, raw or as the form field `file`.

    The result is kept before it is answered, whatever its status. A film that this model graded
    before, whatever source it came by, is answered with the result that is kept of it. Who grades
    films first is answered without scores and severity.
    """
    settings = service.settings
    with service.pool.admit() as place:
        with service.uploads.held_by(holder):  # whoever sends slowly leaves half to others
            data = await read_upload(request, settings.upload_limits, settings.upload_timeout_s)
        result = await place.run(
            partial(service.grader.answer, data, again=again, sender=sender_of(request))
        )
    _log_result(result)
    concerns(request, [str(result.id)])
    if result.status != "scored":
        return result_problem(result)
    return JSONResponse(await run_in_threadpool(blinding.result, result.to_json()))


def _log_result(result: SeverityResult) -> None:
    reasons = result.gate.reasons if result.gate is not None else ()
    log.info(
        "graded",
        result_id=result.id,
        status=result.status,
        error=result.error and result.error.code,
        gate=[reason.code for reason in reasons],
        timing_ms={name: round(ms, 1) for name, ms in result.timing_ms.items()},
    )
