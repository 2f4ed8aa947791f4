"""The films of a run: decoded, labelled, split into folds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from radiograde.data import manifest as manifests
from radiograde.data.film import Film
from radiograde.data.manifest import Manifest
from radiograde.model.scoring.preprocess import Preprocessing
from radiograde.training.config import TrainConfig
from radiograde.training.dataset.film_cache import FilmCache, open_film_cache
from radiograde.training.dataset.targets import Targets, targets_of
from radiograde.training.run_paths import RunPaths


@dataclass(frozen=True, slots=True)
class FilmDataset:
    """N films with everything that is known of them.

    ``targets``: their boxes in [-1, 1] of the square. ``folds``: (N,). ``severity``, ``lateral``:
    (N,) bool.
    """

    manifest: Manifest
    cache: FilmCache
    targets: Targets
    folds: Tensor
    severity: Tensor
    lateral: Tensor

    @property
    def in_scope(self) -> Tensor:
        """Which films (N,) are frontal chest films of adults as far as anybody said."""
        return torch.tensor([film.in_scope for film in self.manifest.films])

    @property
    def sources(self) -> list[str]:
        """The sources that there are, in alphabetical order."""
        return sorted({film.source for film in self.manifest.films})

    @property
    def source(self) -> Tensor:
        """Place (N,) of each film's source in ``sources``."""
        places = {name: place for place, name in enumerate(self.sources)}
        return torch.tensor([places[film.source] for film in self.manifest.films])

    @property
    def pretraining(self) -> Tensor:
        """Indices of the films in scope of patients without any severity label."""
        graded = {film.patient for film in self.manifest.films if film.has_severity}
        free = torch.tensor([film.patient not in graded for film in self.manifest.films])
        return torch.nonzero(free & self.in_scope)[:, 0]

    @property
    def first_fold(self) -> int:
        """The fold whose boxes and reads no pretraining sees, for honest figures on them."""
        return self.fold_numbers[0]

    def pretraining_films(self, left_out: Sequence[str] = ()) -> Tensor:
        """Return the films (indices) that pretraining may show, without some sources.

        Where none of them has lung masks, those of graded patients come in, for their lungs alone.
        """
        elsewhere = self.elsewhere(left_out)
        films = self.pretraining
        targets = self.targets
        read = (targets.clear == 1) | targets.has_boxes | (targets.boxes_read == 1)
        hidden = read & (targets.has_mask == 0) & (self.folds == self.first_fold)
        films = films[(~hidden & elsewhere)[films]]
        if not targets.has_mask[films].any():
            masked = torch.nonzero((targets.has_mask == 1) & self.in_scope & elsewhere)[:, 0]
            films = torch.cat([films, masked]).unique()
        return films

    @property
    def fold_numbers(self) -> list[int]:
        """The folds that there are, in order."""
        return sorted(set(self.folds.tolist()))

    def of_folds(self, folds: Sequence[int]) -> FilmDataset:
        """Return the films of some folds alone."""
        films = torch.nonzero(torch.isin(self.folds, torch.tensor(folds)))[:, 0]
        chosen = tuple(self.manifest.films[film] for film in films.tolist())
        return FilmDataset(
            replace(self.manifest, films=chosen),
            self.cache.only(films),
            self.targets.rows(films, torch.device("cpu")),
            self.folds[films],
            self.severity[films],
            self.lateral[films],
        )

    def elsewhere(self, left_out: Sequence[str]) -> Tensor:
        """Return which films (N,) are of other sources, and of patients that these do not have."""
        films = self.manifest.films
        known = {film.patient for film in films if film.source in left_out}
        return torch.tensor([film.patient not in known for film in films])

    def outside(self, fold: int | None, left_out: Sequence[str] = ()) -> Tensor:
        """Return the indices of the films in scope outside a fold and some sources."""
        other_fold = torch.ones_like(self.lateral) if fold is None else self.folds != fold
        return torch.nonzero(other_fold & self.in_scope & self.elsewhere(left_out))[:, 0]


def manifest_of(paths: RunPaths, config: TrainConfig) -> Manifest:
    """Return all manifests in one, split into folds; those that they give are kept.

    Raises:
        ManifestError: a manifest has problems.
    """
    manifest = manifests.load(paths.data, *paths.more_data)
    given = [film.fold for film in manifest.films if film.fold is not None]
    return manifest.with_folds(max(2, max(given) + 1) if given else config.folds)


def open_dataset(paths: RunPaths, config: TrainConfig) -> FilmDataset:
    """Return the films of all manifests, decoded in ``paths.cache`` and split into folds.

    Raises:
        ManifestError: a manifest has problems, or a film or mask cannot be read.
    """
    manifest = manifest_of(paths, config)
    spec = Preprocessing(size=config.network.input_size)
    cache = open_film_cache(manifest.films, spec, paths.cache, manifest.digest)
    return dataset_of(manifest, cache)


def dataset_of(manifest: Manifest, cache: FilmCache) -> FilmDataset:
    """Return the dataset of films that are decoded."""
    films: Sequence[Film] = manifest.films
    targets = targets_of(films)
    return FilmDataset(
        manifest,
        cache,
        replace(targets, boxes=_in_square(targets.boxes, cache)),
        torch.tensor([film.fold for film in films]),
        torch.tensor([film.has_severity for film in films]),
        torch.tensor([film.is_lateral for film in films]),
    )


def _in_square(boxes: Tensor, cache: FilmCache) -> Tensor:
    """Return boxes (N, K, 4), shares of their films, in [-1, 1] of the squares."""
    top, left, height, width = torch.from_numpy(cache.frames).float().T
    start = torch.stack([left, top, left, top], 1)[:, None]
    size = torch.stack([width, height, width, height], 1)[:, None]
    placed: Tensor = (start + boxes * size) / cache.cells.shape[-1] * 2.0 - 1.0
    return placed
