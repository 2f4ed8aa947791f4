"""Models of a site that load at once: a file's bytes are its name, its version and its faults."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from radiograde.model.errors import ModelFileError
from radiograde.model.reading.radiograph import Radiograph
from radiograde.model.scoring.input_check import CLASSES
from radiograde.model.scoring.result import ModelFacts, SeverityResult
from radiograde.service.config.settings import Settings
from radiograde.service.database.engine import open_database
from radiograde.service.programme.model_files import MODELS, ModelFiles
from radiograde.service.programme.model_repository import ModelRepository
from radiograde.service.programme.release import ModelRelease
from radiograde.service.storage.folder_storage import FolderStorage
from tests.service.fakes import METADATA, FakeScorer


class NamedScorer(FakeScorer):
    """Answers as a fake does, under the name of its file."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.facts = ModelFacts("site", content.decode()[:20], hashlib.sha256(content).hexdigest())
        self.metadata = replace(METADATA, name="site")
        self.session: Any = SimpleNamespace(run=self._answers)
        self._broken = b"broken" in content

    def score(self, radiograph: Radiograph) -> SeverityResult:
        return replace(super().score(radiograph), model=self.facts)

    def _answers(self, outputs: list[str], feeds: object) -> list[object]:
        zone = np.nan if self._broken else 1.0
        return [
            np.full((1, 6), zone, np.float32),
            np.full((1, 2), 3.0, np.float32),
            np.full((1, 9), 0.5, np.float32),
            np.zeros((1, 1, 8, 8), np.float32),
            np.zeros((1, 2, 8, 8), np.float32),
            np.full((1, len(CLASSES)), 1 / len(CLASSES), np.float32),
        ]


@dataclass
class SiteModels:
    """The models of a site in a folder, and how often files were loaded."""

    release: ModelRelease
    folder: Path
    loads: list[Path] = field(default_factory=list)

    def add(self, version: str, by: str = "kim") -> str:
        """Add a model, and return its sha256."""
        path = self.folder / f"{version}.onnx"
        path.write_bytes(version.encode())
        return self.release.add(path, by).sha256

    def accepted(self, version: str, by: str = "kim", verdict: str = "accepted") -> str:
        """Add a model whose acceptance is recorded, and return its sha256."""
        sha256 = self.add(version, by)
        self.release.record(acceptance(sha256, verdict), by)
        return sha256


def acceptance(sha256: str, verdict: str = "accepted") -> bytes:
    """Return a record as `radiograde accept` writes it, of its members those that are read."""
    record = {"format": "radiograde.acceptance/1", "verdict": verdict, "model": {"sha256": sha256}}
    return json.dumps(record).encode()


@contextmanager
def site_models(folder: Path) -> Iterator[SiteModels]:
    settings = Settings(data_dir=folder / "data")
    settings.data_dir.mkdir()
    loads: list[Path] = []

    def load(path: Path) -> NamedScorer:
        loads.append(path)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ModelFileError("No model file.") from error
        return NamedScorer(content)

    with closing(open_database(settings)) as database:
        files = ModelFiles(settings.data_dir / MODELS, FolderStorage(settings.data_dir))
        release = ModelRelease(ModelRepository(database), files, load, load)
        yield SiteModels(release, folder, loads)
