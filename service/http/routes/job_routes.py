"""``/v1/jobs``: what came in by any source, what became of it, and to try again or deliver."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, Response

from radiograde.service.grading.film_jobs import Job, JobState
from radiograde.service.http.caller import permit
from radiograde.service.http.film_guard import Films
from radiograde.service.http.page_queries import PageQueries, Queries
from radiograde.service.http.parameters import Before, FilmId
from radiograde.service.http.problems import UNREADABLE_BODY, problems
from radiograde.service.http.runtime import Runtime, Service
from radiograde.service.http.schemas import DeliverRequest, JobPage, Retried
from radiograde.service.http.schemas import Job as JobSchema
from radiograde.service.worklist.job_study import study_of

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])


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
    queries: Queries,
    films: Films,
    limit: Annotated[int, Query(ge=1, le=200, description="How many at most")] = 50,
    before: Before = None,
    state: Annotated[
        JobState | None,
        Query(description="`undelivered` and `parked` are states of a delivery"),
    ] = None,
) -> Response:
    """Return one page and the counts of every state; follow `next` for older jobs."""
    jobs = service.records.jobs.page(limit + 1, before, state, films)
    page = jobs[:limit]
    return JSONResponse(
        {
            "counts": service.records.jobs.counts(films),
            "jobs": [_job(job, queries) for job in page],
            "next": page[-1].id if len(jobs) > limit else None,
        }
    )


@router.get(
    "/{id}",
    operation_id="getJob",
    summary="Return one film with its deliveries",
    responses={
        200: {"model": JobSchema},
        **problems(s404="No such job", s422="The id is not valid"),
    },
    response_class=Response,
)
def get_job(service: Service, queries: Queries, id: FilmId) -> Response:
    """Return what became of a film, and where its result can be delivered."""
    return JSONResponse(_with_destinations(service, queries, service.records.jobs.get(id)))


@router.post(
    "/{id}/retry",
    operation_id="retryJob",
    summary="Try a failed grading or parked deliveries again",
    dependencies=[permit("operate")],
    responses={
        200: {"model": Retried},
        **problems(s404="No such job", s422="The id is not valid"),
    },
    response_class=Response,
)
def retry_job(service: Service, id: FilmId) -> Response:
    """Return how many pieces of work were set going; 0 where nothing had stopped."""
    return JSONResponse({"retried": service.records.jobs.retry(id)})


@router.post(
    "/{id}/deliver",
    operation_id="deliverJob",
    summary="Deliver a graded film's result",
    dependencies=[permit("deliver")],
    status_code=202,
    responses={
        202: {"model": JobSchema},
        **UNREADABLE_BODY,
        **problems(
            s404="No such job",
            s409="The film has no result or is no longer kept, or there is no destination",
            s422="There is no such destination, or the body is not valid",
        ),
    },
    response_class=Response,
)
def deliver_job(
    service: Service, queries: Queries, id: FilmId, request: DeliverRequest | None = None
) -> Response:
    """Have the result sent to all destinations, or to those named.

    What was or is being delivered is not sent again; what is parked is set going again.
    """
    wanted = None if request is None else request.destinations
    job = service.records.jobs.deliver(id, wanted)
    return JSONResponse(_with_destinations(service, queries, job), 202)


def _with_destinations(service: Runtime, queries: PageQueries, job: Job) -> dict[str, Any]:
    return _job(job, queries) | {"destinations": service.records.routing.names}


def _job(job: Job, queries: PageQueries) -> dict[str, Any]:
    return job.to_json() | study_of(job, queries.labels)
