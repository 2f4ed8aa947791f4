"""How the readers of a set agree: with each other, with themselves, and with the model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any, Literal

import numpy as np

from radiograde.model.agreement import (
    Array,
    LimitsOfAgreement,
    intraclass_correlation,
    limits_of_agreement,
    quadratic_kappa,
)
from radiograde.model.scoring.scales import ZONE, ZONES
from radiograde.service.reviews.reading_set import ReadingSlot

MODEL = "model"
Grades = Mapping[str, Mapping[str, float]]
"""Zones A-F of films, by id."""

Between = Literal["readers", "same_reader", "model"]


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """Two gradings of the same films: of two readers, of one twice, or of a reader and the model.

    ``kappa``: of zones, quadratic weights. ``icc`` and ``limits``: of the global score; ``limits``
    of ``b`` minus ``a``. None where too few films tell, or nothing differs.
    """

    between: Between
    a: str
    b: str
    films: int
    kappa: float | None
    icc: float | None
    limits: LimitsOfAgreement | None

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON types."""
        return asdict(self)


def agreements(slots: Sequence[ReadingSlot], model: Grades) -> list[PairAgreement]:
    """Return every pair's agreement on the films that both found gradable.

    ``slots``: of a set. ``model``: its own zones, of the films that it scored.
    """
    first = dict(_by_reader(slot for slot in slots if not slot.again))
    again = dict(_by_reader(slot for slot in slots if slot.again))
    found = [_pair("readers", one, other, first) for one, other in combinations(sorted(first), 2)]
    found += [
        pair_agreement("same_reader", (reader, first.get(reader, {})), (reader, twice))
        for reader, twice in sorted(again.items())
    ]
    found += [
        pair_agreement("model", (reader, read), (MODEL, model)) for reader, read in first.items()
    ]
    return [one for one in found if one.films]


def readers_together(slots: Sequence[ReadingSlot]) -> float | None:
    """Return the ICC(2,1) of the global score over all readers, on films that all graded."""
    first = [grades for _, grades in _by_reader(slot for slot in slots if not slot.again)]
    if not first:
        return None
    shared = sorted(set.intersection(*(set(grades) for grades in first)))
    return intraclass_correlation(
        np.array(
            [[sum(grades[film].values()) for grades in first] for film in shared], np.float64
        ).reshape(len(shared), len(first))
    )


def pair_agreement(
    between: Between, one: tuple[str, Grades], other: tuple[str, Grades]
) -> PairAgreement:
    """Return how two gradings, each with its name, agree."""
    (name, a), (other_name, b) = one, other
    films = sorted(a.keys() & b.keys())
    zones = [_zones(grades, films) for grades in (a, b)]
    scores = [grades.sum(1) for grades in zones]
    top = int(ZONE.high)
    kappa = quadratic_kappa(zones[0].ravel(), zones[1].ravel(), top) if films else None
    return PairAgreement(
        between,
        name,
        other_name,
        len(films),
        kappa,
        intraclass_correlation(np.stack(scores, 1)),
        limits_of_agreement(*scores),
    )


def _pair(between: Between, one: str, other: str, grades: Mapping[str, Grades]) -> PairAgreement:
    return pair_agreement(between, (one, grades[one]), (other, grades[other]))


def _by_reader(slots: Iterator[ReadingSlot]) -> Iterator[tuple[str, Grades]]:
    """Yield each reader's grades of films that are gradable, readers in order."""
    found: dict[str, dict[str, Mapping[str, float]]] = {}
    for slot in slots:
        if slot.zones is not None:
            found.setdefault(slot.reader, {})[slot.film_id] = dict(slot.zones)
    yield from sorted(found.items())


def _zones(grades: Grades, films: Sequence[str]) -> Array:
    rows = [[grades[film][zone] for zone in ZONES] for film in films]
    return np.array(rows, np.float64).reshape(len(films), len(ZONES))
