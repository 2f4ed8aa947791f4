"""Folds by patient: no patient ever stands on both sides of a split."""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from radiograde.data.errors import ManifestError, Problem
from radiograde.data.film import Film

if TYPE_CHECKING:
    from radiograde.data.manifest import Manifest

BANDS = 3
"""Severity strata above zero; ungraded patients and zeros have one each."""


def assign_folds(manifest: Manifest, count: int = 5, seed: int = 0) -> Manifest:
    """Return the manifest with a fold from 0 to ``count`` - 1 for every film.

    A fold that is given stays and holds for all films of that patient. The other patients are
    dealt out one severity stratum at a time, the gravest first, each to the fold with the fewest
    films of that stratum, in the order of a hash of seed and patient: the order of rows plays
    no part.
    Raises ManifestError when ``count`` is under 2 or a given fold does not exist among them.
    """
    _check(manifest.films, count)
    by_patient: dict[str, list[Film]] = defaultdict(list)
    for film in manifest.films:
        by_patient[film.patient].append(film)
    strata: dict[int, dict[str, int]] = defaultdict(dict)
    for patient, films in by_patient.items():
        strata[_stratum(films)][patient] = len(films)
    folds = {film.patient: film.fold for film in manifest.films if film.fold is not None}
    total = Counter(dict.fromkeys(range(count), 0))
    total.update(film.fold for film in manifest.films if film.fold is not None)
    for _, films_of in sorted(strata.items(), reverse=True):
        folds |= _deal(films_of, folds, total, seed)
    return replace(
        manifest,
        films=tuple(replace(film, fold=folds[film.patient]) for film in manifest.films),
    )


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


def _deal(
    films_of: Mapping[str, int], given: Mapping[str, int], total: Counter[int], seed: int
) -> dict[str, int]:
    """Return a fold for each patient of one stratum, adding to ``total``, films by fold.

    Patients of many films go first: the small ones after them even the folds out.
    """
    load = Counter(dict.fromkeys(total, 0))
    for patient in films_of.keys() & given.keys():
        load[given[patient]] += films_of[patient]
    dealt: dict[str, int] = {}
    hands = {patient: _hash(seed, patient) for patient in films_of.keys() - given.keys()}
    for patient in sorted(hands, key=lambda name: (-films_of[name], hands[name])):
        fold = min(load, key=lambda number: (load[number], total[number], number))
        dealt[patient] = fold
        load[fold] += films_of[patient]
        total[fold] += films_of[patient]
    return dealt


def _hash(seed: int, patient: str) -> bytes:
    return hashlib.sha256(f"{seed}\n{patient}".encode()).digest()
