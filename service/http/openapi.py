"""The OpenAPI document: FastAPI's own, with errors under the media type they really have."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from radiograde.service.http.problems import MEDIA_TYPE
from radiograde.service.http.schemas import Problem

Responses = dict[int | str, dict[str, Any]]

_PROBLEM = {"$ref": "#/components/schemas/Problem"}


def problems(**descriptions: str) -> Responses:
    """Return OpenAPI responses for statuses written ``s404="No such result"``."""
    return {
        int(status[1:]): {"description": description, "model": Problem}
        for status, description in descriptions.items()
    }


class DocumentedApi(FastAPI):
    """An app whose OpenAPI document says ``application/problem+json`` where that is sent."""

    def openapi(self) -> dict[str, Any]:
        """Return the document; it is made once."""
        if self.openapi_schema is None:
            _name_problems(super().openapi())
        return super().openapi()


def _name_problems(document: dict[str, Any]) -> None:
    for path in document["paths"].values():
        for operation in path.values():
            for status, response in operation["responses"].items():
                contents = list(response.get("content", {}).values())
                # FastAPI puts it under the route's own type, such as text/event-stream.
                if int(status) >= 400 and contents and contents[0].get("schema") == _PROBLEM:
                    response["content"] = {MEDIA_TYPE: contents[0]}
