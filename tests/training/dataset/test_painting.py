from __future__ import annotations

from dataclasses import replace

import torch

from radiograde.training.dataset.augment import AugmentedBatch
from radiograde.training.dataset.painting import painted
from tests.training.samples import blank_batch

SIDE = 64


def batch(count: int = 2) -> AugmentedBatch:
    lungs = torch.zeros(count, 2, SIDE, SIDE)
    lungs[:, 0, 10:50, 8:28] = 1.0
    lungs[:, 1, 10:50, 36:56] = 1.0
    dark = 0.8 - 0.6 * lungs.amax(1, keepdim=True)
    return replace(blank_batch(count, SIDE), lungs=lungs, images=dark)


def drawn(seed: int) -> AugmentedBatch:
    return painted(batch(), torch.tensor([1]), torch.Generator().manual_seed(seed))


def test_what_is_painted_is_brighter_within_the_lungs_and_known_to_the_pixel() -> None:
    plain = batch()
    for seed in range(20):
        shown = drawn(seed)
        assert shown.painted.tolist() == [0.0, 1.0]
        assert torch.equal(shown.images[0], plain.images[0])
        outside = plain.lungs[1].amax(0) == 0
        assert torch.equal(shown.images[1, 0][outside], plain.images[1, 0][outside])
        assert not shown.opacity[1, 0][outside].any()
        brighter = shown.images[1, 0] - plain.images[1, 0]
        assert (brighter >= 0).all()
        assert (brighter[shown.opacity[1, 0] > 0.3] > 0.1).all()


def test_a_few_films_have_an_entirely_white_lung() -> None:
    shares = []
    for seed in range(60):
        opacity, lungs = drawn(seed).opacity[1, 0], batch().lungs[1]
        shares.append([float(opacity[lung > 0].min()) for lung in lungs])
    white = torch.tensor(shares) > 0.75
    assert 5 <= int(white.any(1).sum()) <= 25
    assert white.any(0).all(), "either side"
