"""A film becomes the network's input. Training and serving share this code to the line.

The film is shrunk to fit a square, set in its middle on black, and its grey values are
stretched between two percentiles of the film itself, so that neither the window nor the
exposure moves the score.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from radiograde.model.reading.grey import Grey, Pixels
from radiograde.model.scoring.percentiles import percentile

Film = Grey | NDArray[np.float32]
"""A film's grey, or all its pixels: (H, W) in [0, 1], 0 = air."""


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """The constants of preprocessing; they travel inside the ONNX file.

    ``size``: side of the square in pixels. ``low``, ``high``: percentiles of the film's grey
    values that become 0 and 1.
    """

    size: int = 512
    low: float = 0.5
    high: float = 99.5


@dataclass(frozen=True, slots=True)
class Letterbox:
    """Where the film lies inside the square, in pixels of the square."""

    size: int
    top: int
    left: int
    height: int
    width: int

    @property
    def area(self) -> tuple[slice, slice]:
        """Rows and columns of the film within the square."""
        rows = slice(self.top, self.top + self.height)
        return rows, slice(self.left, self.left + self.width)

    def crop(self, square: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the film's part of maps (..., h, w) that cover the whole square."""
        rows, columns = square.shape[-2:]
        top = round(self.top * rows / self.size)
        bottom = round((self.top + self.height) * rows / self.size)
        left = round(self.left * columns / self.size)
        right = round((self.left + self.width) * columns / self.size)
        return square[..., top : max(bottom, top + 1), left : max(right, left + 1)]


def letterbox_of(rows: int, columns: int, size: int, aspect: float = 1.0) -> Letterbox:
    """Return where a rows x columns film lies inside a square of ``size`` pixels.

    ``aspect``: how much higher than wide the film's own pixels are.
    """
    tall = rows * aspect
    scale = size / max(tall, columns)
    height = max(1, round(tall * scale))
    width = max(1, round(columns * scale))
    return Letterbox(size, (size - height) // 2, (size - width) // 2, height, width)


def to_square(film: Film, size: int, aspect: float = 1.0) -> tuple[NDArray[np.float32], Letterbox]:
    """Return the film shrunk and centred on black: (size, size) float32, and where."""
    grey = film if isinstance(film, Grey) else Pixels(film)
    rows, columns = grey.shape
    letterbox = letterbox_of(rows, columns, size, aspect)
    # A whole-number box average first: of a large film the resize that follows then reads a tenth.
    shrunk = grey.shrunk(letterbox.height, letterbox.width)
    small = Image.fromarray(np.ascontiguousarray(shrunk, np.float32)).resize(
        (letterbox.width, letterbox.height), Image.Resampling.BILINEAR
    )
    square = np.zeros((size, size), np.float32)
    square[letterbox.area] = np.asarray(small)
    return square, letterbox


def stretch(
    square: NDArray[np.float32], letterbox: Letterbox, spec: Preprocessing
) -> NDArray[np.float32]:
    """Return the square with the film's percentiles moved to 0 and 1, clipped; borders stay 0."""
    film = square[letterbox.area]
    low, high = percentile(film, spec.low), percentile(film, spec.high)
    stretched = np.zeros_like(square)
    stretched[letterbox.area] = np.clip((film - low) / max(high - low, np.float32(1e-6)), 0.0, 1.0)
    return stretched


def prepare(
    film: Film, spec: Preprocessing, aspect: float = 1.0
) -> tuple[NDArray[np.float32], Letterbox]:
    """Return the network input (size, size) float32 in [0, 1] and where the film lies in it.

    ``aspect``: as for :func:`letterbox_of`.
    """
    square, letterbox = to_square(film, spec.size, aspect)
    return stretch(square, letterbox, spec), letterbox
