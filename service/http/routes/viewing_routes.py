"""What a viewer draws of a film: its pixels before the window, and the maps of its scores."""

from __future__ import annotations

from functools import partial
from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response

from radiograde.service.http.document_pool import Turn
from radiograde.service.http.entity_tags import is_known, tagged
from radiograde.service.http.page_queries import PageQueries, Queries
from radiograde.service.http.parameters import FilmId
from radiograde.service.http.problems import Responses, problems
from radiograde.service.http.read_first import Blinding, CallerBlinding
from radiograde.service.viewing.view import View

router = APIRouter(prefix="/v1/results/{id}", tags=["viewing"])

BINARY = "application/octet-stream"

_PROBLEMS: Responses = problems(
    s404="No such result",
    s409="The film could not be read or is no longer kept, or it has no maps",
    s422="The id is not valid",
    s503="The store is away, or too many are asked for at the same time",
)
_BYTES: Responses = {
    200: {"content": {BINARY: {"schema": {"type": "string", "format": "binary"}}}},
    **_PROBLEMS,
}


@router.get(
    "/view",
    operation_id="getView",
    summary="Return size, scale, windows and orientation of a film",
    responses={200: {"model": View}, **_PROBLEMS},
    response_class=Response,
)
async def get_view(queries: Queries, blinding: CallerBlinding, turn: Turn, id: FilmId) -> Response:
    """Return what turns the film's pixels into a picture; it names no patient."""
    view = await turn.run(partial(_view, queries, blinding, id))
    return JSONResponse(view.to_json())


def _view(queries: PageQueries, blinding: Blinding, id: str) -> View:
    view = queries.viewer.view(id)
    return view.model_copy(update={"maps": None}) if blinding.hides(id) else view


@router.get(
    "/preview",
    operation_id="getPreview",
    summary="Return a film at a screen's size, with its view and maps",
    responses={**_BYTES, 304: {"description": "The caller has it: If-None-Match"}},
    response_class=Response,
)
async def get_preview(
    request: Request, queries: Queries, blinding: CallerBlinding, turn: Turn, id: FilmId
) -> Response:
    """Return what a page shows at once: three 32-bit words, little-endian, and three parts.

    The words: bytes of the first and of the second part, and how many film pixels a pixel of the
    third spans each way. The parts: the JSON of `/view`, the planes of `/maps`, which may be
    empty, and pixels packed as in `/pixels?packed=true`, each the mean of those that it spans.
    """
    content = await turn.run(partial(_preview, queries, blinding, id))
    tag = f'"{sha256(content).hexdigest()}"'
    if is_known(request, tag):
        return tagged(Response(status_code=304), tag)
    return tagged(Response(content, media_type=BINARY), tag)


def _preview(queries: PageQueries, blinding: Blinding, id: str) -> bytes:
    return queries.viewer.preview(id, with_maps=not blinding.hides(id))


@router.get(
    "/pixels",
    operation_id="getPixels",
    summary="Return a film's pixels before the window",
    responses={**_BYTES, 304: {"description": "The caller has them: If-None-Match"}},
    response_class=Response,
)
async def get_pixels(
    request: Request,
    queries: Queries,
    turn: Turn,
    id: FilmId,
    packed: Annotated[
        bool,
        Query(
            description="As differences of neighbours, in fewer bytes: two 32-bit words with the "
            "sizes of two parts, then the high and the low bytes of the folded differences, each "
            "in zlib's format where it is shorter than there are pixels"
        ),
    ] = False,
) -> Response:
    """Return rows * columns unsigned 16-bit words, little-endian, upright.

    A browser may keep them and asks each time whether they are still to be shown.
    """
    facts = await turn.run(partial(queries.viewer.pixels_tag, id))
    tag = f'"{facts}-{"packed" if packed else "plain"}"'
    if is_known(request, tag):
        return tagged(Response(status_code=304), tag)
    wanted = queries.viewer.packed_pixels if packed else queries.viewer.pixels
    pixels = await turn.run(partial(wanted, id))
    return tagged(Response(pixels, media_type=BINARY), tag)


@router.get(
    "/maps",
    operation_id="getMaps",
    summary="Return the maps behind a film's scores",
    responses=_BYTES,
    response_class=Response,
)
async def get_maps(queries: Queries, turn: Turn, id: FilmId) -> Response:
    """Return three planes of rows * columns bytes: opacity, the patient's right and left lung."""
    maps = await turn.run(partial(queries.viewer.maps, id))
    return Response(maps, media_type=BINARY)


@router.get(
    "/thumbnail.jpg",
    operation_id="getThumbnail",
    summary="Return a small picture of a film",
    responses={
        200: {"content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}},
        **_PROBLEMS,
    },
    response_class=Response,
)
async def get_thumbnail(queries: Queries, turn: Turn, id: FilmId) -> Response:
    """Return the film as it was graded, 144 pixels at its longest side."""
    thumbnail = await turn.run(partial(queries.viewer.thumbnail, id))
    return Response(thumbnail, media_type="image/jpeg")
