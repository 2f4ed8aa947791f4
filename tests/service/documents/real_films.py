"""Real films, graded by the bundled model; each is read and graded once a session."""

from __future__ import annotations

import dataclasses
from functools import cache
from pathlib import Path

import pytest

from radiograde.model.limits import Limits
from radiograde.model.reading.film_file import open_film
from radiograde.model.scoring.scorer import Scorer
from radiograde.service.documents.graded_film import GradedFilm
from tests.service.documents.graded_films import BEGAN, RESULT_ID

SCORED = (
    "fuji_cr_mono1_10bit_440px",
    "nih_dx_test3",
    "philips_cr_mono1_15bit_j2k",
    "rsna_cr_ap_opacity",
    "siim_cr_false_mono1_tag",
)
"""Films of five archives: CR and captures, two inverted, JPEG and JPEG 2000, headers with gaps."""


@cache
def real_film(shared: Path, name: str) -> GradedFilm:
    """Return the graded film in ``shared``; skip where it is absent."""
    path = shared / "dicom" / "chest" / f"{name}.dcm"
    if not path.exists():
        pytest.skip(f"{name} is not on this machine")
    file = open_film(path.read_bytes(), Limits())
    result = _scorer().score(file.radiograph())
    assert result.status == "scored"
    return GradedFilm.of(file, dataclasses.replace(result, id=RESULT_ID), BEGAN)


@cache
def _scorer() -> Scorer:
    return Scorer(threads=1)
