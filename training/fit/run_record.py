"""``run.json``: what ran, on what films and machine, and how long each stage took."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Self

import torch

from radiograde import __version__
from radiograde.training.dataset.film_dataset import FilmDataset
from radiograde.training.distributed import DistributedContext
from radiograde.training.errors import UnfitDataError
from radiograde.training.run_paths import RunPaths

DECODING = "decode"
"""What the seconds until all films are decoded are called; few where they were."""

INPUT_CHECK_STAGE = "gate"
"""What the seconds of the input check are called in the JSON of runs and evaluations."""


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What ``run.json`` holds.

    ``manifest``: its sha256. ``minutes``: what a person waited for the run so far, and
    ``teacher_minutes`` for its teacher and the teacher's own. ``seconds``: what each stage took.
    """

    manifest: str
    films: int
    python: str
    torch: str
    radiograde: str
    device: str
    threads: int
    processes: int
    minutes: float = 0.0
    teacher_minutes: float = 0.0
    seconds: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> Self | None:
        """Return what ``save`` wrote; None where there is no such file."""
        return cls(**json.loads(path.read_text())) if path.exists() else None

    def save(self, path: Path) -> None:
        """Write the facts as JSON, whole or not at all: another process may read them meanwhile."""
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(asdict(self), indent=2) + "\n")
        partial.replace(path)


class RunRecord:
    """The record of one run; a stage that is killed outright counts from its last beginning.

    ``teacher``: folder of its teacher's run; what that took is kept beside its own minutes.
    """

    def __init__(
        self,
        paths: RunPaths,
        dataset: FilmDataset,
        distributed: DistributedContext,
        teacher: Path | None = None,
    ) -> None:
        self.path, self.is_main = paths.record, distributed.is_main
        known = RunFacts.load(self.path)
        theirs = RunFacts.load(paths.of_run(teacher).record) if teacher is not None else None
        self.facts = RunFacts(
            manifest=dataset.manifest.digest,
            films=len(dataset.manifest.films),
            python=platform.python_version(),
            torch=version("torch"),
            radiograde=__version__,
            device=str(distributed.device),
            threads=torch.get_num_threads(),
            processes=distributed.world_size,
            minutes=known.minutes if known else 0.0,
            teacher_minutes=theirs.minutes + theirs.teacher_minutes if theirs else 0.0,
            seconds=known.seconds if known else {},
        )
        self.started, self.waited = time.monotonic(), self.facts.minutes
        self._save()

    def add(self, stage: str, seconds: float) -> None:
        """Add to the seconds that a stage took, and keep the minutes that a person waited.

        Stages in parallel count once in the minutes.
        """
        spent = self.facts.seconds
        minutes = self.waited + (time.monotonic() - self.started) / 60
        self.facts = replace(
            self.facts,
            minutes=round(minutes, 1),
            seconds={**spent, stage: round(spent.get(stage, 0.0) + seconds)},
        )
        self._save()

    def _save(self) -> None:
        if self.is_main:
            self.facts.save(self.path)


def check_same_films(paths: RunPaths, dataset: FilmDataset) -> None:
    """Raise UnfitDataError unless the run, where it has begun, was begun with these films.

    Other films would be dealt into other folds, and measured by models that learned from them.
    """
    facts = RunFacts.load(paths.record)
    if facts is not None and facts.manifest != dataset.manifest.digest:
        raise UnfitDataError(
            f"{paths.run} was trained on another manifest than {dataset.manifest.path.name} is "
            "now. Give that one, or train anew in another folder."
        )
