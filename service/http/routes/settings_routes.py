"""``/v1/settings``: the site file, for administrators."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response

from radiograde.service.http.administration_schemas import (
    ChangedSettings,
    Findings,
    SettingsChange,
    SiteSettings,
    Trial,
)
from radiograde.service.http.caller import Caller
from radiograde.service.http.live_settings import LiveSettings
from radiograde.service.http.problems import UNREADABLE_BODY, problems
from radiograde.service.http.runtime import Service

router = APIRouter(prefix="/v1/settings", tags=["administration"])
log = structlog.get_logger("radiograde.settings")


async def _live(request: Request) -> LiveSettings:
    live: LiveSettings = request.app.state.live_settings
    return live


@router.get(
    "",
    operation_id="getSettings",
    summary="Return what the site file says",
    responses={200: {"model": SiteSettings}, **problems(s422="The file cannot be read")},
    response_class=Response,
)
def get_settings(service: Service) -> Response:
    """Return the settings that take effect without a restart, and what each may be."""
    from radiograde.service.administration.settings_schema import live_schema
    from radiograde.service.administration.site_editor import SiteEditor

    file = SiteEditor(service.settings).read()
    document = {
        "file": str(file.path),
        "version": file.version,
        "tables": file.tables,
        "elsewhere": file.elsewhere,
        "schema": live_schema(),
    }
    return JSONResponse(document)


@router.post(
    "",
    operation_id="changeSettings",
    summary="Change the site file",
    responses={
        200: {"model": ChangedSettings},
        **UNREADABLE_BODY,
        **problems(
            s409="The file was written meanwhile, or the service may not write it",
            s422="It would not fit, or the page may not change it",
        ),
    },
    response_class=Response,
)
def change_settings(
    service: Service,
    caller: Caller,
    live: Annotated[LiveSettings, Depends(_live)],
    body: SettingsChange,
) -> Response:
    """Write these tables, all other lines and comments as they were; they are in force at once."""
    from radiograde.service.administration.site_editor import SiteEditor

    editor = SiteEditor(service.settings)
    changed = editor.change(body.version, body.tables)
    live.follow()
    log.info("site_file_changed", by=caller.name, settings=changed)
    return JSONResponse({"changed": changed, "version": editor.read().version})


@router.post(
    "/trial",
    operation_id="trySettings",
    summary="Try a destination or a channel of notifications",
    responses={
        200: {"model": Findings},
        **UNREADABLE_BODY,
        **problems(s422="It does not fit, or names what the page may not name"),
    },
    response_class=Response,
)
def try_settings(service: Service, body: Trial) -> Response:
    """Return what was found, whether it is in the file or not; nothing of a patient is sent."""
    from radiograde.service.administration.site_editor import SiteEditor
    from radiograde.service.administration.trials import trial_of

    found = trial_of(SiteEditor(service.settings).entry(body.table, body.config))()
    return JSONResponse({"findings": [asdict(one) for one in found]})
