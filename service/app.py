"""The HTTP service, put together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from fastapi.middleware import Middleware

from model.result import NOTICE
from model.scorer import Scorer
from service.middleware import KnownCallers, RequestLog, SafeHeaders
from service.openapi import DescribedApi
from service.problems import add_problem_handlers
from service.routes import card, health, pages, results, scoring
from service.runtime import open_runtime
from service.settings import Settings


def create_app(settings: Settings, *, scorer: Scorer | None = None) -> FastAPI:
    """Return the app with its model loaded and its store open; they close with its lifespan.

    Raises:
        ModelFileError: the model cannot be used.
        DeviceError: a GPU is asked for and cannot be used.
        StoreError: the results cannot be kept.
    """
    runtime = open_runtime(settings, scorer)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        runtime.close()

    app = DescribedApi(
        title="Radiograde",
        version=version("radiograde"),
        description=f"Grades lung involvement on a frontal chest radiograph. {NOTICE}",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        middleware=[
            Middleware(SafeHeaders),
            Middleware(RequestLog),
            Middleware(KnownCallers, names=settings.host_names),
        ],
    )
    app.state.runtime = runtime
    add_problem_handlers(app)
    for part in (scoring, results, card, health, pages):
        app.include_router(part.router)
    pages.mount_assets(app)
    return app
