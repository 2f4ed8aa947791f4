"""``/v1/events``: what the page follows, for as long as its caller may read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from radiograde.service.errors import NotAllowedError, StoreError
from radiograde.service.films.pseudonym import label_of
from radiograde.service.http.caller import AccessOfRequest, Caller, PlaceHolder, find_caller
from radiograde.service.http.film_guard import Films, access_of_request
from radiograde.service.http.page_queries import Queries
from radiograde.service.http.problems import problems
from radiograde.service.http.runtime import Service
from radiograde.service.worklist.change_feed import Listener

router = APIRouter(tags=["worklist"])

CHECK_EVERY_S = 5.0
"""How long a stream may go on after a sign-out, the end of a session, the loss of a key or role."""


async def _still_allowed(
    request: Request, caller: Caller, films: Films, access: AccessOfRequest, service: Service
) -> Callable[[], bool]:
    def may_read() -> bool:
        now = find_caller(request, access, service.settings, attended=False).principal
        if now is None or now.name != caller.name:
            return False
        with suppress(NotAllowedError):
            return access_of_request(request, now) == films
        return False

    return may_read


async def _listener(
    may_read: Annotated[Callable[[], bool], Depends(_still_allowed)],
    holder: PlaceHolder,
    queries: Queries,
) -> AsyncIterator[Listener]:
    with queries.streams.held_by(holder):
        async with queries.feed.listen() as listener:
            checking = asyncio.create_task(_end_without(may_read, listener))
            try:
                yield listener
            finally:
                checking.cancel()


async def _end_without(may_read: Callable[[], bool], listener: Listener) -> None:
    allowed = True
    while allowed:
        await asyncio.sleep(CHECK_EVERY_S)
        with suppress(StoreError):
            allowed = await run_in_threadpool(may_read)
    listener.end()


@router.get(
    "/v1/events",
    operation_id="getEvents",
    summary="Follow films as they come in, are graded, are reviewed and are delivered",
    responses=problems(s503="Too many are listening; Retry-After says when to come back"),
    response_class=EventSourceResponse,
)
async def events(
    listener: Annotated[Listener, Depends(_listener)], films: Films, service: Service
) -> AsyncIterator[ServerSentEvent]:
    """Send an event `film`, `review` or `delivery` for each change from now on.

    Its data is `{"id": ...}` of the film, with the `patient`'s label where there is one; ask for
    the rows with `GET /v1/worklist?id=...`. The stream ends with the service, and within seconds
    of a sign-out or of another role. After connecting again, ask for the worklist once more.
    """
    yield ServerSentEvent(comment="listening")
    database = service.records.database
    async for change in listener:
        if films.is_limited and not await run_in_threadpool(films.has, database, change.id):
            continue
        data = {"id": change.id}
        if change.patient is not None:
            data["patient"] = label_of(change.patient)
        yield ServerSentEvent(event=change.kind, data=data)
