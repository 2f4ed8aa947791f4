"""The HTTP service, put together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from fastapi.middleware import Middleware

from model.result import NOTICE
from model.scorer import Scorer
from service.dicomweb.door import StowDoor
from service.middleware import KnownCallers, RequestLog, SafeHeaders
from service.openapi import DescribedApi
from service.problems import add_problem_handlers
from service.routes import card, documents, health, jobs, pages, results, scoring, stow
from service.runtime import open_runtime
from service.settings import Settings
from service.site import load_site


def create_app(settings: Settings, *, scorer: Scorer | None = None) -> FastAPI:
    """Return the app with its model loaded and its store open; they close with its lifespan.

    Raises:
        ModelFileError: the model cannot be used.
        DeviceError: a GPU is asked for and cannot be used.
        StoreError: the results cannot be kept.
        SiteError: the site file cannot be used.
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
    app.state.stow = StowDoor(
        runtime.records.intake, load_site(settings.site_file).node.max_object_mb * 2**20
    )
    add_problem_handlers(app)
    for part in (scoring, results, documents, jobs, stow, card, health, pages):
        app.include_router(part.router)
    pages.mount_assets(app)
    return app
