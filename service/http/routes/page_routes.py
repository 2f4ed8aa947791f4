"""What a browser sees: the page at ``/`` and the API documentation, with no outside address."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse
from fastapi.routing import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

WEB = Path(__file__).parents[2] / "web"

_DOCS_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Swagger UI sets styles inline."""

_PLAIN_NAMES = re.compile(r"(/[a-z0-9_-]+(\.[a-z0-9_-]+)*)+", re.ASCII | re.IGNORECASE)

router = APIRouter(include_in_schema=False)


@router.api_route("/", methods=["GET", "HEAD"])
async def home() -> FileResponse:
    """Return the page that grades a chosen file."""
    return FileResponse(WEB / "index.html")


@router.get("/docs")
async def docs() -> FileResponse:
    """Return Swagger UI on this service's OpenAPI document."""
    return FileResponse(WEB / "docs.html", headers={"Content-Security-Policy": _DOCS_POLICY})


class Assets(StaticFiles):
    """Files that a browser may keep, but asks about each time: an update shows at once."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return the file, or 304 where the browser's copy is the same.

        Raises:
            HTTPException: there is none, or the path is not made of plain names: other systems
                know names that lead to a device, or to another computer.
        """
        if not _PLAIN_NAMES.fullmatch(scope["path"]):
            raise HTTPException(404)
        answer = await super().get_response(path, scope)
        answer.headers["Cache-Control"] = "no-cache"
        return answer


def mount_assets(app: FastAPI) -> None:
    """Serve our own assets, and Swagger UI's as the package fastapi-offline carries them."""
    app.mount("/assets", Assets(directory=WEB))
    app.mount("/swagger", Assets(directory=str(files("fastapi_offline") / "static")))
