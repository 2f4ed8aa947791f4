from __future__ import annotations

import pytest
import torch

from radiograde.training.network.lung_crop import lung_box, place_box, sample_box
from tests.training.network.lung_maps import growing, largest_step, lungs


def test_the_box_moves_with_the_lungs_and_not_in_whole_rows() -> None:
    bottom = lung_box(growing(), margin=0.0)[:, 3]
    assert float(bottom[-1] - bottom[0]) == pytest.approx(2 / 32, abs=0.01)
    assert largest_step(bottom) < 0.01


def test_the_box_holds_the_lungs() -> None:
    left, top, right, bottom = lung_box(lungs(16, 48).sigmoid(), margin=0.0)[0].tolist()
    assert left == pytest.approx(6 / 32 - 1, abs=0.05)
    assert right == pytest.approx(58 / 32 - 1, abs=0.05)
    assert top == pytest.approx(16 / 32 - 1, abs=0.05)
    assert bottom == pytest.approx(48 / 32 - 1, abs=0.05)


def test_without_lungs_the_box_is_the_whole_film() -> None:
    assert lung_box(torch.zeros(1, 2, 64, 64), margin=0.1)[0].tolist() == [-1, -1, 1, 1]


def test_what_is_sampled_from_a_box_is_put_back_in_its_place() -> None:
    y, x = torch.meshgrid(torch.linspace(0, 3, 128), torch.linspace(0, 5, 128), indexing="ij")
    film = (0.5 + 0.5 * torch.sin(y + x))[None, None]
    box = torch.tensor([[-0.5, -0.75, 0.625, 0.5]])
    back = place_box(sample_box(film, box, 96), box, side=128)
    inside = torch.zeros(128, 128, dtype=torch.bool)
    inside[20:92, 36:100] = True
    assert (back - film)[0, 0][inside].abs().max() < 0.01
    assert back[0, 0, :14].abs().max() == 0
