from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from radiograde.training.network.heads import DEVIATIONS, DeviationHead, SeverityHeads
from radiograde.training.network.pooling import PooledMaps
from radiograde.training.network.region_features import REACH


def pooled(regions: int, involved: float, density: float) -> PooledMaps:
    """Return what is pooled where a share of each region is of one density, the rest clear."""
    share = torch.full((1, regions), involved)
    dense = share * density
    densest = torch.full((1, regions), density if involved else 0.0)
    return PooledMaps(share, share, dense, torch.full_like(share, density), densest)


NOTHING_ADDED = (torch.zeros(1, 6, 1), torch.zeros(1, 2, 2))


def scores(
    involved: float,
    density: float,
    added: tuple[torch.Tensor, torch.Tensor] = NOTHING_ADDED,
) -> tuple[float, float, float]:
    """Return the worst zone, and extent and opacity of both lungs."""
    with torch.no_grad():
        zones, extent, opacity = SeverityHeads()(
            pooled(6, involved, density), pooled(2, involved, density), *added
        )
    return float(zones.max()), float(extent.sum()), float(opacity.sum())


def test_every_score_of_a_clear_lung_is_none() -> None:
    assert max(scores(0.0, 0.0)) < 0.05


def test_features_alone_find_nothing_in_a_clear_lung() -> None:
    most = (torch.full((1, 6, 1), REACH), torch.full((1, 2, 2), REACH))
    assert max(scores(0.0, 0.0, most)) < 0.25
    assert min(scores(0.3, 0.5, most)) > max(scores(0.3, 0.5)[:1])


def test_extent_and_opacity_can_differ() -> None:
    """Much ground glass is extent, a little consolidation is opacity."""
    _, wide, thin = scores(0.8, 0.1)
    _, narrow, dense = scores(0.3, 1.0)
    assert wide > narrow + 1
    assert dense > thin + 1


def test_extent_does_not_see_how_dense_it_is() -> None:
    assert scores(0.5, 0.2)[1] == scores(0.5, 0.9)[1]


def test_every_score_rises_with_what_it_is_read_from_whatever_was_learned() -> None:
    torch.manual_seed(0)
    heads = SeverityHeads()
    for parameter in heads.parameters():
        torch.nn.init.normal_(parameter, std=3.0)
    steps = [
        torch.cat(heads(pooled(6, share, share), pooled(2, share, share), *NOTHING_ADDED), 1)
        for share in (0.1, 0.3, 0.6, 0.9)
    ]
    for low, high in pairwise(steps):
        assert (high >= low).all()


def test_a_deviation_is_in_points_of_its_scale_and_moves_nothing_but_itself() -> None:
    head = DeviationHead(4)
    summary = torch.rand(3, 4, requires_grad=True)
    grades = torch.rand(3, DEVIATIONS, requires_grad=True)
    deviations = head(summary, grades)
    assert deviations.shape == (3, DEVIATIONS)
    assert (deviations > 0).all()
    assert (deviations[:, 6] / deviations[:, 0]).tolist() == pytest.approx([6.0] * 3)
    deviations.sum().backward()
    assert summary.grad is None
    assert grades.grad is None
    assert head.linear.weight.grad is not None


@pytest.mark.parametrize("bias", [-20.0, 20.0])
def test_a_deviation_leaves_either_end_of_its_range_again(bias: float) -> None:
    """A clamped one would stay there for good."""
    head = DeviationHead(4)
    torch.nn.init.constant_(head.linear.bias, bias / 4)
    head(torch.rand(2, 4), torch.rand(2, DEVIATIONS)).sum().backward()
    assert head.linear.bias.grad is not None
    assert (head.linear.bias.grad > 1e-4).all()
