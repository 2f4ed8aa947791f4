from __future__ import annotations

import torch

from radiograde.training.network.heads import ZonePool
from tests.training.network.lung_maps import growing, largest_step, lungs


def test_opacity_in_one_third_raises_that_zone_alone() -> None:
    opacity = torch.full((1, 1, 64, 64), -6.0)
    opacity[0, 0, 40:56, 36:58] = 6.0  # the lower part of the patient's left lung
    zones, shares, _ = ZonePool()(lungs(), opacity)
    assert zones[0, 5] > 2.5
    assert zones[0, :5].max() < 0.4
    assert shares[0, 1] > 0.25 > shares[0, 0]


def test_opacity_outside_the_lungs_counts_for_nothing() -> None:
    normal = torch.full((1, 1, 64, 64), -6.0)
    heart = normal.clone()
    heart[0, 0, 20:60, 29:35] = 6.0
    torch.testing.assert_close(
        ZonePool()(lungs(), heart)[0], ZonePool()(lungs(), normal)[0], atol=2e-3, rtol=0
    )


def test_a_lung_that_is_not_found_falls_back_to_its_half() -> None:
    none = torch.full((1, 2, 64, 64), -20.0)
    opacity = torch.full((1, 1, 64, 64), -6.0)
    opacity[..., :32] = 6.0
    zones, _, _ = ZonePool()(none, opacity)
    assert zones[0, :3].min() > 2.5
    assert zones[0, 3:].max() < 0.5


def test_zones_move_with_the_lungs_and_not_in_whole_rows() -> None:
    """A jump of a score, where rounding chooses the row, is a score that two runtimes differ in."""
    films = growing()
    haze = torch.full((len(films), 1, 64, 64), -6.0)
    haze[:, :, 30:52] = 6.0
    with torch.no_grad():
        zones, _, _ = ZonePool()(torch.logit(films, 1e-6), haze)
    assert float((zones[-1] - zones[0]).abs().max()) > 0.05, "the lung's end matters"
    assert largest_step(zones) < 0.01
