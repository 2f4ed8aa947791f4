"""What the maps cost: lungs, boxes, drawn and painted opacities, clear lungs."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from radiograde.training.dataset.augment import AugmentedBatch
from radiograde.training.fit import map_losses
from radiograde.training.network.severity_network import NetworkOutput
from tests.training import samples
from tests.training.fit.test_losses import SIDE, output

YES = torch.ones(1)
OPAQUE = 1.4
BOX = torch.tensor([[-0.5, -0.5, 0.5, 0.0]])


def shown(**changed: torch.Tensor) -> AugmentedBatch:
    return replace(samples.blank_batch(1, 4 * SIDE), **changed)


def framed() -> AugmentedBatch:
    boxes = torch.full((1, 8, 4), torch.nan)
    boxes[0, :1] = BOX
    return shown(boxes=boxes)


def seeing(opacity: torch.Tensor) -> NetworkOutput:
    everywhere = torch.full((1, 2, SIDE, SIDE), 9.0)
    return output()._replace(lungs=everywhere, opacity=opacity[None, None])


def clear() -> torch.Tensor:
    return torch.full((SIDE, SIDE), -9.0)


def box_cost(opacity: torch.Tensor) -> float:
    costs, weights = map_losses.boxes(seeing(opacity), framed(), YES)
    assert weights.tolist() == [1.0]
    return float(costs[0])


def test_a_box_is_hit_where_each_of_its_rows_and_columns_is() -> None:
    nothing, row, diagonal, full, beside = (clear() for _ in range(5))
    full[4:8, 4:12] = OPAQUE
    row[4, 4:12] = OPAQUE
    for column in range(4, 12):
        diagonal[4 + (column - 4) // 2, column] = OPAQUE
    beside[4:8, 4:12] = OPAQUE
    beside[12:, :] = OPAQUE
    assert box_cost(full) < 1.0, "near the least that a box can cost"
    assert box_cost(row) > box_cost(diagonal) + 3.0, "every row counts, and every column"
    assert box_cost(nothing) > box_cost(row) + 10.0
    assert box_cost(diagonal) > box_cost(full) + 3.0, "most of a box is filled"
    assert box_cost(beside) > box_cost(full) + 0.1, "outside of all boxes lung is clear"


def test_outside_of_boxes_counts_only_where_somebody_looked_for_all() -> None:
    opaque = torch.full((SIDE, SIDE), OPAQUE)
    read, unread = (
        map_losses.boxes(seeing(opaque), framed(), yes)[0] for yes in (YES, torch.zeros(1))
    )
    assert float(read) > float(unread) + 0.3


def test_a_film_without_boxes_weighs_nothing() -> None:
    assert map_losses.boxes(seeing(clear()), shown(), YES)[1].tolist() == [0.0]


def test_a_box_teaches_opacity_and_not_where_lung_is() -> None:
    graded = seeing(clear())
    for part in (graded.opacity, graded.lungs):
        part.requires_grad_(True)
    map_losses.boxes(graded, framed(), YES)[0].sum().backward()
    assert graded.opacity.grad is not None
    assert float(graded.opacity.grad[0, 0, 4:8, 4:12].abs().sum()) > 0
    assert graded.lungs.grad is None


@pytest.mark.parametrize(("kind", "dense"), [(0, map_losses.GLASS), (1, map_losses.SOLID)])
def test_a_drawn_opacity_teaches_where_it_is_and_how_dense(kind: int, dense: float) -> None:
    drawn = torch.zeros(1, 2, 4 * SIDE, 4 * SIDE)
    drawn[0, kind, 16:32, 16:32] = 1.0
    batch = shown(opacities=drawn)
    right = clear()
    right[4:8, 4:8] = 9.0

    def cost(opacity: torch.Tensor, density: float) -> float:
        logits = torch.logit(torch.full((1, 1, SIDE, SIDE), density), 1e-4)
        return float(
            map_losses.opacities(seeing(opacity)._replace(density=logits), batch, YES)[0][0]
        )

    assert cost(right, dense) < 0.1
    assert cost(clear(), dense) > cost(right, dense) + 0.2
    assert cost(right, 1.3 - dense) > cost(right, dense) + 0.1


def test_a_painted_opacity_is_learned_without_any_drawn_one() -> None:
    strength = torch.zeros(1, 1, 4 * SIDE, 4 * SIDE)
    strength[..., 16:32, 16:32] = 0.9
    batch = shown(opacity=strength, painted=YES, lungs=torch.ones(1, 2, 4 * SIDE, 4 * SIDE))
    right = clear()
    right[4:8, 4:8] = 9.0
    none = torch.zeros(1)
    missed, weights = map_losses.opacities(seeing(clear()), batch, none)
    assert weights.tolist() == [1.0]
    assert float(missed[0]) > float(map_losses.opacities(seeing(right), batch, none)[0][0]) + 0.2


def test_where_nobody_knows_whether_there_is_lung_nothing_is_learned() -> None:
    unknown = torch.zeros(1, 1, 4 * SIDE, 4 * SIDE)
    unknown[..., 32:] = 1.0
    graded = output()
    graded.lungs.requires_grad_(True)
    map_losses.lungs(graded.lungs, shown(unknown=unknown), YES)[0].sum().backward()
    assert graded.lungs.grad is not None
    assert float(graded.lungs.grad[..., 8:].abs().sum()) == 0.0
    assert float(graded.lungs.grad[..., :8].abs().sum()) > 0.0
