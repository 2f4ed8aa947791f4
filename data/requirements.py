"""What training needs of a set of films as a whole; for ``data check`` and training."""

from __future__ import annotations

from collections.abc import Iterator

from radiograde.data.errors import Problem
from radiograde.data.manifest import Manifest

FOLDS = 5
"""Folds that are made where the manifest gives none."""


def missing_for_training(manifest: Manifest) -> Iterator[Problem]:
    """Yield what the set lacks: films in scope, grades in two folds, lungs to learn from."""
    films = [film for film in manifest.films if film.in_scope]
    if not films:
        yield Problem(0, "", "no film is a frontal chest film of an adult")
        return
    if not any(film.has_lung_masks for film in films):
        yield Problem(0, "lung_mask", "no film has lung masks, and lungs are learned from them")
    if not any(film.has_severity for film in films):
        yield Problem(0, "", "no film has a grade of any reader")
        return
    given = [film.fold for film in manifest.films if film.fold is not None]
    split = manifest.with_folds(max(2, max(given) + 1) if given else FOLDS)
    if len({film.fold for film in split.films if film.in_scope and film.has_severity}) < 2:
        yield Problem(0, "fold", "all graded films stand in one fold: grade more patients")
