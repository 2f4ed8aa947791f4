"""``/healthz`` and ``/readyz``: for whoever watches the process."""

from __future__ import annotations

from fastapi import APIRouter

from radiograde.service.http.problems import problems
from radiograde.service.http.runtime import Service
from radiograde.service.http.schemas import Health

router = APIRouter(tags=["health"])


@router.head("/healthz", include_in_schema=False)
@router.get(
    "/healthz",
    operation_id="getHealth",
    summary="The process answers",
    response_model_exclude_none=True,
)
async def health() -> Health:
    """Return ok as long as the process answers at all."""
    return Health(status="ok")


@router.head("/readyz", include_in_schema=False)
@router.get(
    "/readyz",
    operation_id="getReadiness",
    summary="Films can be graded and kept",
    responses=problems(s503="The results store does not answer"),
    response_model_exclude_none=True,
)
async def ready(service: Service) -> Health:
    """Return ready when the results store answers; the model was loaded before the start.

    Films are taken in whatever `faults` stand; those are as of some seconds ago.
    """
    faults = await service.readiness.check()
    return Health(status="ready", faults=[one.code for one in faults] or None)
