"""What the shipped gate does with real pictures, where no tag helps it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pydicom import uid

from radiograde.model.reading.film_file import read
from radiograde.model.reading.radiograph import Radiograph
from radiograde.model.scoring.result import SeverityResult
from radiograde.model.scoring.scorer import Scorer

EVERY = 12
FOLDERS = {"child_chest": 6, "ct_slice": 32, "limb": 4}


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer(threads=2)


def as_plain_film(film: Radiograph) -> Radiograph:
    """Return the picture with a header that calls it a frontal chest film."""
    film_class = str(uid.ComputedRadiographyImageStorage)
    facts = {"modality": "CR", "body_part": "CHEST", "view": "PA", "age_years": None}
    return replace(film, sop_class_uid=film_class, frames=1, **facts)  # type: ignore[arg-type]


def films(shared: Path, lateral: bool) -> Iterator[Radiograph]:
    with (shared / "dataset/manifest.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if (row["view"] == "L") is lateral]
    for row in rows if lateral else rows[::EVERY]:
        yield read(shared / "dataset" / row["image"])


def codes(result: SeverityResult) -> list[str]:
    assert result.gate is not None
    return [reason.code for reason in result.gate.reasons if reason.level == "reject"]


@pytest.mark.parametrize("kind", FOLDERS)
def test_pictures_out_of_scope_are_rejected(shared: Path, scorer: Scorer, kind: str) -> None:
    paths = sorted((shared / "out_of_scope" / kind).iterdir())
    assert len(paths) == FOLDERS[kind]
    passed = [path.name for path in paths if not codes(scorer.score(as_plain_film(read(path))))]
    assert passed == []


def test_lateral_films_without_a_tag_are_rejected(shared: Path, scorer: Scorer) -> None:
    found = [codes(scorer.score(as_plain_film(film))) for film in films(shared, lateral=True)]
    assert len(found) == 29
    assert all(found)
    assert sum("lateral_view" in reasons for reasons in found) > 10


def test_other_dicom_is_rejected_by_its_pixels_alone(shared: Path, scorer: Scorer) -> None:
    paths = sorted((shared / "dicom/out_of_scope").glob("*.dcm"))
    assert len(paths) == 19
    passed = [path.name for path in paths if not codes(scorer.score(as_plain_film(read(path))))]
    assert passed == []


def test_good_frontal_films_pass(shared: Path, scorer: Scorer) -> None:
    results = [scorer.score(film) for film in films(shared, lateral=False)]
    assert len(results) == 153
    rejected = [codes(result) for result in results if result.status == "rejected"]
    assert len(rejected) <= 0.02 * len(results), rejected


def test_a_childs_chest_with_an_adults_age_is_graded_with_a_warning(
    shared: Path, scorer: Scorer
) -> None:
    for path in sorted((shared / "out_of_scope/child_chest").iterdir()):
        child = as_plain_film(read(path))
        if codes(scorer.score(child)) == ["child"]:
            grown = scorer.score(replace(child, age_years=40.0))
            assert grown.status == "scored"
            assert grown.gate is not None
            assert [r.level for r in grown.gate.reasons if r.code == "child"] == ["warn"]
            return
    pytest.fail("no child's chest is called one")
