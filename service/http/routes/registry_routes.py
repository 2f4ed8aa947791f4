"""``/v1/models``: the models of the site, and releasing them."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool

from radiograde.service.grading.site_models import model_release
from radiograde.service.http.caller import AccessOfRequest, Caller
from radiograde.service.http.problems import UNREADABLE_BODY, Responses, problems
from radiograde.service.http.programme_schemas import (
    EvidenceRequest,
    ModelDigest,
    ModelOfSite,
    ModelsOfSite,
    ShadowRequest,
)
from radiograde.service.http.runtime import Service
from radiograde.service.programme.model_repository import SiteModel
from radiograde.service.programme.release import ModelRelease
from radiograde.service.programme.shadow_figures import shadow_figures

router = APIRouter(prefix="/v1/models", tags=["models"])

_CHANGED: Responses = {
    200: {"model": ModelOfSite},
    **problems(
        s404="No model of the site begins with this digest",
        s409="It may not be done: the answer says why",
        s422="What was sent is not valid",
        s500="The model's file fails its self-test",
        s503="The store is away",
        s507="It cannot be written to disk",
    ),
}
_WITH_BODY: Responses = {**UNREADABLE_BODY, **_CHANGED}


async def _release(service: Service) -> ModelRelease:
    return model_release(service.settings, service.records.database)


Release = Annotated[ModelRelease, Depends(_release)]


@router.get(
    "",
    operation_id="listModels",
    summary="List the models of the site, and how the one in shadow agrees",
    responses={200: {"model": ModelsOfSite}, **problems(s503="The store is away")},
    response_class=Response,
)
def list_models(service: Service, release: Release) -> Response:
    """Return every model with what was done with it."""
    shadow = service.records.shadow.model()
    figures = None
    if shadow is not None:
        found = shadow_figures(service.records.shadow.pairs(shadow.sha256))
        figures = {"model": shadow.sha256, **found.to_json()}
    models = [_document(release, model) for model in release.models.all()]
    grading = service.scorer.facts.sha256
    return JSONResponse({"grading": grading, "models": models, "shadow": figures})


@router.post(
    "/evidence",
    operation_id="recordEvidence",
    summary="File the record of a test of a model",
    responses=_WITH_BODY,
    response_class=Response,
)
async def record_evidence(
    request: Request, release: Release, caller: Caller, body: EvidenceRequest
) -> Response:
    """File `acceptance.json` or `comparison.json` as it is; its sha256 stands beside the model."""
    content = await request.body()
    evidence = await run_in_threadpool(release.record, content, caller.name)
    return await run_in_threadpool(_answer, release, evidence.model)


@router.post(
    "/rollback",
    operation_id="rollBackModel",
    summary="Go back to the model that graded before",
    responses=_CHANGED,
    response_class=Response,
)
def roll_back(release: Release, caller: Caller) -> Response:
    """Return the model that left production."""
    left, _ = release.roll_back(caller.name)
    return _answer(release, left.sha256)


@router.post(
    "/{digest}/promote",
    operation_id="promoteModel",
    summary="Have a model grade",
    responses=_CHANGED,
    response_class=Response,
)
def promote(
    release: Release, access: AccessOfRequest, caller: Caller, digest: ModelDigest
) -> Response:
    """Promote a model whose last acceptance passed; where there are users by a second person."""
    two_persons = bool(access.users.all())
    return _answer(release, release.promote(digest, caller.name, two_persons=two_persons).sha256)


@router.post(
    "/{digest}/retire",
    operation_id="retireModel",
    summary="Take a model out of use",
    responses=_CHANGED,
    response_class=Response,
)
def retire(release: Release, caller: Caller, digest: ModelDigest) -> Response:
    """Retire a model that is not in production; no rollback goes back to it."""
    return _answer(release, release.retire(digest, caller.name).sha256)


@router.post(
    "/{digest}/shadow",
    operation_id="shadowModel",
    summary="Have a candidate grade live films in shadow",
    responses=_WITH_BODY,
    response_class=Response,
)
def shadow(release: Release, caller: Caller, digest: ModelDigest, body: ShadowRequest) -> Response:
    """Put a candidate into shadow, with its share of live films; 0 ends it."""
    return _answer(release, release.shadow(digest, caller.name, body.share).sha256)


def _answer(release: ModelRelease, sha256: str) -> Response:
    return JSONResponse(_document(release, release.find(sha256)))


def _document(release: ModelRelease, model: SiteModel) -> dict[str, Any]:
    events = [
        {
            "at": event.at.isoformat(),
            "by": event.by,
            "action": event.action,
            "outcome": event.outcome,
            "evidence": event.evidence,
        }
        for event in release.models.events(model.sha256)
    ]
    return dataclasses.asdict(model) | {"added": model.added.isoformat(), "events": events}
