"""Changed films: corruptions that should be turned away, perturbations that should move nothing.

A corruption leaves a film that nobody should grade, and serves as an example for the input check.
A perturbation is what another machine, export or technician would do. Each takes a film (H, W)
float32 in [0, 1] with air dark and returns it changed, the same kind. After Hendrycks and
Dietterich, ICLR 2019.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from radiograde.model.reading.chest_template import settle_polarity

Picture = NDArray[np.float32]


def on_its_side(film: Picture, rng: np.random.Generator) -> Picture:
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


CORRUPTIONS: tuple[tuple[str, str, Callable[[Picture, np.random.Generator], Picture]], ...] = (
    ("turned", "film on its side or upside down", on_its_side),
    ("incomplete_lungs", "film with lungs cut off", cut),
    ("not_chest", "small part of a film", patch),
    ("low_quality", "blurred film", blurred),
    ("low_quality", "noisy film", noisy),
)
"""What a corrupted film is an example of: the class, the kind in words, and how it is made."""


def rotated(film: Picture, degrees: float) -> Picture:
    """Return the film turned counterclockwise, corners black."""
    turned = Image.fromarray(film).rotate(degrees, Image.Resampling.BILINEAR)
    return np.asarray(turned, np.float32)


def cropped(film: Picture, share: float, *, corner: bool) -> Picture:
    """Return the film without ``share`` of each side: off two edges, or half off all four."""
    rows, columns = film.shape
    height, width = round(rows * share), round(columns * share)
    top, left = (0, 0) if corner else (height // 2, width // 2)
    return film[top : top + rows - height, left : left + columns - width].copy()


def gamma(film: Picture, exponent: float) -> Picture:
    """Return the film with another transfer curve."""
    return np.power(film, exponent, dtype=np.float32)


def windowed(film: Picture, low: float, high: float) -> Picture:
    """Return the film windowed between two of its percentiles, what lies beyond clipped."""
    start, end = np.percentile(film, (low, high)).astype(np.float32)
    stretched: Picture = (film - start) / max(end - start, np.float32(1e-6))
    return stretched.clip(0.0, 1.0)


def jpeg(film: Picture, quality: int) -> Picture:
    """Return the film after lossy compression as 8-bit JPEG."""
    buffer = io.BytesIO()
    Image.fromarray(np.rint(film * 255).astype(np.uint8)).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer), np.float32) / 255.0


def marked(film: Picture) -> Picture:
    """Return the film with a bright side letter, a line of text and a white border."""
    rows, columns = film.shape
    picture = Image.fromarray(np.rint(film * 255).astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    size = max(12, rows // 14)
    draw.text((columns * 0.05, rows * 0.04), "R", 255, font=ImageFont.load_default(size))
    draw.text(
        (columns * 0.55, rows * 0.02),
        "PORTABLE AP ERECT",
        230,
        font=ImageFont.load_default(size // 3),
    )
    draw.rectangle((0, 0, columns - 1, rows - 1), outline=255, width=max(1, rows // 100))
    return np.asarray(picture, np.float32) / 255.0


def downscaled(film: Picture, side: int) -> Picture:
    """Return the film with its longest side at ``side`` pixels."""
    picture = Image.fromarray(film)
    scale = side / max(film.shape)
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    return np.asarray(picture.resize(size, Image.Resampling.BOX), np.float32)


def negative(film: Picture) -> Picture:
    """Return what reading makes of the film stored as its negative."""
    pixels, _ = settle_polarity((1.0 - film).astype(np.float32))
    return np.asarray(pixels, np.float32)


PERTURBATIONS: Mapping[str, Callable[[Picture], Picture]] = {
    "turned by 5 degrees": partial(rotated, degrees=5.0),
    "turned by -5 degrees": partial(rotated, degrees=-5.0),
    "10 % cropped, all sides": partial(cropped, share=0.1, corner=False),
    "10 % cropped, two sides": partial(cropped, share=0.1, corner=True),
    "gamma 0.7": partial(gamma, exponent=0.7),
    "gamma 1.4": partial(gamma, exponent=1.4),
    "narrow window": partial(windowed, low=5.0, high=95.0),
    "JPEG quality 30": partial(jpeg, quality=30),
    "markers and border": marked,
    "longest side 256 pixels": partial(downscaled, side=256),
    "stored as its negative": negative,
}
