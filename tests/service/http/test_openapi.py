"""The OpenAPI document promises what it promised: programs are generated from it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

PROMISED = json.loads((Path(__file__).parent / "openapi.json").read_text("utf-8"))
"""Of version 0.5.0. What is added may be added here; what is gone or renamed breaks programs."""


def outline(document: dict[str, Any]) -> dict[str, Any]:
    """Return operations with parameters and answers, and the properties of every schema."""
    return {
        "operations": {
            f"{method.upper()} {path}": {
                "id": operation["operationId"],
                "parameters": sorted(
                    f"{one['in']} {one['name']}" for one in operation.get("parameters", [])
                ),
                "takes": sorted(operation.get("requestBody", {}).get("content", {})),
                "answers": {
                    status: {
                        media: content.get("schema", {}).get("$ref", "").rpartition("/")[2]
                        for media, content in response.get("content", {}).items()
                    }
                    for status, response in operation["responses"].items()
                },
            }
            for path, operations in document["paths"].items()
            for method, operation in operations.items()
        },
        "schemas": {
            name: {
                "properties": sorted(schema["properties"]),
                "required": sorted(schema.get("required", [])),
            }
            for name, schema in document["components"]["schemas"].items()
        },
    }


def test_operations_and_properties_are_as_promised(client: TestClient) -> None:
    assert outline(client.get("/openapi.json").json()) == PROMISED
