from __future__ import annotations

import pytest
import torch
from torch import Tensor

from radiograde.training.network.region_features import REACH, RegionFeatures


@pytest.fixture
def learned() -> RegionFeatures:
    """Return what has learned something: at first it adds nothing."""
    torch.manual_seed(0)
    features = RegionFeatures((5, 7)).eval()
    for correction in (features.zone, features.lung):
        torch.nn.init.normal_(correction.last.weight, std=3.0)
    return features


def picture() -> tuple[Tensor, Tensor, Tensor]:
    """Return features at both strides, and six zones in two lungs."""
    rng = torch.Generator().manual_seed(1)
    zones = torch.zeros(1, 6, 6, 6)
    for zone in range(6):
        rows = slice(2 * (zone % 3), 2 * (zone % 3) + 2)
        zones[0, zone, rows, :3] = float(zone < 3)
        zones[0, zone, rows, 3:] = float(zone >= 3)
    return torch.rand(1, 5, 6, 6, generator=rng), torch.rand(1, 7, 3, 3, generator=rng), zones


def test_nothing_is_added_before_anything_is_learned() -> None:
    zones, lungs = RegionFeatures((5, 7))(*picture())
    assert zones.shape == (1, 6, 1)
    assert lungs.shape == (1, 2, 2)
    assert not zones.any()
    assert not lungs.any()


def test_what_is_added_is_bounded(learned: RegionFeatures) -> None:
    deep, deepest, where = picture()
    zones, lungs = learned(100 * deep, 100 * deepest, where)
    assert zones.abs().max() <= REACH
    assert lungs.abs().max() <= REACH
    assert lungs.abs().min() > 0


def test_a_mirrored_picture_has_its_sides_swapped(learned: RegionFeatures) -> None:
    deep, deepest, where = picture()
    zones, lungs = learned(deep, deepest, where)
    swapped = torch.cat([where[:, 3:], where[:, :3]], 1).flip(3)
    other_zones, other_lungs = learned(deep.flip(3), deepest.flip(3), swapped)
    torch.testing.assert_close(other_zones, torch.cat([zones[:, 3:], zones[:, :3]], 1))
    torch.testing.assert_close(other_lungs, lungs.flip(1))


def test_a_zone_answers_to_its_own_points_and_to_the_whole(learned: RegionFeatures) -> None:
    deep, deepest, where = picture()
    before, _ = learned(deep, deepest, where)
    changed = deep.clone()
    changed[..., :2, :3] += 1.0
    after, _ = learned(changed, deepest, where)
    moved = (after - before)[0, :, 0].abs()
    assert moved[0] > 1e-3
    torch.testing.assert_close(moved[1:], torch.zeros(5))
