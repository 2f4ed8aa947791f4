"""Two mask files whose names do not say whether a side is the patient's or the picture's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from radiograde.data.errors import CollectionError
from radiograde.data.importing.collection import Row


def lungs_by_position(one: Path | None, other: Path | None) -> Row:
    """Return the mask columns of two lungs without the heart's shadow, by where they lie.

    The patient's right lung is on the picture's left. Without both files there is no mask.
    """
    if one is None or other is None:
        return {}
    right, left = sorted((one, other), key=_middle)
    return {"right_lung_mask": right, "left_lung_mask": left, "heart_in_mask": "no"}


def _middle(path: Path) -> float:
    """Return the column around which a mask lies. Raises CollectionError."""
    try:
        with Image.open(path) as picture:
            columns = np.nonzero(np.asarray(picture.convert("L")))[1]
    except (OSError, UnidentifiedImageError) as error:
        raise CollectionError(f"{path.name} is no readable mask.") from error
    return float(columns.mean()) if columns.size else 0.0
