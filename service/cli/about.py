"""What ``info`` tells: versions, the model, where it can run, what it can read."""

from __future__ import annotations

import dataclasses
import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click
import onnxruntime
from pydicom.uid import UID, RLELossless
from rich.console import Console
from rich.table import Table

from radiograde.model.errors import ModelFileError
from radiograde.model.reading.codecs import JPEG, JPEG_2000, JPEG_LS, NATIVE
from radiograde.model.scoring.result import NOTICE, SCHEMA
from radiograde.model.scoring.scorer import Scorer

_LIBRARIES = ("numpy", "pydicom", "imagecodecs", "pillow", "fastapi", "sqlalchemy")
_SYNTAXES = (*NATIVE, RLELossless, *JPEG, *JPEG_LS, *JPEG_2000)


def about(model_path: Path | None) -> dict[str, Any]:
    """Return the facts of this installation as plain JSON types.

    A model that cannot be used is told under ``model.error``; the rest is told all the same.
    """
    return {
        "radiograde": version("radiograde"),
        "schema": SCHEMA,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "libraries": {
            **{name: version(name) for name in _LIBRARIES},
            "onnxruntime": onnxruntime.__version__,
        },
        "providers": onnxruntime.get_available_providers(),
        "model": _model(model_path),
        "formats": ["dicom", "png", "jpeg"],
        "transfer_syntaxes": [{"uid": str(uid), "name": UID(uid).name} for uid in _SYNTAXES],
        "notice": NOTICE,
    }


def write_about(facts: dict[str, Any], *, as_json: bool) -> None:
    """Write the facts to stdout: one JSON object, or a table for people."""
    if as_json:
        click.echo(json.dumps(facts, indent=2))
        return
    table = Table(show_header=False, box=None)
    for name, text in _lines(facts):
        table.add_row(name, text)
    Console().print(table)


def _model(path: Path | None) -> dict[str, Any]:
    try:
        scorer = Scorer(path)
    except ModelFileError as error:
        return {"error": {"code": error.code, "message": error.message}}
    metadata = scorer.metadata
    return dataclasses.asdict(scorer.facts) | {
        "created": metadata.created,
        "licence": metadata.licence,
        "metrics": dict(metadata.metrics),
        "provider": scorer.provider,
    }


def _lines(facts: dict[str, Any]) -> list[tuple[str, str]]:
    model = facts["model"]
    if "error" in model:
        told = [("Model", model["error"]["message"])]
    else:
        told = [
            ("Model", f"{model['name']} {model['version']}, {model['created']}"),
            ("", f"sha256 {model['sha256']}"),
            ("Licence", model["licence"]),
            ("Runs on", f"{model['provider']} (available: {', '.join(facts['providers'])})"),
        ]
    return [
        ("Radiograde", f"{facts['radiograde']}, Python {facts['python']}, {facts['platform']}"),
        *told,
        ("Libraries", ", ".join(f"{name} {number}" for name, number in facts["libraries"].items())),
        ("Reads", "DICOM, PNG, JPEG"),
        ("Syntaxes", "\n".join(syntax["name"] for syntax in facts["transfer_syntaxes"])),
        ("", facts["notice"]),
    ]
