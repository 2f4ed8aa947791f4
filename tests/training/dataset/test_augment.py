import torch

from radiograde.training.config import AugmentConfig
from radiograde.training.dataset.augment import augment_batch

STILL = AugmentConfig(
    mirror=0.0, rotate=0.0, zoom=0.0, shift=0.0, gamma=0.0, contrast=0.0, noise=0.0, blur=0.0,
    marker=0.0, whole_film=0.0,
)  # fmt: skip
BOX = torch.tensor([[-0.5, -0.5, 0.5, 0.5]])


def cell() -> torch.Tensor:
    """A film (1, 3, 64, 64) whose pixels equal its right lung's mask; the left lung is empty."""
    film = torch.zeros(1, 3, 64, 64, dtype=torch.uint8)
    film[:, :2, 20:40, 18:30] = 255
    return film


def rng() -> torch.Generator:
    return torch.Generator().manual_seed(3)


def test_an_unchanged_sample_is_the_box_itself() -> None:
    batch = augment_batch(cell(), BOX, 32, STILL, rng())
    torch.testing.assert_close(
        batch.images[0, 0], cell()[0, 0, 16:48, 16:48] / 255.0, atol=1e-3, rtol=0
    )


def test_masks_follow_the_film() -> None:
    moved = STILL.model_copy(update={"rotate": 20.0, "zoom": 0.3, "shift": 0.2})
    batch = augment_batch(cell(), BOX, 32, moved, rng())
    torch.testing.assert_close(batch.images[0, 0], batch.lungs[0, 0], atol=1e-3, rtol=0)
    assert not torch.equal(batch.lungs, augment_batch(cell(), BOX, 32, STILL, rng()).lungs)


def test_a_mirrored_sample_swaps_the_lungs() -> None:
    mirrored = augment_batch(cell(), BOX, 32, STILL.model_copy(update={"mirror": 1.0}), rng())
    still = augment_batch(cell(), BOX, 32, STILL, rng())
    assert mirrored.mirror.all()
    assert mirrored.lungs[0, 0].sum() == 0
    torch.testing.assert_close(mirrored.lungs[0, 1].flip(1), still.lungs[0, 0])


def test_the_same_generator_gives_the_same_samples() -> None:
    one = augment_batch(cell(), BOX, 32, AugmentConfig(), rng())
    other = augment_batch(cell(), BOX, 32, AugmentConfig(), rng())
    torch.testing.assert_close(one.images, other.images, atol=0, rtol=0)
