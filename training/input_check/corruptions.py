"""Ways to spoil a film, so that the gate knows what it should not grade."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image

from radiograde.training.input_check.perturb import Picture


def laid(film: Picture, rng: np.random.Generator) -> Picture:
    """Return the film on its side or upside down."""
    return np.rot90(film, int(rng.integers(1, 4))).copy()


def cut(film: Picture, rng: np.random.Generator) -> Picture:
    """Return a little more than one half of the film, from any side."""
    rows, columns = film.shape
    share = float(rng.uniform(0.45, 0.6))
    height, width = int(rows * share), int(columns * share)
    sides = (film[:height], film[rows - height :], film[:, :width], film[:, columns - width :])
    return sides[int(rng.integers(4))].copy()


def patch(film: Picture, rng: np.random.Generator) -> Picture:
    """Return a small part of the film: bone and soft tissue, but no chest."""
    rows, columns = film.shape
    share = float(rng.uniform(0.15, 0.35))
    height, width = max(8, int(rows * share)), max(8, int(columns * share))
    top, left = int(rng.integers(rows - height)), int(rng.integers(columns - width))
    return film[top : top + height, left : left + width].copy()


def blurred(film: Picture, rng: np.random.Generator) -> Picture:
    """Return the film with no more detail than a thumbnail."""
    side = int(rng.integers(16, 32))
    picture = Image.fromarray(film)
    small = picture.resize((side, side), Image.Resampling.BOX)
    return np.asarray(small.resize(picture.size, Image.Resampling.BILINEAR), np.float32)


def noisy(film: Picture, rng: np.random.Generator) -> Picture:
    """Return the film faint and covered with grain."""
    faint = 0.3 * film + 0.35 + rng.normal(0, 0.35, film.shape)
    return np.clip(faint, 0, 1).astype(np.float32)


SPOILT: tuple[tuple[str, str, Callable[[Picture, np.random.Generator], Picture]], ...] = (
    ("turned", "film on its side or upside down", laid),
    ("incomplete_lungs", "film with lungs cut off", cut),
    ("not_chest", "small part of a film", patch),
    ("low_quality", "blurred film", blurred),
    ("low_quality", "noisy film", noisy),
)
"""Ways to spoil a film: the class, the kind in words, and how."""
