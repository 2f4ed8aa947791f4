"""``/v1/results/{id}/history``: the same patient's films."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import JSONResponse, Response

from radiograde.service.http.openapi import problems
from radiograde.service.http.page_queries import Queries
from radiograde.service.http.routes.worklist_schemas import PatientHistory

router = APIRouter(prefix="/v1/results/{id}", tags=["worklist"])


@router.get(
    "/history",
    operation_id="getHistory",
    summary="Return the films of the same patient, oldest first",
    responses={
        200: {"model": PatientHistory},
        **problems(s404="No such film", s422="The id is not valid", s503="The store is away"),
    },
    response_class=Response,
)
def get_history(
    queries: Queries, id: Annotated[str, Path(description="`id` of a film")]
) -> Response:
    """Return the film among the patient's others, each compared with the scored one before it."""
    return JSONResponse(queries.history.of(id))
