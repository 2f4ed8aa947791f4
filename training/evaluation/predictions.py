"""Out-of-fold gradings: each film by the model that saw no severity score of its patient."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from radiograde.training.config import TrainConfig
from radiograde.training.dataset.film_cache import FilmCache
from radiograde.training.evaluation.thresholds import INVOLVED
from radiograde.training.network.calibration import Calibration
from radiograde.training.network.checkpoints import load_model
from radiograde.training.network.localise_then_grade import Grading, LocaliseThenGrade
from radiograde.training.progress import followed
from radiograde.training.run_paths import RunPaths, fold_name

BATCH = 8


@dataclass(frozen=True, slots=True)
class Predictions:
    """Gradings of N films.

    ``zones``: (N, 6) in [0, 3]. ``extent``, ``opacity``: (N,) in [0, 8].
    ``spread``: (N, 9) deviation among the passes: zones, global score, extent, opacity.
    ``scope``: (N, K) probabilities of what the picture is.
    ``dice``: (N,) overlap of both lungs with the mask, NaN without a mask.
    ``lung_share``: (N,) share of the film that is lung, in [0, 1].
    ``lungs_apart``: (N, 3) overlap of the right lung, of the left one, and the mean of each with
    the other's mask.
    ``painted``: (N,) share of the lungs that the opacity map marks, in [0, 1]; NaN without lungs.
    ``lung_scales``: (N, 2, 2) extent and opacity of the right and the left lung, in [0, 4].
    """

    zones: NDArray[np.float32]
    extent: NDArray[np.float32]
    opacity: NDArray[np.float32]
    spread: NDArray[np.float32]
    scope: NDArray[np.float32]
    dice: NDArray[np.float32]
    lung_share: NDArray[np.float32]
    lungs_apart: NDArray[np.float32]
    painted: NDArray[np.float32]
    lung_scales: NDArray[np.float32]

    @property
    def brixia(self) -> NDArray[np.float32]:
        """Global score (N,) in [0, 18]."""
        total: NDArray[np.float32] = self.zones.sum(1)
        return total

    def of_films(self, films: NDArray[np.bool_]) -> Predictions:
        """Return the gradings of some of the films (N,)."""
        return Predictions(*(getattr(self, one.name)[films] for one in fields(self)))

    def among(self, films: NDArray[np.bool_]) -> Predictions:
        """Return these gradings as those of ``films`` (M,) True, the others' NaN."""
        placed = []
        for one in fields(self):
            known = getattr(self, one.name)
            placed.append(np.full((len(films), *known.shape[1:]), np.nan, np.float32))
            placed[-1][films] = known
        return Predictions(*placed)

    def save(self, path: Path) -> None:
        """Write the arrays as NPZ."""
        np.savez(path, **asdict(self))

    @classmethod
    def load(cls, path: Path) -> Predictions:
        """Return what ``save`` wrote."""
        with np.load(path) as arrays:
            kept = {name: arrays[name] for name in arrays.files}
        # Runs that an earlier version measured have no scores of each lung.
        kept.setdefault("lung_scales", np.full((len(kept["extent"]), 2, 2), np.nan, np.float32))
        return cls(**kept)


class FoldGraders:
    """The model of every fold, loaded when its fold is first graded."""

    def __init__(
        self,
        paths: RunPaths,
        config: TrainConfig,
        device: torch.device,
        calibration: Calibration | None = None,
    ) -> None:
        self.paths, self.config, self.device = paths, config, device
        self.calibration = calibration
        self.of_fold = lru_cache(maxsize=None)(self._load)

    def _load(self, fold: int) -> LocaliseThenGrade:
        model = load_model(self.paths, self.config, fold_name(fold), self.calibration)
        return model.to(self.device)

    @torch.no_grad()
    def grade(self, fold: int, squares: Tensor) -> Grading:
        """Return the grading of prepared films (N, 1, S, S) by the model of a fold."""
        return cast(Grading, self.of_fold(fold)(squares.to(self.device)))


def grade_out_of_fold(graders: FoldGraders, cache: FilmCache, folds: Tensor) -> Predictions:
    """Return the gradings of all films, each by the model of its own fold.

    Raises:
        UnfinishedRunError: a fold is not trained yet.
    """
    parts: list[tuple[NDArray[np.int64], list[NDArray[np.float32]]]] = []
    film_area = cache.frames[:, 2:].prod(1) / cache.cells.shape[-1] ** 2
    for fold in sorted(set(folds.tolist())):
        films = np.flatnonzero(folds.numpy() == fold)
        batches = [films[start : start + BATCH] for start in range(0, len(films), BATCH)]
        for index in followed(batches, f"Grading fold {fold}", len(batches), stderr=True):
            here = torch.from_numpy(index)
            grading = graders.grade(fold, cache.squares(here))
            lungs, masks = grading.lung_map.cpu(), cache.lungs(here).float()
            area = (lungs.amax(1) > 0.5).float().mean((1, 2)).numpy() / film_area[index]
            parts.append(
                (
                    index,
                    [
                        *_scores(grading),
                        lung_dice(lungs, masks).numpy(),
                        area,
                        lungs_apart(lungs, masks).numpy(),
                        painted_share(lungs, grading.opacity_map.cpu()).numpy(),
                        grading.lung_scales.cpu().numpy(),
                    ],
                )
            )
    order = np.argsort(np.concatenate([index for index, _ in parts]))
    columns = zip(*(arrays for _, arrays in parts), strict=True)
    return Predictions(*(np.concatenate(column)[order].astype(np.float32) for column in columns))


def _scores(grading: Grading) -> list[NDArray[np.float32]]:
    extent, opacity = grading.scales.unbind(1)
    answers = (grading.zones, extent, opacity, grading.spread, grading.scope)
    return [answer.cpu().numpy() for answer in answers]


def lung_dice(lungs: Tensor, masks: Tensor) -> Tensor:
    """Return the Dice overlap (N,) of lung maps (N, 2, h, w) with masks (N, 2, S, S).

    Both lungs together, at the masks' resolution; NaN where the mask is empty.
    """
    found = _at_size_of(masks, lungs).amax(1) > 0.5
    return _dice(found, masks.amax(1) > 0.5)


def lungs_apart(lungs: Tensor, masks: Tensor) -> Tensor:
    """Return each lung's Dice with its mask, right and left, and the mean with the other's, (N, 3).

    NaN where the mask is empty.
    """
    found, drawn = _at_size_of(masks, lungs) > 0.5, masks > 0.5
    straight = _dice(found, drawn)
    exchanged = _dice(found, drawn.flip(1)).mean(1, keepdim=True)
    return torch.cat([straight, exchanged], 1)


def painted_share(lungs: Tensor, opacity: Tensor) -> Tensor:
    """Return the share of lungs (N, 2, h, w) in which the opacity (N, 1, h, w) is marked, (N,)."""
    lung = lungs.amax(1) > 0.5
    marked = (opacity[:, 0] > INVOLVED) & lung
    area = lung.sum((1, 2))
    share = marked.sum((1, 2)) / area
    return torch.where(area > 0, share, torch.nan)


def _at_size_of(masks: Tensor, maps: Tensor) -> Tensor:
    return F.interpolate(maps, masks.shape[-2:], mode="bilinear")


def _dice(found: Tensor, drawn: Tensor) -> Tensor:
    both = (found & drawn).sum((-2, -1)).float()
    dice = 2 * both / (found.sum((-2, -1)) + drawn.sum((-2, -1)))
    return torch.where(drawn.any(-1).any(-1), dice, torch.nan)
