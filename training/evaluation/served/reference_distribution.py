"""The distributions that a model expects of films and scores, for a site to be held against."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper

from radiograde.data.film import Film
from radiograde.data.manifest import Manifest
from radiograde.model.errors import RadiogradeError
from radiograde.model.scoring.film_figures import film_figures, outcome_of
from radiograde.model.scoring.metadata import KEY as METADATA
from radiograde.model.scoring.result import SeverityResult
from radiograde.model.scoring.scorer import Scorer
from radiograde.training.errors import UnfitDataError
from radiograde.training.evaluation.served.served_grading import read_as_served
from radiograde.training.progress import followed

KEY = "reference"
MOST = 500
"""Quantiles that stand for a feature's films."""

FEWEST = 200
"""Films: the same as a site's first month."""

MOST_FILMS = 1000
"""That are graded, spread over the manifest: more would not move what is compared."""

_DIGITS = 4


def reference_distribution(scorer: Scorer, manifest: Manifest) -> dict[str, Any]:
    """Return what a model file says of films in the form of its metadata ``reference``.

    Films known to be out of scope are left out: a site's are held against ordinary ones. Of many
    films as many are graded as are needed, spread over the manifest.

    Raises:
        UnfitDataError: fewer than 200 films can be read.
    """
    graded = list(_results(scorer, _ordinary(manifest)))
    if len(graded) < FEWEST:
        raise UnfitDataError(f"{len(graded)} films can be read; a reference needs {FEWEST}.")
    rows = [film_figures(result, film.age) for film, result in graded]
    return {
        "films": len(graded),
        "films_sha256": manifest.digest,
        "numbers": {name: _quantiles(row[name] for row in rows) for name in rows[0]},
        "counts": {
            "outcome": Counter(outcome_of(result) for _, result in graded),
            "view": Counter(result.image.view for _, result in graded if result.image),
        },
    }


def add_reference(path: Path, manifest: Manifest) -> bool:
    """Write into a model file what it says of films; False where they are too few for that.

    Raises:
        OSError: it cannot be written.
    """
    if len(_ordinary(manifest)) < FEWEST:
        return False
    try:
        found = reference_distribution(Scorer(path), manifest)
    except UnfitDataError:
        return False
    write_reference(path, found, path)
    return True


def write_reference(path: Path, reference: Mapping[str, Any], out: Path) -> None:
    """Write a model file again, with a reference in its metadata; nothing else of it changes.

    Raises:
        OSError: it cannot be written.
    """
    model = onnx.load(path)
    properties = {one.key: one.value for one in model.metadata_props}
    metadata = json.loads(properties[METADATA]) | {KEY: reference}
    helper.set_model_props(model, {**properties, METADATA: json.dumps(metadata)})
    out.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, out)


def _ordinary(manifest: Manifest) -> list[Film]:
    inside = [film for film in manifest.films if film.in_scope]
    places = np.linspace(0, len(inside) - 1, min(MOST_FILMS, len(inside))).astype(int)
    return [inside[place] for place in places]


def _results(scorer: Scorer, films: Sequence[Film]) -> Iterable[tuple[Film, SeverityResult]]:
    for film in followed(films, "Grading", len(films), stderr=True):
        try:
            yield film, scorer.score(read_as_served(film))
        except RadiogradeError:
            continue


def _quantiles(values: Iterable[float | None]) -> list[float]:
    known = np.array([value for value in values if value is not None], np.float64)
    if known.size == 0:
        return []
    count = min(MOST, known.size)
    shares = (np.arange(count) + 0.5) / count
    found: list[float] = np.quantile(known, shares).round(_DIGITS).tolist()
    return found
