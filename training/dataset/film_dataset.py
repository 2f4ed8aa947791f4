"""The films of a run: decoded, labelled, split into folds."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from radiograde.data import manifest as manifests
from radiograde.data.manifest import Manifest
from radiograde.model.scoring.preprocess import Preprocessing
from radiograde.training.config import TrainConfig
from radiograde.training.dataset.film_cache import FilmCache, open_film_cache
from radiograde.training.dataset.targets import Targets, targets_of
from radiograde.training.run_paths import RunPaths


@dataclass(frozen=True, slots=True)
class FilmDataset:
    """N films with everything that is known of them.

    ``folds``: (N,). ``severity``, ``lateral``: (N,) bool.
    """

    manifest: Manifest
    cache: FilmCache
    targets: Targets
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


def open_dataset(paths: RunPaths, config: TrainConfig) -> FilmDataset:
    """Return the films of a manifest, decoded in ``paths.cache`` and split into folds.

    Folds that the manifest gives are kept, and so is their number.

    Raises:
        ManifestError: the manifest has problems, or a film or mask cannot be read.
    """
    manifest = manifests.load(paths.data)
    given = [film.fold for film in manifest.films if film.fold is not None]
    manifest = manifest.with_folds(max(given) + 1 if given else config.folds)
    spec = Preprocessing(size=config.network.input_size)
    return FilmDataset(
        manifest,
        open_film_cache(manifest.films, spec, paths.cache, manifest.digest),
        targets_of(manifest.films),
        torch.tensor([film.fold for film in manifest.films]),
        torch.tensor([film.has_severity for film in manifest.films]),
        torch.tensor([film.is_lateral for film in manifest.films]),
    )
