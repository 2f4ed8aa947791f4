from __future__ import annotations

import pytest
import torch

from radiograde.training.config import AugmentConfig
from radiograde.training.dataset.augment import AugmentedBatch, RawBatch, augment_batch
from radiograde.training.dataset.film_cache import (
    CONSOLIDATION,
    GROUND_GLASS,
    LEFT,
    RIGHT,
    UNKNOWN,
)

STILL = AugmentConfig(
    mirror=0.0, rotate=0.0, zoom=0.0, shift=0.0, gamma=0.0, contrast=0.0, noise=0.0, blur=0.0,
    marker=0.0, whole_film=0.0, tone=0.0, local_contrast=0.0, downscale=0.0, jpeg=0.0, border=0.0,
    painted=0.0,
)  # fmt: skip
MIRROR = STILL.model_copy(update={"mirror": 1.0})
LUNG = (slice(20, 40), slice(18, 30))
MIDDLE = torch.tensor([[-0.5, -0.5, 0.5, 0.5]])


def raw(marks: int = RIGHT) -> RawBatch:
    """A film of 64 pixels, bright where something is marked, and a box around that."""
    cells = torch.zeros(1, 2, 64, 64, dtype=torch.uint8)
    cells[0, 0, *LUNG] = 255
    cells[0, 1, *LUNG] = marks
    boxes = torch.full((1, 8, 4), torch.nan)
    boxes[0, 0] = torch.tensor([18.0, 20.0, 30.0, 40.0]) / 32 - 1
    return RawBatch(cells, MIDDLE, boxes)


def rng() -> torch.Generator:
    return torch.Generator().manual_seed(3)


def sample(config: AugmentConfig, marks: int = RIGHT) -> AugmentedBatch:
    return augment_batch(raw(marks), 32, config, rng())


def test_an_unchanged_sample_is_the_box_itself() -> None:
    expected = raw().cells[0, 0, 16:48, 16:48] / 255.0
    torch.testing.assert_close(sample(STILL).images[0, 0], expected, atol=1e-3, rtol=0)


def test_masks_follow_the_film() -> None:
    moved = STILL.model_copy(update={"rotate": 20.0, "zoom": 0.3, "shift": 0.2})
    batch = sample(moved)
    assert ((batch.images[0, 0] > 0.5) != (batch.lungs[0, 0] > 0.5)).float().mean() < 0.01
    assert not torch.equal(batch.lungs, sample(STILL).lungs)


@pytest.mark.parametrize(
    ("bit", "of"),
    [
        (RIGHT, lambda batch: batch.lungs[:, 0]),
        (LEFT, lambda batch: batch.lungs[:, 1]),
        (UNKNOWN, lambda batch: batch.unknown[:, 0]),
        (GROUND_GLASS, lambda batch: batch.opacities[:, 0]),
        (CONSOLIDATION, lambda batch: batch.opacities[:, 1]),
    ],
)
def test_each_mark_is_told_apart(bit: int, of: object) -> None:
    assert callable(of)
    shown, missing = sample(STILL, bit), sample(STILL, 31 - bit)
    assert of(shown).sum() == 20 * 12
    assert of(missing).sum() == 0


def test_a_mirrored_sample_swaps_the_lungs() -> None:
    mirrored, still = sample(MIRROR), sample(STILL)
    assert mirrored.mirror.all()
    assert mirrored.lungs[0, 0].sum() == 0
    torch.testing.assert_close(mirrored.lungs[0, 1].flip(1), still.lungs[0, 0])


@pytest.mark.parametrize(
    "change", [{}, {"mirror": 1.0}, {"zoom": 0.2, "shift": 0.05}, {"rotate": 5.0}]
)
def test_boxes_follow_the_film(change: dict[str, float]) -> None:
    batch = sample(STILL.model_copy(update=change))
    left, top, right, bottom = ((batch.boxes[0, 0] + 1) * 16).tolist()
    rows, columns = torch.nonzero(batch.lungs[0].amax(0) > 0.5).T
    near = 1.6 if "rotate" in change else 0.6
    assert columns.min().item() == pytest.approx(left, abs=near)
    assert columns.max().item() + 1 == pytest.approx(right, abs=near)
    assert rows.min().item() == pytest.approx(top, abs=near)
    assert rows.max().item() + 1 == pytest.approx(bottom, abs=near)
    assert batch.boxes[0, 1:].isnan().all()


def test_a_film_is_shifted_by_its_share_of_the_box_and_no_further() -> None:
    """By 0.25 of a box of 32 pixels: up to 8, seen over many draws."""
    config = STILL.model_copy(update={"shift": 0.25})
    generator = rng()
    starts = [
        float((augment_batch(raw(), 32, config, generator).boxes[0, 0, 0] + 1) * 16)
        for _ in range(200)
    ]
    still = float((sample(STILL).boxes[0, 0, 0] + 1) * 16)
    assert 7.0 < max(abs(start - still) for start in starts) <= 8.001


def test_the_same_generator_gives_the_same_samples() -> None:
    one, other = sample(AugmentConfig()), sample(AugmentConfig())
    torch.testing.assert_close(one.images, other.images, atol=0, rtol=0)
