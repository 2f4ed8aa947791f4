"""``/metrics``: for Prometheus, where the site file says so."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from radiograde.model.errors import NotFoundError
from radiograde.service.http.problems import problems
from radiograde.service.http.runtime import Service

router = APIRouter(tags=["health"])


@router.get(
    "/metrics",
    operation_id="getMetrics",
    summary="Return metrics for Prometheus",
    responses={
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}},
        **problems(s404="The site file does not turn metrics on", s503="The store is away"),
    },
    response_class=Response,
)
def metrics(service: Service) -> Response:
    """Return what this process counted and what the records say; no patient, no free text."""
    if not service.settings.observe.metrics:
        raise NotFoundError("Metrics are off. Set `metrics = true` in [observe] of the site file.")
    from radiograde.service.metrics.collector import CONTENT_TYPE, exposition

    return Response(exposition(service.records, service.settings), media_type=CONTENT_TYPE)
