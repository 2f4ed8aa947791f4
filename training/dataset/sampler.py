"""Which films an epoch shows."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from radiograde.training.config import StageConfig
from radiograde.training.dataset.film_dataset import Study

Draw = Callable[[torch.Generator], Tensor]
"""From an epoch's generator to film indices, in the order shown."""


def pretraining(study: Study, stage: StageConfig) -> Draw:
    """Return the draw from films of patients without severity labels."""
    pool = study.pretraining
    count = stage.unlabelled or len(pool)
    # Lungs are learned from few films: those with masks come twice as often.
    weights = 1.0 + study.targets.has_mask[pool]

    def draw(rng: torch.Generator) -> Tensor:
        chosen = torch.multinomial(weights, min(count, len(pool)), generator=rng)
        return pool[chosen]

    return draw


def finetune(study: Study, stage: StageConfig, held_out: int | None, taught: bool = False) -> Draw:
    """Return the draw of all graded films outside a fold, beside some clear and other ones.

    ``taught``: a teacher has graded those others, and more of them are worth showing.
    """
    allowed = study.outside(held_out)
    graded = allowed[study.severity[allowed]]
    brixia = graded[~study.targets.zones[graded, :, 0].isnan().all(1)]
    shown = torch.cat([graded, brixia.repeat(max(stage.brixia_repeats - 1, 0))])
    ungraded = allowed[~study.severity[allowed]]
    is_clear = study.targets.clear[ungraded] == 1
    others = stage.taught if taught else stage.unlabelled
    extras = ((ungraded[~is_clear], others), (ungraded[is_clear], stage.clear))

    def draw(rng: torch.Generator) -> Tensor:
        drawn = [
            films[torch.randperm(len(films), generator=rng)[:count]] for films, count in extras
        ]
        epoch = torch.cat([shown, *drawn])
        return epoch[torch.randperm(len(epoch), generator=rng)]

    return draw
