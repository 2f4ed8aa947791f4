"""On which side the heart lies, seen in what differs between the halves of a frontal chest film.

Judged by 16 x 16 means, each less its mirror image, so that of a mirrored film the opposite comes
out. The weights are a ridge regression on 2,586 films of public collections, rounded. Of films of
patients that were left out, 0.7 % lie below ``-WRONG``, and 38 % of their mirror images do: what is
found is nearly always right, but much is not found.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from radiograde.model.reading.chest_template import thumbnail_of, without_border

CELLS = 16
MOST = 0.25
"""A half that is white all over outweighs the heart otherwise."""

WRONG = 0.2

WEIGHTS = (
    (-20, -17, -29, 5, 13, 5, -4, 9),
    (7, -19, -20, -3, 14, 18, -7, -11),
    (27, -14, -13, -4, -14, 50, 15, -25),
    (-21, 26, 36, -11, 14, 74, 62, -37),
    (6, 10, 24, 6, 20, 64, 42, -62),
    (4, 16, 10, -19, 12, 27, 11, -67),
    (11, 4, 1, -21, -4, -1, -2, -37),
    (23, -7, 7, -27, -51, -51, -42, -14),
    (21, -6, -22, -28, -72, -64, -79, -32),
    (-1, -8, -10, 14, -55, -99, -75, -45),
    (27, 4, 1, 19, -24, -86, -49, -31),
    (12, 2, -13, 21, 10, -35, -26, -29),
    (-3, 2, -10, 32, 32, -5, 4, -3),
    (5, 13, 1, 19, 60, 30, 27, 25),
    (0, -2, 11, 22, 59, 59, 50, 32),
    (-1, 7, -1, 24, 43, 40, 47, 27),
)
"""For the left half of the picture, the patient's right; the other half has their negatives."""


def seems_mirrored(pixels: NDArray[np.float32]) -> bool:
    """Return whether the heart plainly lies on the wrong side of a frontal chest film.

    ``pixels``: (H, W) in [0, 1], 0 = air, head up.
    """
    return rightness(pixels) < -WRONG


def rightness(pixels: NDArray[np.float32]) -> float:
    """Return the correlation with the difference of the sides, -1 to 1; a mirror image negates it.

    A symmetric picture, and one of fewer than 16 rows or columns, gives 0.
    """
    if min(pixels.shape) < CELLS:
        return 0.0
    thumbnail = Image.fromarray(np.ascontiguousarray(without_border(thumbnail_of(pixels))))
    means = np.asarray(thumbnail.resize((CELLS, CELLS), Image.Resampling.BOX), dtype=np.float64)
    scaled = (means - means.mean()) / max(float(means.std()), 1e-9)
    differences = np.clip(scaled - scaled[:, ::-1], -MOST, MOST)[:, : CELLS // 2]
    norm = float(np.linalg.norm(differences))
    return float((differences * _WEIGHTS).sum()) / norm if norm > 1e-9 else 0.0


_WEIGHTS = np.array(WEIGHTS, np.float64)
_WEIGHTS /= np.linalg.norm(_WEIGHTS)
