"""``/v1/audit``: who did what, for administrators."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse, Response

from radiograde.service.audit.audit_event import Outcome
from radiograde.service.audit.audit_query import MOST_ROWS, AuditFilter, as_csv, page
from radiograde.service.audit.audit_store import AuditStore, opened_audit
from radiograde.service.http.audit_schemas import AuditEntry, AuditPage
from radiograde.service.http.parameters import Day
from radiograde.service.http.problems import problems
from radiograde.service.http.runtime import Service
from radiograde.service.result_schema import ULID

router = APIRouter(prefix="/v1/audit", tags=["audit"])

Name = Annotated[str, Query(max_length=64, pattern=r"^[^\x00-\x1f]+$")]


def _filter(
    action: Annotated[
        str | None, Query(pattern="^[a-z_]{1,40}$", description="What was done")
    ] = None,
    outcome: Annotated[Outcome | None, Query(description="How it went")] = None,
    actor: Annotated[Name | None, Query(description="Who did it, by the whole name")] = None,
    film_id: Annotated[str | None, Query(pattern=f"^{ULID}$", description="Of this film")] = None,
    patient: Annotated[
        str | None, Query(pattern="^[A-Za-z2-7]{1,26}$", description="How the pseudonym begins")
    ] = None,
    since: Annotated[Day | None, Query(description="First day, UTC")] = None,
    until: Annotated[Day | None, Query(description="Last day, UTC")] = None,
) -> AuditFilter:
    return AuditFilter(action, outcome, actor, film_id, patient, since, until)


def _store(service: Service) -> Iterator[AuditStore]:
    with opened_audit(service.settings) as store:
        yield store


Wanted = Annotated[AuditFilter, Depends(_filter)]
Store = Annotated[AuditStore, Depends(_store)]

_AWAY = problems(s422="A filter is not valid", s503="The audit trail is away")


@router.get(
    "",
    operation_id="listAuditEvents",
    summary="List what was done, newest first",
    responses={200: {"model": AuditPage}, **_AWAY},
    response_class=Response,
)
def list_audit_events(
    store: Store,
    wanted: Wanted,
    limit: Annotated[int, Query(ge=1, le=500, description="How many at most")] = 100,
    before: Annotated[int | None, Query(ge=1, le=2**53, description="`next` of a page")] = None,
) -> Response:
    """Return one page; follow `next` for older rows."""
    rows = page(store, wanted, limit + 1, before)
    shown = [AuditEntry.model_validate(row, from_attributes=True) for row in rows[:limit]]
    is_more = len(rows) > limit
    return JSONResponse(AuditPage(events=shown, next=shown[-1].seq if is_more else None).to_json())


@router.get(
    ".csv",
    operation_id="getAuditCsv",
    summary="Return what was done as CSV",
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}, **_AWAY},
    response_class=Response,
)
def audit_csv(store: Store, wanted: Wanted) -> Response:
    """Return the newest 100 000 rows that the filters let through."""
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    return Response(as_csv(page(store, wanted, MOST_ROWS)), media_type="text/csv", headers=headers)
