"""On which side the heart lies, seen in what differs between the halves of the chest.

The chest is found by the network's map of the lungs. Grey and lungs are averaged over 8 x 12 parts
of it, each less its mirror image, so that of a mirrored film the opposite comes out. The weights
are a ridge regression on films of public collections, by ``python -m benchmarks.mirrored_films``,
which also says how much is found on films of a collection that was left out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

ROWS, COLUMNS = 8, 12
LUNG, LEAST_LUNG = 0.5, 0.0025
"""Where the map says lung; and the least share of it that each lung has."""

BESIDE, BELOW = 1.05, 0.12
"""What belongs to the chest: half its width from its middle to each side, and the height beneath
the lungs, as shares of their width and height."""

MOST = 1.5
"""Standard deviations of grey; a half that is white all over outweighs the heart otherwise."""

WRONG = 0.3

WEIGHTS = (
    (42, -55, -82, 62, 66, -23),
    (-32, 31, 49, 6, 199, -228),
    (110, 27, -60, 98, 11, -291),
    (8, 45, -19, -44, 21, 5),
    (-21, 20, -90, -34, -126, -241),
    (-47, 42, 64, -302, -133, -80),
    (83, -27, 84, -152, -68, -42),
    (-30, 61, 138, 52, 39, -32),
    (-27, -101, -104, -36, 32, -25),
    (-39, -148, -34, -2, 18, -115),
    (8, 32, 127, 3, 9, -60),
    (98, 118, 29, -16, -66, -128),
    (-13, -140, -118, -121, -256, -141),
    (-16, -97, 40, -156, -350, -155),
    (-4, -83, -33, -115, -51, -88),
    (-49, -187, -163, -187, -104, -21),
)
"""For each part of the left half of the picture, the patient's right: of grey, in thousandths, then
of the lungs; the other half has their negatives."""


def seems_mirrored(grey: NDArray[np.float32], lungs: NDArray[np.float32]) -> bool:
    """Return whether the heart plainly lies on the wrong side; arguments as :func:`features`."""
    found = features(grey, lungs)
    return found is not None and side_of_heart(found) < -WRONG


def side_of_heart(found: NDArray[np.float64]) -> float:
    """Return about 1 for a heart on the patient's left, -1 for one on the right."""
    return float(found @ _WEIGHTS)


def features(grey: NDArray[np.float32], lungs: NDArray[np.float32]) -> NDArray[np.float64] | None:
    """Return how the halves of the chest differ, in grey and in lung; a mirror image negates it.

    ``grey``: (H, W) in [0, 1], 0 = air, head up. ``lungs``: (2, h, w) in [0, 1], right and left,
    of the same film. None without a lung on each side.
    """
    marked = lungs > LUNG
    if marked.mean(axis=(1, 2)).min() < LEAST_LUNG:
        return None
    height, width = lungs.shape[1:]
    box = _chest(lungs, marked[0] | marked[1])
    small = Image.fromarray(np.ascontiguousarray(grey)).resize(
        (width, height), Image.Resampling.BOX
    )
    shown = _parts(np.asarray(small), box)
    scaled = (shown - shown.mean()) / max(float(shown.std()), 1e-6)
    lung = _parts(lungs.max(axis=0), box)
    differences = np.stack(
        (
            np.clip(scaled - scaled[:, ::-1], -MOST, MOST),
            lung - lung[:, ::-1],
        )
    )
    return differences[..., : COLUMNS // 2].astype(np.float64).ravel()


def _chest(
    lungs: NDArray[np.float32], marked: NDArray[np.bool_]
) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom in pixels of the map; its middle is that of the lungs."""
    rows, columns = (np.flatnonzero(marked.any(axis=axis)) for axis in (1, 0))
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    across = lungs.sum(axis=1)
    centres = across @ (np.arange(across.shape[1]) + 0.5) / across.sum(axis=1)
    middle = float(centres.mean())
    half = BESIDE * max(middle - float(columns[0]), float(columns[-1]) + 1 - middle)
    return middle - half, top, middle + half, bottom + BELOW * (bottom - top)


def _parts(
    picture: NDArray[np.float32], box: tuple[float, float, float, float]
) -> NDArray[np.float32]:
    """Return (8, 12) means of the picture within a box; beyond its edges it goes on as there."""
    margin = max(picture.shape)
    image = Image.fromarray(np.pad(picture.astype(np.float32), margin, mode="edge"))
    within = tuple(side + margin for side in box)
    return np.asarray(image.resize((COLUMNS, ROWS), Image.Resampling.BOX, box=within))


_WEIGHTS = np.array(WEIGHTS, np.float64).ravel() / 1000
