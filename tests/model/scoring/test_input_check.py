from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from pydicom import uid

from radiograde.model.reading.digest import Digest
from radiograde.model.reading.film_file import read
from radiograde.model.reading.grey import Pixels
from radiograde.model.reading.radiograph import Radiograph
from radiograde.model.reasons import Reason
from radiograde.model.scoring.input_check import check_film
from radiograde.model.scoring.result import GateVerdict
from tests.model.reading.films import film, phantom

SOME = 25


def codes(verdict: GateVerdict, level: str = "reject") -> list[str]:
    return [reason.code for reason in verdict.reasons if reason.level == level]


def a_film(**facts: object) -> Radiograph:
    """Return a frontal chest film of an adult, with these facts changed."""
    plain: dict[str, object] = {
        "grey": Pixels(phantom().pixels),
        "source": "dicom",
        "digest": Digest("0" * 64),
        "view": "PA",
        "modality": "DX",
        "body_part": "CHEST",
        "age_years": 55.0,
        "sop_class_uid": str(uid.DigitalXRayImageStorageForPresentation),
    }
    return Radiograph(**(plain | facts))  # type: ignore[arg-type]


def test_a_plain_film_passes_without_a_word() -> None:
    assert check_film(a_film()) == GateVerdict(())


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"view": "LATERAL"}, "lateral_view"),
        ({"view": "OTHER"}, "not_frontal"),
        ({"age_years": 17.9}, "child"),
        ({"frames": 2}, "multi_frame"),
        ({"colourful": True}, "not_radiograph"),
        ({"body_part": "HIP"}, "not_chest"),
        ({"body_part": "TSPINE"}, "not_chest"),
        ({"body_part": "ABDOMEN PORTABLE"}, "not_chest"),
        ({"body_part": "UP_EXM ARM"}, "not_chest"),
        ({"sop_class_uid": str(uid.CTImageStorage)}, "not_radiograph"),
        ({"sop_class_uid": str(uid.DigitalMammographyXRayImageStorageForPresentation)},
         "not_radiograph"),
        ({"sop_class_uid": None, "modality": "CT", "view": "UNKNOWN"}, "not_radiograph"),
        ({"sop_class_uid": None, "modality": "XA", "body_part": None}, "not_radiograph"),
        ({"grey": Pixels(phantom().pixels[:, :60])}, "too_small"),
        ({"grey": Pixels(np.tile(phantom().pixels, (1, 3)))}, "not_chest"),
        ({"grey": Pixels(np.full((500, 400), 0.5, np.float32))}, "blank"),
        ({"grey": Pixels(phantom().pixels[::-1].copy())}, "not_chest"),
    ],
)  # fmt: skip
def test_rejects(facts: dict[str, object], code: str) -> None:
    verdict = check_film(a_film(**facts))
    assert not verdict.in_scope
    assert code in codes(verdict)


@pytest.mark.parametrize(
    ("facts", "level", "code"),
    [
        ({"view": "UNKNOWN"}, "warn", "view_unknown"),
        ({"age_years": None}, "info", "age_unknown"),
        ({"modality": "CT"}, "warn", "modality_mismatch"),
        ({"sop_class_uid": str(uid.SecondaryCaptureImageStorage), "modality": "CT"},
         "warn", "modality_mismatch"),
        ({"grey": Pixels(phantom().pixels[::2, ::2])}, "warn", "low_quality"),
        ({"notes": (Reason("inverted", "warn", "It was."),)}, "warn", "inverted"),
    ],
)  # fmt: skip
def test_remarks_let_pass(facts: dict[str, object], level: str, code: str) -> None:
    verdict = check_film(a_film(**facts))
    assert verdict.in_scope
    assert codes(verdict, level) == [code]


@pytest.mark.parametrize(
    "part", ["CHEST", "RIBCAGE", "THORAX", "TORAX", None, "XX", "PORTABLE", "CHEST SPINE"]
)
def test_body_parts_that_pass(part: str | None) -> None:
    assert check_film(a_film(body_part=part)).in_scope


def test_every_real_chest_dicom_is_in_scope(shared: Path) -> None:
    paths = sorted((shared / "dicom/chest").glob("*.dcm"))
    assert len(paths) == 12
    for path in paths:
        assert check_film(read(path)).in_scope, path.name


def test_every_other_real_dicom_is_rejected(shared: Path) -> None:
    paths = sorted((shared / "dicom/out_of_scope").glob("*.dcm"))
    assert len(paths) == 19
    for path in paths:
        assert not check_film(read(path)).in_scope, path.name


def test_content_rejects_few_real_films(shared: Path) -> None:
    with (shared / "dataset/manifest.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["view"] != "L"][::SOME]
    assert len(rows) == 73
    verdicts = [check_film(read(shared / "dataset" / row["image"])) for row in rows]
    assert sum(not verdict.in_scope for verdict in verdicts) <= 0.02 * len(rows) + 1


def test_a_film_from_bytes() -> None:
    assert codes(check_film(read(film(PatientAge="012Y")))) == ["child"]
