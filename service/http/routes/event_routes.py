"""``/v1/events``: films as they come in, are graded, fail and are reviewed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.sse import EventSourceResponse, ServerSentEvent

from radiograde.service.http.openapi import problems
from radiograde.service.http.page_queries import Queries
from radiograde.service.worklist.feed import Listener

router = APIRouter(tags=["worklist"])


async def _listener(queries: Queries) -> AsyncIterator[Listener]:
    async with queries.feed.listen() as listener:
        yield listener


@router.get(
    "/v1/events",
    operation_id="getEvents",
    summary="Tell of films as they come in, are graded and are reviewed",
    responses=problems(s503="Too many are listening; Retry-After says when to come back"),
    response_class=EventSourceResponse,
)
async def events(
    listener: Annotated[Listener, Depends(_listener)],
) -> AsyncIterator[ServerSentEvent]:
    """Send an event `film` or `review` with `{"id": ...}` for each change from now on.

    The stream ends with the service. After connecting again, ask for the worklist once more.
    """
    yield ServerSentEvent(comment="listening")
    async for change in listener:
        yield ServerSentEvent(event=change.kind, data={"id": change.id})
