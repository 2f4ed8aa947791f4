"""The documents of a result: picture, DICOM objects, FHIR, PDF."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from radiograde.service.config.site import DocumentKind, Language
from radiograde.service.documents.document import Document
from radiograde.service.documents.document_kinds import PageReport
from radiograde.service.documents.document_store import DocumentStore
from radiograde.service.http.caller import AnyCaller
from radiograde.service.http.document_pool import Turn
from radiograde.service.http.film_guard import Films
from radiograde.service.http.page_queries import PageQueries, Queries
from radiograde.service.http.parameters import FilmId
from radiograde.service.http.problems import problems
from radiograde.service.http.read_first import CallerBlinding
from radiograde.service.http.runtime import Service
from radiograde.service.worklist.history import PatientHistory
from radiograde.service.worklist.since_prior import change_since_prior

router = APIRouter(prefix="/v1/results/{id}", tags=["documents"])

PATHS: dict[DocumentKind, tuple[str, str]] = {
    "sr": ("/sr", "DICOM structured report"),
    "seg": ("/seg", "DICOM segmentation of lungs and opacity"),
    "sc": ("/sc", "DICOM secondary capture with the numbers"),
    "pr": ("/pr", "DICOM presentation state with outlines and scores"),
    "doc": ("/doc", "report as a DICOM encapsulated PDF"),
    "fhir": ("/fhir", "FHIR R4 bundle"),
}


def _route(kind: DocumentKind) -> Callable[..., Awaitable[Response]]:
    async def document(service: Service, turn: Turn, id: FilmId) -> Response:
        found = await turn.run(partial(service.records.document_store.document, id, kind))
        return document_response(found)

    return document


def document_response(document: Document) -> Response:
    """Return the answer that shows a document in the browser, under its name."""
    headers = {"Content-Disposition": f'inline; filename="{document.name}"'}
    return Response(document.content, media_type=document.media_type, headers=headers)


def _answers(media_type: str) -> dict[int | str, dict[str, object]]:
    is_json = media_type.endswith("+json")
    schema = {"type": "object"} if is_json else {"type": "string", "format": "binary"}
    return {
        200: {"content": {media_type: {"schema": schema}}},
        **problems(
            s404="No such result",
            s409="The result has no such document",
            s422="The id is not valid",
            s503="The store is away, or too many are asked for at the same time",
            s507="The document cannot be written to disk",
        ),
    }


_MEDIA_TYPES: dict[DocumentKind, str] = {"fhir": "application/fhir+json"}

for _kind, (_path, _what) in PATHS.items():
    router.add_api_route(
        _path,
        _route(_kind),
        methods=["GET"],
        operation_id=f"get{_kind.capitalize()}",
        summary=f"Return the {_what}",
        responses=_answers(_MEDIA_TYPES.get(_kind, "application/dicom")),
        response_class=Response,
    )


@router.get(
    "/report.pdf",
    operation_id="getPdf",
    summary="Return the one-page PDF report",
    responses=_answers("application/pdf"),
    response_class=Response,
)
async def report(
    service: Service,
    queries: Queries,
    caller: AnyCaller,
    turn: Turn,
    blinding: CallerBlinding,
    films: Films,
    id: FilmId,
    language: Annotated[Language, Query(description="Of the statement, for people")] = "en",
) -> Response:
    """Return what delivery sends to a caller with a key; to people what the page may show.

    RADIOGRADE_IDENTIFIERS says how much of the patient's identity that is. People's report also
    says how the film differs from the patient's prior one.
    """
    store = service.records.document_store
    if caller.is_machine:
        return document_response(await turn.run(partial(store.document, id, "pdf")))
    shown = PageReport(service.settings.identifiers, language=language)
    history = partial(queries.history.of, id, films)
    made = partial(_report, store, queries, lambda: blinding.history(history()), id, shown)
    return document_response(await turn.run(made))


def _report(
    store: DocumentStore,
    queries: PageQueries,
    history: Callable[[], PatientHistory],
    id: str,
    shown: PageReport,
) -> Document:
    label = None if shown.identifiers == "full" else queries.worklist.label(id)
    change = change_since_prior(history(), id)
    return store.page_report(id, replace(shown, label=label, change=change))


@router.get(
    "/overlay.png",
    operation_id="getOverlay",
    summary="Return the film with the opacity that was found",
    responses=_answers("image/png"),
    response_class=Response,
)
async def overlay(service: Service, turn: Turn, id: FilmId) -> Response:
    """Return the picture of a scored film; it names no patient."""
    picture = await turn.run(partial(service.records.document_store.overlay, id))
    return Response(picture, media_type="image/png")
