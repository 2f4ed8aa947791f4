"""Films in the figures that are watched, as columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

SCORES = ("brixia", "geographic_extent", "opacity", "spread")
INPUT_CHECK = ("frontal", "outcome")
OF_MODEL = (*SCORES, *INPUT_CHECK)
"""Features that another model gives others of; the rest are of the films themselves."""

NUMBERS = (*SCORES, "frontal", "age", "dark", "middle", "bright", "grain", "shown")
CATEGORIES = ("outcome", "view", "machine")


@dataclass(frozen=True, slots=True)
class FilmRow:
    """A film as it is watched: a row of ``film_statistics``, and the patient's pseudonym."""

    film_id: str
    graded: datetime
    model_sha256: str
    outcome: str
    view: str | None = None
    machine: str | None = None
    age: float | None = None
    brixia: float | None = None
    geographic_extent: float | None = None
    opacity: float | None = None
    spread: float | None = None
    frontal: float | None = None
    dark: float | None = None
    middle: float | None = None
    bright: float | None = None
    grain: float | None = None
    shown: float | None = None
    patient: str | None = None


COLUMNS = tuple(field.name for field in fields(FilmRow) if field.name != "patient")


@dataclass(frozen=True, slots=True)
class FilmSample:
    """Features of ``films`` films: known numbers by feature, and counts by category."""

    films: int
    numbers: Mapping[str, Numbers]
    counts: Mapping[str, Mapping[str, int]]

    @classmethod
    def of(cls, rows: Sequence[FilmRow]) -> FilmSample:
        """Return the features of films, of each patient the first alone.

        Films of one patient are alike; as if they were not, a few patients would look like drift.
        """
        first = list(_first_of_patients(rows))
        return cls(
            len(first),
            {name: _known(getattr(row, name) for row in first) for name in NUMBERS},
            {name: Counter(_words(getattr(row, name)) for row in first) for name in CATEGORIES},
        )


def _first_of_patients(rows: Iterable[FilmRow]) -> Iterable[FilmRow]:
    seen: set[str] = set()
    for row in rows:
        if row.patient is not None:
            if row.patient in seen:
                continue
            seen.add(row.patient)
        yield row


def _known(values: Iterable[float | None]) -> Numbers:
    return np.array([value for value in values if value is not None], np.float64)


def _words(value: Any) -> str:
    return "unknown" if value is None else str(value)
