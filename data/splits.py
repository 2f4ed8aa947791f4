"""Folds by patient: no patient ever stands on both sides of a split."""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from radiograde.data.errors import ManifestError, Problem
from radiograde.data.film import Film

BANDS = 3
"""Severity strata above zero; ungraded patients and zeros have one each."""


def assign_folds(films: Sequence[Film], count: int = 5, seed: int = 0) -> tuple[Film, ...]:
    """Return the films, each with a fold from 0 to ``count`` - 1.

    A fold that is given stays and holds for all films of that patient. The other patients are
    assigned one severity stratum at a time, the gravest first, each to the fold with the fewest
    films of that stratum, in the order of a hash of seed and patient: the order of rows plays
    no part.
    Raises ManifestError when ``count`` is under 2 or a given fold does not exist among them.
    """
    _check(films, count)
    by_patient: dict[str, list[Film]] = defaultdict(list)
    for film in films:
        by_patient[film.patient].append(film)
    strata: dict[int, dict[str, int]] = defaultdict(dict)
    for patient, own in by_patient.items():
        strata[_stratum(own)][patient] = len(own)
    folds = {film.patient: film.fold for film in films if film.fold is not None}
    total = Counter(dict.fromkeys(range(count), 0))
    total.update(film.fold for film in films if film.fold is not None)
    for _, counts in sorted(strata.items(), reverse=True):
        folds |= _distribute(counts, folds, total, seed)
    return tuple(replace(film, fold=folds[film.patient]) for film in films)


def _check(films: Sequence[Film], count: int) -> None:
    if count < 2:
        raise ManifestError([Problem(0, "fold", f"{count} folds are no split; ask for 2 or more")])
    beyond = [film for film in films if film.fold is not None and film.fold >= count]
    if beyond:
        raise ManifestError(
            [Problem(film.row, "fold", f"{film.fold} is not under {count}") for film in beyond]
        )


def _stratum(films: Sequence[Film]) -> int:
    """Return -1 for an ungraded patient, 0 for no involvement, else the band of the mean."""
    shares = [film.severity_share for film in films]
    graded = [share for share in shares if share is not None]
    return math.ceil(BANDS * math.fsum(graded) / len(graded)) if graded else -1


def _distribute(
    counts: Mapping[str, int], given: Mapping[str, int], total: Counter[int], seed: int
) -> dict[str, int]:
    """Return a fold for each patient of one stratum, adding to ``total``, films by fold.

    ``counts``: films by patient. Patients of many films go first: the small ones after them even
    the folds out.
    """
    load = Counter(dict.fromkeys(total, 0))
    for patient in counts.keys() & given.keys():
        load[given[patient]] += counts[patient]
    assigned: dict[str, int] = {}
    order = {patient: _hash(seed, patient) for patient in counts.keys() - given.keys()}
    for patient in sorted(order, key=lambda name: (-counts[name], order[name])):
        fold = min(load, key=lambda number: (load[number], total[number], number))
        assigned[patient] = fold
        load[fold] += counts[patient]
        total[fold] += counts[patient]
    return assigned


def _hash(seed: int, patient: str) -> bytes:
    return hashlib.sha256(f"{seed}\n{patient}".encode()).digest()
