"""``GET /v1/model``: which model grades here, and what is known of it."""

from __future__ import annotations

import dataclasses

import onnxruntime
from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from radiograde.model.scoring.result import NOTICE
from radiograde.service.http.runtime import Service
from radiograde.service.http.schemas import ModelCard

router = APIRouter(tags=["model"])


@router.get(
    "/v1/model",
    operation_id="getModel",
    summary="Return the facts of the model in use",
    responses={200: {"model": ModelCard}},
    response_class=Response,
)
def get_model(service: Service) -> Response:
    """Return name, version, digest, where it runs, and the metadata of the ONNX file."""
    scorer = service.scorer
    card = ModelCard(
        **dataclasses.asdict(scorer.facts),
        provider=scorer.provider,
        available_providers=onnxruntime.get_available_providers(),
        metadata=dict(scorer.metadata.raw),
        notice=NOTICE,
    )
    return JSONResponse(card.to_json())
