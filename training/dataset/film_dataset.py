"""A run's films: decoded, labelled, split into folds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from radiograde.data import manifest as manifests
from radiograde.data.manifest import Manifest
from radiograde.model.scoring.preprocess import Preprocessing
from radiograde.training.config import TrainConfig
from radiograde.training.dataset import film_cache as films
from radiograde.training.dataset import targets
from radiograde.training.errors import UnfitDataError
from radiograde.training.run_paths import RECORD


@dataclass(frozen=True, slots=True)
class Study:
    """N films with everything that is known of them.

    ``folds``: (N,). ``severity``, ``lateral``: (N,) bool.
    """

    manifest: Manifest
    cache: films.FilmCache
    targets: targets.Targets
    folds: Tensor
    severity: Tensor
    lateral: Tensor

    @property
    def pretraining(self) -> Tensor:
        """Indices of the frontal films of patients without any severity label."""
        graded = {f.patient for f in self.manifest.films if f.has_severity}
        free = torch.tensor([f.patient not in graded for f in self.manifest.films])
        return torch.nonzero(free & ~self.lateral)[:, 0]

    @property
    def fold_numbers(self) -> list[int]:
        """The folds that there are, in order."""
        return sorted(set(self.folds.tolist()))

    def outside(self, fold: int | None) -> Tensor:
        """Return the indices of the frontal films outside a fold; of all, for None."""
        elsewhere = torch.ones_like(self.lateral) if fold is None else self.folds != fold
        return torch.nonzero(elsewhere & ~self.lateral)[:, 0]


def open_study(data: Path, config: TrainConfig, cache_folder: Path) -> Study:
    """Return the films of a manifest, decoded in ``cache_folder`` and split into folds.

    Folds that the manifest gives are kept, and so is their number. Raises ManifestError.
    """
    manifest = manifests.load(data)
    given = [film.fold for film in manifest.films if film.fold is not None]
    manifest = manifest.with_folds(max(given) + 1 if given else config.folds)
    spec = Preprocessing(size=config.network.input_size)
    return Study(
        manifest,
        films.load(manifest.films, spec, cache_folder, manifest.digest),
        targets.of_films(manifest.films),
        torch.tensor([film.fold for film in manifest.films]),
        torch.tensor([film.has_severity for film in manifest.films]),
        torch.tensor([film.is_lateral for film in manifest.films]),
    )


def check_same_films(run: Path, study: Study) -> None:
    """Raise UnfitDataError unless the run, where it has begun, was begun with these films.

    Other films would be dealt into other folds, and measured by models that learned from them.
    """
    record = run / RECORD
    if record.exists() and json.loads(record.read_text())["manifest"] != study.manifest.digest:
        raise UnfitDataError(
            f"{run} was trained on another manifest than {study.manifest.path.name} is now. "
            "Give that one, or train anew in another folder."
        )
