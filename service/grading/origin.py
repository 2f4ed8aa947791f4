"""What computes the scores in this process: found out once, for it does not change."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import onnxruntime

import radiograde.model
from radiograde import __version__
from radiograde.model.cores import processor_name
from radiograde.model.scoring.scorer import Scorer

LIBRARIES = ("pydicom", "imagecodecs", "pillow", "numpy")
"""What decodes and computes, beside ONNX Runtime, which is installed under several names."""


@cache
def computing() -> Mapping[str, Any]:
    """Return versions and digests of what computes a score here, but for the model."""
    return {
        "radiograde": __version__,
        "code": code_digest(Path(radiograde.model.__file__ or "").parent),
        "libraries": {name: version(name) for name in LIBRARIES}
        | {"onnxruntime": onnxruntime.__version__},
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": processor_name(),
    }


def code_digest(package: Path) -> str:
    """Return the SHA-256 of a package's Python files, their names and what is in them."""
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(package).as_posix()} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def origin_of(scorer: Scorer) -> dict[str, Any]:
    """Return what computes a score with a scorer, as plain JSON types."""
    facts = scorer.facts
    model = {"name": facts.name, "version": facts.version, "sha256": facts.sha256}
    runs = {"provider": scorer.provider, "threads": scorer.threads}
    return {"model": model, **computing(), **runs}
