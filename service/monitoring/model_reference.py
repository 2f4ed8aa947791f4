"""The distribution that a model expects, as its ONNX file says: metadata ``reference``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from radiograde.service.monitoring.film_sample import CATEGORIES, NUMBERS, FilmSample

KEY = "reference"


def model_reference(raw: Mapping[str, Any]) -> FilmSample | None:
    """Return the reference in a model's metadata; None where it has none that can be used.

    ``numbers``: quantiles by feature, of equal steps; they stand for as many films. ``counts``:
    films by feature and category. docs/reference/onnx-file.md describes both.
    """
    found = raw.get(KEY)
    try:
        if not isinstance(found, Mapping):
            return None
        numbers = {
            name: np.array(found["numbers"][name], np.float64)
            for name in NUMBERS
            if name in found["numbers"]
        }
        counts = {
            name: {str(one): int(films) for one, films in found["counts"][name].items()}
            for name in CATEGORIES
            if name in found["counts"]
        }
        return FilmSample(int(found["films"]), numbers, counts)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
