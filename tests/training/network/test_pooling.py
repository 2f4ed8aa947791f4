from __future__ import annotations

import torch

from radiograde.training.network.pooling import RegionPool
from tests.training.network.lung_maps import growing, largest_step, lungs

CLEAR = torch.full((1, 1, 64, 64), -9.0)
LOWER_LEFT = (slice(40, 56), slice(36, 58))
"""The lower part of the patient's left lung."""


def painted(value: float = 6.0) -> torch.Tensor:
    maps = CLEAR.clone()
    maps[0, 0, *LOWER_LEFT] = value
    return maps


def test_opacity_in_one_third_raises_that_zone_alone() -> None:
    zones, by_lung = RegionPool()(lungs(), painted(), CLEAR)
    assert zones.involved[0, 5] > 0.9
    assert zones.involved[0, :5].max() < 0.05
    assert by_lung.share[0, 1] > 0.25 > by_lung.share[0, 0]


def test_density_counts_in_what_is_involved_and_nowhere_else() -> None:
    """The same opacity, once ground glass and once white, and density where nothing is."""
    pool = RegionPool()
    _, glass = pool(lungs(), painted(), CLEAR)
    _, white = pool(lungs(), painted(), painted())
    _, beside = pool(lungs(), painted(), -painted())
    assert white.density[0, 1] > 0.9
    assert glass.density[0, 1] < 0.01
    assert beside.density[0, 1] < 0.1
    torch.testing.assert_close(white.share, glass.share)
    torch.testing.assert_close(white.involved, glass.involved)
    assert white.densest[0, 1] > 0.7 > white.dense[0, 1]


def test_nothing_involved_is_nothing_pooled() -> None:
    zones, by_lung = RegionPool()(lungs(), CLEAR, painted())
    for pooled in (zones, by_lung):
        for value in (pooled.involved, pooled.dense, pooled.densest):
            assert float(value.detach().max()) < 1e-3
        assert float(pooled.share.detach().max()) < 0.05


def test_opacity_outside_the_lungs_counts_for_nothing() -> None:
    heart = CLEAR.clone()
    heart[0, 0, 20:60, 29:35] = 6.0
    torch.testing.assert_close(
        RegionPool()(lungs(), heart, CLEAR)[0].involved,
        RegionPool()(lungs(), CLEAR, CLEAR)[0].involved,
        atol=2e-3,
        rtol=0,
    )


def test_a_lung_that_is_not_found_falls_back_to_its_half() -> None:
    none = torch.full((1, 2, 64, 64), -20.0)
    opacity = CLEAR.clone()
    opacity[..., :32] = 6.0
    zones, _ = RegionPool()(none, opacity, CLEAR)
    assert zones.involved[0, :3].min() > 0.8
    assert zones.involved[0, 3:].max() < 0.2


def test_what_is_pooled_teaches_the_maps_and_the_cut_but_not_where_lung_is() -> None:
    pool, where = RegionPool(), lungs().requires_grad_(True)
    involved, density = painted().requires_grad_(True), painted(1.0).requires_grad_(True)
    _, by_lung = pool(where, involved, density)
    by_lung.share.sum().backward(retain_graph=True)
    assert density.grad is None or not density.grad.any(), "extent sees no density"
    by_lung.densest.sum().backward()
    assert involved.grad is not None
    assert density.grad is not None
    assert involved.grad.any()
    assert density.grad.any()
    assert pool.cut.grad is not None
    assert where.grad is None


def test_zones_move_with_the_lungs_and_not_in_whole_rows() -> None:
    """A jump of a score, where rounding chooses the row, is a score that two runtimes differ in."""
    films = growing()
    haze = torch.full((len(films), 1, 64, 64), -6.0)
    haze[:, :, 30:52] = 6.0
    with torch.no_grad():
        zones = RegionPool()(torch.logit(films, 1e-6), haze, haze)[0].involved
    assert float((zones[-1] - zones[0]).abs().max()) > 0.015, "the lung's end matters"
    assert largest_step(zones) < 0.003
