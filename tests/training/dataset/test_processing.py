"""What machines do to a film changes how it looks, film by film, and not what is where."""

from __future__ import annotations

import pytest
import torch

from radiograde.training.config import AugmentConfig
from radiograde.training.dataset.processing import processed
from tests.training.dataset.test_augment import STILL

COUNT, SIDE = 6, 64


def films() -> torch.Tensor:
    """The same film COUNT times: a slope with fine bars."""
    slope = torch.linspace(0.1, 0.9, SIDE).repeat(SIDE, 1)
    bars = 0.08 * (torch.arange(SIDE) // 4 % 2)
    return (slope + bars[:, None])[None, None].repeat(COUNT, 1, 1, 1)


def changed(**choices: float) -> torch.Tensor:
    config: AugmentConfig = STILL.model_copy(update=choices)
    return processed(films(), config, torch.Generator().manual_seed(0))


def detail(images: torch.Tensor) -> torch.Tensor:
    """Return how strong the bars of each film are."""
    return (images[:, 0, 1:] - images[:, 0, :-1]).abs().amax(1).mean(1)


def test_without_any_choice_films_stay_as_they_are() -> None:
    torch.testing.assert_close(changed(), films(), atol=1e-4, rtol=0)


@pytest.mark.parametrize(
    "choice", ["gamma", "tone", "contrast", "local_contrast", "noise", "jpeg", "border", "marker"]
)
def test_every_choice_changes_films_each_in_its_own_way(choice: str) -> None:
    images = changed(**{choice: 0.99})
    assert (images - films()).abs().flatten(1).amax(1).gt(1e-3).sum() >= COUNT - 1
    assert not torch.allclose(images[0], images[1], atol=1e-3)
    assert images.min() >= 0.0
    assert images.max() <= 1.3


def test_a_tone_curve_keeps_the_order_of_greys() -> None:
    row = changed(tone=0.8, gamma=0.5)[:, 0, 0]
    assert (row[:, 1:] >= row[:, :-1] - 1e-5).all()


def test_local_contrast_is_raised_and_lowered() -> None:
    before, after = detail(films()), detail(changed(local_contrast=0.6))
    assert (after > 1.1 * before).any()
    assert (after < 0.95 * before).any()


@pytest.mark.parametrize("choice", ["blur", "downscale"])
def test_some_films_are_soft_and_others_stay(choice: str) -> None:
    """Each film draws for itself: a batch is never soft as a whole."""
    after = detail(changed(**{choice: 0.5})) / detail(films())
    soft = after < 0.9
    assert 0 < int(soft.sum()) < COUNT
    assert (after[~soft] > 0.99).all()
    assert len(set(after[soft].tolist())) == int(soft.sum()), "in a degree of its own"
