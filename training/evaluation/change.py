"""The same patient over time: the change that was graded beside the change that readers saw."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radiograde.data.film import Film
from radiograde.training.evaluation.metrics import Array, agreement


def changes(films: Sequence[Film], grades: Array, reference: Array) -> dict[str, Any]:
    """Return how changes of the global score agree, film to next dated film of a patient.

    ``repeatability``: the change that 95 % of films of an unchanged patient stay below, from the
    spread of the difference between both changes (Bland and Altman, BMJ 1996;313:744). None
    without two dated, graded films of any patient.
    """
    steps = _steps(films, reference)
    if len(steps) < 2:
        return {"pairs": len(steps)}
    first, second = np.array(steps).T
    ours, readers = grades[second] - grades[first], reference[second] - reference[first]
    patients = [films[film].patient for film in first]
    agreed = asdict(agreement(ours, readers, patients))
    del agreed["films"]
    moved = readers != 0
    return {
        "pairs": len(steps),
        "patients": len(set(patients)),
        **agreed,
        "same_direction": _share((np.sign(ours) == np.sign(readers))[moved]),
        "repeatability": float(1.96 * (ours - readers).std()),
        "ours": [round(float(value), 2) for value in ours],
        "readers": [float(value) for value in readers],
    }


def _share(flags: NDArray[np.bool_]) -> float | None:
    return float(flags.mean()) if flags.size else None


def _steps(films: Sequence[Film], reference: Array) -> list[tuple[int, int]]:
    """Return pairs of films, each with the patient's next, both dated and graded by readers."""
    by_patient: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for number, film in enumerate(films):
        if film.offset_days is not None and not np.isnan(reference[number]):
            by_patient[film.patient].append((film.offset_days, number))
    return [
        (first[1], second[1])
        for dated in by_patient.values()
        for first, second in pairwise(sorted(dated))
        if second[0] > first[0]
    ]
