"""``POST /dicom-web/studies``: instances in, by DICOMweb (STOW-RS, PS3.18 section 10.5)."""

from __future__ import annotations

import json
from collections import Counter
from typing import Annotated

import structlog
from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from radiograde.model.errors import RadiogradeError
from radiograde.model.reading.uids import is_uid
from radiograde.service.errors import BadRequestError, NoSpaceError, StoreError
from radiograde.service.http.audit_trail import concerns
from radiograde.service.http.caller import PlaceHolder, sender_of
from radiograde.service.http.dicomweb.body import RELATED, parts_of
from radiograde.service.http.dicomweb.outcome import Failed, Stored, response_module, status_of
from radiograde.service.http.dicomweb.stow_endpoint import Stow
from radiograde.service.http.dicomweb.transaction import DICOM, StoreTransaction
from radiograde.service.http.places import Holder
from radiograde.service.http.problems import Responses, error_problem, problem, problems

router = APIRouter(prefix="/dicom-web/studies", tags=["dicomweb"])
log = structlog.get_logger("radiograde.stow")

DICOM_JSON = "application/dicom+json"
RETRY_AFTER_S = 30
"""For a database to come back, or a disk to be cleared."""

_UID = "^[0-9.]{1,64}$"
_BINARY = {"type": "string", "format": "binary"}
_REQUEST_BODY = {
    "required": True,
    "content": {RELATED: {"schema": _BINARY}, DICOM: {"schema": _BINARY}},
}
_MODULE = {DICOM_JSON: {"schema": {"type": "object"}}}
_ANSWERS: Responses = {
    200: {"description": "Every instance is stored, and will be graded", "content": _MODULE},
    202: {
        "description": "Some are stored, the others are listed; or one is stored beside another "
        "under its UID",
        "content": _MODULE,
    },
    409: {"description": "None is stored; each is listed", "content": _MODULE},
    **problems(
        s400="The multipart body is malformed or cut short, or the study is no UID",
        s408="The sender fell silent",
        s413="Every instance is too large, or there are too many",
        s422="The study is not valid",
        s415="Another type than application/dicom, or a compressed body",
        s503="No place, no database or no room on disk; Retry-After says when to come back",
    ),
}


@router.post(
    "",
    operation_id="storeInstances",
    summary="Store instances (STOW-RS)",
    responses=_ANSWERS,
    openapi_extra={"requestBody": _REQUEST_BODY},
    response_class=Response,
)
async def store(request: Request, stow: Stow, holder: PlaceHolder) -> Response:
    """Send DICOM files as `multipart/related; type="application/dicom"`, or one as the body.

    Each is kept before it is answered, and graded later. What came whole before a request broke
    off stays stored; sent again it is not stored twice.
    """
    return await _store(request, stow, holder, study=None)


@router.post(
    "/{study}",
    operation_id="storeInstancesOfStudy",
    summary="Store instances of one study (STOW-RS)",
    responses=_ANSWERS,
    openapi_extra={"requestBody": _REQUEST_BODY},
    response_class=Response,
)
async def store_study(
    request: Request,
    stow: Stow,
    holder: PlaceHolder,
    study: Annotated[
        str, Path(description="Study Instance UID", json_schema_extra={"pattern": _UID})
    ],
) -> Response:
    """The same; instances of another study are refused, each with failure reason A901."""
    if not is_uid(study):
        raise BadRequestError("The study in the URL is no UID.")
    return await _store(request, stow, holder, study)


async def _store(request: Request, stow: Stow, holder: Holder, study: str | None) -> Response:
    transaction = StoreTransaction(stow.intake, stow.limits, study, sender_of(request))
    try:
        with stow.places.held_by(holder):
            async for part in parts_of(request, stow.part_limits, stow.idle_s):
                await transaction.take(part)
                del part  # else it would stay in memory while the next one arrives
    except RadiogradeError as error:
        return error_problem(error, stored=transaction.stored)
    finally:
        concerns(request, transaction.film_ids)
        _log(transaction)
    return _answer(transaction)


def _answer(transaction: StoreTransaction) -> Response:
    refusal = transaction.refusal
    if isinstance(refusal, StoreError | NoSpaceError):
        answer = problem(503, refusal.code, refusal.title, refusal.message, stored=0)
        answer.headers["Retry-After"] = str(RETRY_AFTER_S)
        return answer
    if refusal is not None:
        return error_problem(refusal, stored=0)
    return Response(
        json.dumps(response_module(transaction.outcomes)),
        status_of(transaction.outcomes),
        media_type=DICOM_JSON,
    )


def _log(transaction: StoreTransaction) -> None:
    outcomes = transaction.outcomes
    failed = (outcome.reason for outcome in outcomes if isinstance(outcome, Failed))
    log.info(
        "stored",
        parts=len(outcomes),
        stored=transaction.stored,
        known=sum(isinstance(one, Stored) and one.receipt.known for one in outcomes),
        failed=dict(Counter(f"{reason:04X}" for reason in failed)),
    )
