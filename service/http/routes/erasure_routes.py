"""``/v1/erasures``: patients who were erased, for administrators."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response

from radiograde.service.erasure.eraser import Eraser
from radiograde.service.http.audit_trail import concerns
from radiograde.service.http.caller import Caller
from radiograde.service.http.erasure_schemas import Certificate, Certificates, ErasureRequest
from radiograde.service.http.problems import UNREADABLE_BODY, problems
from radiograde.service.http.runtime import Service

router = APIRouter(prefix="/v1/erasures", tags=["administration"])


def _eraser(service: Service) -> Eraser:
    return Eraser(service.records, service.settings)


OwnEraser = Annotated[Eraser, Depends(_eraser)]


@router.get(
    "",
    operation_id="listErasures",
    summary="List the certificates of erasures, newest first",
    responses={200: {"model": Certificates}, **problems(s503="The store is away")},
    response_class=Response,
)
def list_erasures(eraser: OwnEraser) -> Response:
    """Return those that are done; what was interrupted goes on with the worker."""
    return JSONResponse({"erasures": eraser.certificates()})


@router.post(
    "",
    operation_id="erase",
    summary="Erase a patient, or films",
    status_code=201,
    responses={
        201: {"description": "Erased; its certificate", "model": Certificate},
        **UNREADABLE_BODY,
        **problems(
            s404="Nothing of this patient is kept here",
            s422="It does not say whom",
            s503="The store is away; what was begun goes on",
            s507="A file cannot be removed; what was begun goes on",
        ),
    },
    response_class=Response,
)
def erase(request: Request, eraser: OwnEraser, caller: Caller, body: ErasureRequest) -> Response:
    """Erase whom merges made one with the patient, too, and return the certificate."""
    if body.patient_id is not None:
        plan = eraser.finder.of_patient(body.patient_id, body.issuer)
    elif body.label is not None:
        plan = eraser.finder.of_label(body.label)
    else:
        plan = eraser.finder.of_films(body.films or [])
    concerns(request, body.films or (), patient=next(iter(plan.patients), None))
    return JSONResponse(eraser.finish(eraser.begin(plan, caller.name, body.scope)), 201)
