"""What a run would record in MLflow, heard in its place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


class Heard:
    """A tracker that remembers; ``files``: the text of each by its name."""

    def __init__(self) -> None:
        self.figures: dict[str, float | None] = {}
        self.facts: dict[str, object] = {}
        self.files: dict[str, str] = {}

    def parameters(self, values: Mapping[str, object]) -> None:
        self.facts |= values

    def metrics(self, values: Mapping[str, float | None], step: int = 0) -> None:
        self.figures |= values

    def file(self, path: Path, folder: str = "") -> None:
        self.files[path.name] = path.read_text("utf-8")
