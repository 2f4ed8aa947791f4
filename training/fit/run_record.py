"""``run.json``: what ran, on what, and how long each stage took."""

from __future__ import annotations

import json
import platform
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from radiograde.training.dataset.film_dataset import Study
from radiograde.training.distributed import Machine
from radiograde.training.run_paths import RECORD


class RunRecord:
    """The record of one run; a stage that is killed outright counts from its last beginning.

    ``teacher``: the run that taught it; what that took is told beside its own minutes.
    """

    def __init__(
        self, run: Path, study: Study, machine: Machine, teacher: Path | None = None
    ) -> None:
        self.path, self.first = run / RECORD, machine.first
        known = _read(self.path)
        theirs = _read(teacher / RECORD) if teacher is not None else {}
        self.facts: dict[str, Any] = {
            "manifest": study.manifest.digest,
            "films": len(study.manifest.films),
            "python": platform.python_version(),
            "torch": version("torch"),
            "radiograde": version("radiograde"),
            "device": str(machine.device),
            "threads": torch.get_num_threads(),
            "processes": machine.processes,
            "minutes": known.get("minutes", 0.0),
            "teacher_minutes": theirs.get("minutes", 0.0) + theirs.get("teacher_minutes", 0.0),
            "seconds": known.get("seconds", {}),
        }
        self.started, self.waited = time.monotonic(), self.facts["minutes"]
        self._write()

    def add(self, stage: str, seconds: float) -> None:
        """Add to the seconds that a stage took, and keep the minutes that a person waited.

        Stages side by side count once in the minutes.
        """
        spent = self.facts["seconds"]
        spent[stage] = round(spent.get(stage, 0.0) + seconds)
        minutes = (time.monotonic() - self.started) / 60
        self.facts["minutes"] = round(self.waited + minutes, 1)
        self._write()

    def _write(self) -> None:
        if self.first:
            self.path.write_text(json.dumps(self.facts, indent=2) + "\n")


def _read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text()) if path.exists() else {}
