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
class Pool:
    """Films to draw from, each at most once an epoch, the likelier the more it weighs."""

    films: Tensor
    count: int
    weights: Tensor | None = None

    def __len__(self) -> int:
        """Return how many films an epoch shows."""
        return min(self.count, len(self.films))

    def draw(self, rng: torch.Generator) -> Tensor:
        """Return an epoch's films."""
        if not len(self):
            return self.films[:0]
        if self.weights is None:
            return self.films[torch.randperm(len(self.films), generator=rng)[: len(self)]]
        return self.films[torch.multinomial(self.weights, len(self), generator=rng)]


@dataclass(frozen=True, slots=True)
class MixedSampler:
    """The same films in every epoch, and some of each pool, drawn anew."""

    always: Tensor
    pools: Sequence[Pool]

    def __len__(self) -> int:
        """Return how many films an epoch shows."""
        return len(self.always) + sum(len(pool) for pool in self.pools)

    def sample(self, rng: torch.Generator) -> Tensor:
        """Return the indices of an epoch, shuffled."""
        epoch = torch.cat([self.always, *(pool.draw(rng) for pool in self.pools)])
        return epoch[torch.randperm(len(epoch), generator=rng)]


def pretraining_sampler(
    dataset: FilmDataset, stage: StageConfig, left_out: Sequence[str] = ()
) -> EpochSampler:
    """Return the sampler of ungraded patients' films; of all where no number is given."""
    films = dataset.pretraining_films(left_out)
    pools = _ungraded_pools(dataset, films, stage)
    return MixedSampler(films[:0], pools) if any(map(len, pools)) else MixedSampler(films, ())


def finetune_sampler(
    dataset: FilmDataset,
    stage: StageConfig,
    held_out: int | None,
    *,
    left_out: Sequence[str] = (),
    pseudo_labels: bool = False,
) -> EpochSampler:
    """Return the sampler of all graded films outside a fold and some sources, beside others.

    Of a source with more graded films than ``stage.a_source`` an epoch shows so many.
    ``pseudo_labels``: a teacher has graded others, and more of them are worth showing.
    """
    allowed = dataset.outside(held_out, left_out)
    graded = allowed[dataset.severity[allowed]]
    sources = dataset.source[graded]
    always, pools = [], []
    for source in sources.unique().tolist():
        own = graded[sources == source]
        if len(own) > stage.a_source:
            pools.append(Pool(own, stage.a_source))
        else:
            always.append(own)
    shown = torch.cat([graded[:0], *always])
    zones = dataset.targets.of_scale("brixia")[shown, :, :6]
    brixia = shown[~zones.flatten(1).isnan().all(1)]
    ungraded = allowed[~dataset.severity[allowed]]
    others = stage.pseudo_labelled if pseudo_labels else stage.unlabelled
    drawn = stage.model_copy(update={"unlabelled": others})
    return MixedSampler(
        torch.cat([shown, brixia.repeat(max(stage.brixia_repeats - 1, 0))]),
        [*pools, *_ungraded_pools(dataset, ungraded, drawn)],
    )


def _ungraded_pools(dataset: FilmDataset, films: Tensor, stage: StageConfig) -> list[Pool]:
    """Return pools of films by what they teach: boxes, that nothing is there, lungs, the rest."""
    targets = dataset.targets
    boxed = targets.has_boxes[films]
    clear = (targets.clear[films] == 1) & ~boxed
    masked = (targets.has_mask[films] == 1) | (targets.has_opacity_mask[films] == 1)
    other = ~(boxed | clear | masked)
    return [
        Pool(films[boxed], stage.boxed),
        Pool(films[clear], stage.clear, _source_balance(dataset.source[films[clear]])),
        Pool(films[masked], stage.masked, _source_balance(dataset.source[films[masked]])),
        Pool(films[other], stage.unlabelled),
    ]


def _source_balance(sources: Tensor) -> Tensor:
    """Return weights by which a source is drawn as often as the root of how many films it has.

    A small one is not forgotten, and the variety of a large one is seen.
    """
    counts = torch.bincount(sources) if len(sources) else torch.ones(1)
    return 1.0 / counts[sources].float().sqrt()
