"""``radiograde info``."""

from __future__ import annotations

import dataclasses
import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from radiograde import __version__
from radiograde.service.cli.common import (
    data_dir_of_site_file,
    model_option,
    plain_errors,
    settings_of,
)

_LIBRARIES = ("numpy", "pydicom", "imagecodecs", "pillow", "fastapi", "sqlalchemy")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@data_dir_of_site_file
@model_option
def info(as_json: bool, **chosen: Any) -> None:
    """Show versions, the model, its devices, and readable formats.

    \b
    Example:
      radiograde info --json
    """
    with plain_errors():
        facts = installation(settings_of(chosen).model_path)
    if as_json:
        click.echo(json.dumps(facts, indent=2))
        return
    table = Table(show_header=False, box=None)
    for name, text in _lines(facts):
        table.add_row(name, text)
    Console().print(table)


def installation(model_path: Path | None) -> dict[str, Any]:
    """Return the facts of this installation as plain JSON types.

    A model that cannot be used is reported under ``model.error``, beside the rest.
    """
    import onnxruntime
    from pydicom.uid import UID, RLELossless

    from radiograde.model.reading.codecs import JPEG, JPEG_2000, JPEG_LS, NATIVE
    from radiograde.model.scoring.result import NOTICE, SCHEMA

    syntaxes = (*NATIVE, RLELossless, *JPEG, *JPEG_LS, *JPEG_2000)
    return {
        "radiograde": __version__,
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
        "transfer_syntaxes": [{"uid": str(uid), "name": UID(uid).name} for uid in syntaxes],
        "notice": NOTICE,
    }


def _model(path: Path | None) -> dict[str, Any]:
    from radiograde.model.errors import ModelFileError
    from radiograde.model.scoring.scorer import Scorer

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
        lines = [("Model", model["error"]["message"])]
    else:
        lines = [
            ("Model", f"{model['name']} {model['version']}, {model['created']}"),
            ("", f"sha256 {model['sha256']}"),
            ("Licence", model["licence"]),
            ("Runs on", f"{model['provider']} (available: {', '.join(facts['providers'])})"),
        ]
    return [
        ("Radiograde", f"{facts['radiograde']}, Python {facts['python']}, {facts['platform']}"),
        *lines,
        ("Libraries", ", ".join(f"{name} {number}" for name, number in facts["libraries"].items())),
        ("Reads", "DICOM, PNG, JPEG"),
        ("Syntaxes", "\n".join(syntax["name"] for syntax in facts["transfer_syntaxes"])),
        ("", facts["notice"]),
    ]
