"""``/v1/jobs``: what came in by any door, what became of it, and to try again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse, Response

from radiograde.service.grading.jobs import JobState
from radiograde.service.http.caller import permit
from radiograde.service.http.openapi import problems
from radiograde.service.http.runtime import Service
from radiograde.service.http.schemas import Job, JobPage, Retried

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

JobId = Annotated[str, Path(description="`id` of a job; its result has the same")]


@router.get(
    "",
    operation_id="listJobs",
    summary="List films with their deliveries, newest first",
    dependencies=[permit("read")],
    responses={200: {"model": JobPage}, **problems(s422="A parameter is not valid")},
    response_class=Response,
)
def list_jobs(
    service: Service,
    limit: Annotated[int, Query(ge=1, le=200, description="How many at most")] = 50,
    before: Annotated[str | None, Query(description="`next` of the page before")] = None,
    state: Annotated[
        JobState | None,
        Query(description="`undelivered` and `parked` are states of a delivery"),
    ] = None,
) -> Response:
    """Return one page and the counts of every state; follow `next` for older jobs."""
    jobs = service.records.jobs.page(limit + 1, before, state)
    page = jobs[:limit]
    return JSONResponse(
        {
            "counts": service.records.jobs.counts(),
            "jobs": [job.to_json() for job in page],
            "next": page[-1].id if len(jobs) > limit else None,
        }
    )


@router.get(
    "/{id}",
    operation_id="getJob",
    summary="Return one film with its deliveries",
    responses={200: {"model": Job}, **problems(s404="No such job", s422="The id is not valid")},
    response_class=Response,
)
def get_job(service: Service, id: JobId) -> Response:
    """Return what became of a film."""
    return JSONResponse(service.records.jobs.get(id).to_json())


@router.post(
    "/{id}/retry",
    operation_id="retryJob",
    summary="Try a failed grading or parked deliveries again",
    dependencies=[permit("operate")],
    responses={200: {"model": Retried}, **problems(s404="No such job", s422="The id is not valid")},
    response_class=Response,
)
def retry_job(service: Service, id: JobId) -> Response:
    """Return how many pieces of work were set going; 0 where nothing had stopped."""
    return JSONResponse({"retried": service.records.jobs.retry(id)})
