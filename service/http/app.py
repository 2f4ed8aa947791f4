"""The HTTP service, put together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import ModuleType

from fastapi import FastAPI
from fastapi.middleware import Middleware

from radiograde import __version__
from radiograde.model.scoring.result import NOTICE
from radiograde.model.scoring.scorer import Scorer
from radiograde.service.audit.service_run import service_run
from radiograde.service.auth.access import Access
from radiograde.service.auth.principal import Permission
from radiograde.service.config.settings import Settings
from radiograde.service.http import film_guard, read_first
from radiograde.service.http.audit_trail import AuditTrail
from radiograde.service.http.caller import REFUSALS, permit
from radiograde.service.http.dicomweb.stow_endpoint import StowEndpoint
from radiograde.service.http.live_settings import LiveSettings, review_recorder
from radiograde.service.http.middleware import (
    KnownCallers,
    PlainPaths,
    RequestLog,
    SafeHeaders,
    SmallBodies,
)
from radiograde.service.http.page_queries import open_page_queries
from radiograde.service.http.problems import DocumentedApi, add_problem_handlers
from radiograde.service.http.proxy_user import proxy_user_middleware
from radiograde.service.http.request_origin import proxy_middleware
from radiograde.service.http.routes import (
    account_routes,
    assignment_routes,
    audit_routes,
    document_routes,
    erasure_routes,
    event_routes,
    health_routes,
    job_routes,
    metrics_routes,
    model_routes,
    monitor_routes,
    page_routes,
    prior_routes,
    problem_routes,
    project_routes,
    reading_routes,
    reading_set_routes,
    registry_routes,
    report_routes,
    result_routes,
    review_routes,
    score_routes,
    session_routes,
    settings_routes,
    sign_on_routes,
    stow_routes,
    user_routes,
    viewing_routes,
    withdrawal_routes,
    worklist_routes,
)
from radiograde.service.http.runtime import open_runtime
from radiograde.service.processes.runner import INLINE, WorkRunner

OPEN = (session_routes, sign_on_routes, health_routes, page_routes)
"""Routes for everybody: they show nothing of what is kept."""

GUARDED: Mapping[ModuleType, Permission] = {
    score_routes: "send",
    stow_routes: "send",
    result_routes: "send",
    job_routes: "send",
    document_routes: "read",
    review_routes: "read",
    reading_routes: "read",
    reading_set_routes: "review",
    report_routes: "send",
    problem_routes: "deliver",
    withdrawal_routes: "read",
    worklist_routes: "read",
    event_routes: "read",
    viewing_routes: "read",
    prior_routes: "read",
    model_routes: "read",
    assignment_routes: "read",
    settings_routes: "administer",
    audit_routes: "administer",
    metrics_routes: "operate",
    erasure_routes: "administer",
    user_routes: "manage",
    account_routes: "manage",
    project_routes: "manage",
    registry_routes: "operate",
    monitor_routes: "operate",
}
"""The permission that every route of a module asks; a route that asks more says so itself, by
``dependencies=[permit(...)]``. A new module of routes comes in here."""


def create_app(
    settings: Settings, *, scorer: Scorer | None = None, runner: WorkRunner = INLINE
) -> FastAPI:
    """Return the app with its model loaded and its store open; they close with its lifespan.

    ``runner``: where documents, pixels and pictures are made; it closes with the app, too.

    Raises:
        ModelFileError: the model cannot be used.
        DeviceError: a GPU is asked for and cannot be used.
        StoreError: the results cannot be kept.
    """
    runtime = open_runtime(settings, scorer, runner)
    queries = open_page_queries(runtime)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        _prepare_routes(app)
        live.start()
        with service_run(runtime.records.audit, settings, "serve"):
            yield
        live.close()
        queries.close()
        runtime.close()

    app = DocumentedApi(
        title="Radiograde",
        version=__version__,
        description=f"Grades lung involvement on a frontal chest radiograph. {NOTICE}",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
        middleware=[
            *proxy_user_middleware(settings),
            *proxy_middleware(settings),
            Middleware(SafeHeaders),
            Middleware(RequestLog),
            Middleware(AuditTrail, audit=runtime.records.audit),
            Middleware(KnownCallers, names=settings.host_names),
            Middleware(PlainPaths),
            Middleware(SmallBodies),
        ],
    )
    app.state.runtime = runtime
    app.state.access = Access.of(runtime.records.database, settings)
    app.state.page_queries = queries
    app.state.stow = StowEndpoint(runtime.records.intake, settings.limits)
    app.state.reviews = review_recorder(runtime)
    app.state.live_settings = live = LiveSettings(app, settings)
    app.state.withdrawals = runtime.records.withdrawal_recorder()
    add_problem_handlers(app)
    _include_routes(app)
    return app


def _prepare_routes(app: FastAPI) -> None:
    """Have FastAPI make what it would make for the first request, which takes a second."""
    nowhere = {"type": "http", "method": "GET", "path": "", "root_path": "", "headers": []}
    for route in app.routes:
        route.matches(nowhere)


def _include_routes(app: FastAPI) -> None:
    for part, permission in GUARDED.items():
        needs = [permit(permission), film_guard.guard, read_first.guard]
        app.include_router(part.router, dependencies=needs, responses=REFUSALS)
    for part in OPEN:
        app.include_router(part.router)
    page_routes.mount_assets(app)
