"""Which films an epoch shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from radiograde.training.config import StageConfig
from radiograde.training.dataset.film_dataset import FilmDataset


class EpochSampler(Protocol):
    """From an epoch's generator to film indices (M,), in the order shown; M is always the same."""

    def __len__(self) -> int:
        """Return how many films an epoch shows."""

    def sample(self, rng: torch.Generator) -> Tensor:
        """Return the indices (M,) of an epoch."""


@dataclass(frozen=True, slots=True)
class WeightedSampler:
    """Some of the films (N,), each at most once an epoch, the likelier the more it weighs (N,)."""

    films: Tensor
    weights: Tensor
    count: int

    def __len__(self) -> int:
        """Return how many films an epoch shows."""
        return min(self.count, len(self.films))

    def sample(self, rng: torch.Generator) -> Tensor:
        """Return the indices of an epoch."""
        return self.films[torch.multinomial(self.weights, len(self), generator=rng)]


@dataclass(frozen=True, slots=True)
class MixedSampler:
    """The same films in every epoch, and some of each pool, drawn anew."""

    always: Tensor
    pools: Sequence[tuple[Tensor, int]]
    """Films to draw from, and how many of them an epoch shows at most."""

    def __len__(self) -> int:
        """Return how many films an epoch shows."""
        return len(self.always) + sum(min(count, len(films)) for films, count in self.pools)

    def sample(self, rng: torch.Generator) -> Tensor:
        """Return the indices of an epoch, shuffled."""
        drawn = [
            films[torch.randperm(len(films), generator=rng)[:count]] for films, count in self.pools
        ]
        epoch = torch.cat([self.always, *drawn])
        return epoch[torch.randperm(len(epoch), generator=rng)]


def pretraining_sampler(dataset: FilmDataset, stage: StageConfig) -> EpochSampler:
    """Return the sampler of films of patients without severity labels."""
    pool = dataset.pretraining
    # Lungs are learned from few films: those with masks come twice as often.
    weights = 1.0 + dataset.targets.has_mask[pool]
    return WeightedSampler(pool, weights, stage.unlabelled or len(pool))


def finetune_sampler(
    dataset: FilmDataset, stage: StageConfig, held_out: int | None, *, pseudo_labels: bool = False
) -> EpochSampler:
    """Return the sampler of all graded films outside a fold, beside some normal and other ones.

    ``pseudo_labels``: a teacher has graded those others, and more of them are worth showing.
    """
    allowed = dataset.outside(held_out)
    graded = allowed[dataset.severity[allowed]]
    brixia = graded[~dataset.targets.zones[graded, :, 0].isnan().all(1)]
    always = torch.cat([graded, brixia.repeat(max(stage.brixia_repeats - 1, 0))])
    ungraded = allowed[~dataset.severity[allowed]]
    normal = dataset.targets.normal[ungraded] == 1
    others = stage.pseudo_labelled if pseudo_labels else stage.unlabelled
    return MixedSampler(always, ((ungraded[~normal], others), (ungraded[normal], stage.normal)))
