"""What is read out of sloppy headers."""

from __future__ import annotations

import pytest
from pydicom.dataset import Dataset

from radiograde.model.reading.film_file import read
from radiograde.model.reading.radiograph import Radiograph
from tests.model.reading.films import film

SPOKEN = (
    "ViewPosition",
    "ViewCodeSequence",
    "PatientAge",
    "PatientBirthDate",
    "PatientOrientation",
    "ImagerPixelSpacing",
)


def bare(**elements: object) -> Radiograph:
    """Read a film that says neither view, age nor spacing, but the elements given."""

    def change(ds: Dataset) -> None:
        for keyword in SPOKEN:
            delattr(ds, keyword)
        for keyword, value in elements.items():
            setattr(ds, keyword, value)

    return read(film(change=change))


@pytest.mark.parametrize(
    ("elements", "view"),
    [
        ({}, "UNKNOWN"),
        ({"ViewPosition": "PA"}, "PA"),
        ({"ViewPosition": "CHEST AP"}, "AP"),
        ({"ViewPosition": "LL"}, "LATERAL"),
        ({"ViewPosition": "RL"}, "LATERAL"),
        ({"ViewPosition": "MLO"}, "OTHER"),
        ({"ViewPosition": "XX"}, "UNKNOWN"),
        ({"PatientPosition": "AP"}, "AP"),
        ({"PatientPosition": "HFS"}, "UNKNOWN"),
        ({"PatientOrientation": ["P", "F"]}, "LATERAL"),
        ({"PatientOrientation": ["L", "F"]}, "UNKNOWN"),
        ({"SeriesDescription": "view: PA"}, "PA"),
        ({"SeriesDescription": "Thorax lateral"}, "LATERAL"),
        ({"ProtocolName": "CHEST AP PORTABLE"}, "AP"),
        ({"StudyDescription": "CHEST PA AND LAT"}, "UNKNOWN"),
        ({"SeriesDescription": "PAPA CAPS"}, "UNKNOWN"),
        ({"ViewPosition": "LATERAL", "SeriesDescription": "PA"}, "LATERAL"),
        ({"ViewPosition": "AP DECUBITUS", "SeriesDescription": "CHEST AP"}, "OTHER"),
        ({"ViewPosition": "PA LAT", "StudyDescription": "CHEST PA"}, "LATERAL"),
        ({"ViewPosition": "LAT DECUBITUS"}, "OTHER"),
        ({"ViewPosition": "PA AP", "SeriesDescription": "CHEST AP"}, "UNKNOWN"),
        ({"PatientPosition": "AP OBL", "StudyDescription": "CHEST AP"}, "OTHER"),
        ({"SeriesDescription": "CHEST AP DECUBITUS"}, "OTHER"),
        ({"SeriesDescription": "CHEST PA LAT", "StudyDescription": "CHEST PA"}, "UNKNOWN"),
    ],
)
def test_view(elements: dict[str, object], view: str) -> None:
    assert bare(**elements).view == view


@pytest.mark.parametrize(
    ("code", "view"), [("399173006", "LATERAL"), ("R-10206", "AP"), ("272479007", "PA")]
)
def test_view_by_code(code: str, view: str) -> None:
    item = Dataset()
    item.CodeValue = code
    assert bare(ViewCodeSequence=[item]).view == view


@pytest.mark.parametrize(
    ("elements", "age"),
    [
        ({}, None),
        ({"PatientAge": "061Y"}, 61),
        ({"PatientAge": "018M"}, 1.5),
        ({"PatientAge": "003W"}, 21 / 365.25),
        ({"PatientAge": "000Y"}, None),
        ({"PatientAge": "411Y"}, None),
        ({"PatientBirthDate": "19750101"}, 50),
        ({"PatientAge": "000Y", "PatientBirthDate": "19750101"}, 50),
        ({"PatientBirthDate": "19000101"}, None),
        ({"PatientBirthDate": "20300101"}, None),
    ],
)
def test_age(elements: dict[str, object], age: float | None) -> None:
    found = bare(**elements).age_years
    assert found is None if age is None else found == pytest.approx(age, abs=0.01)


@pytest.mark.parametrize(
    ("elements", "spacing"),
    [
        ({}, None),
        ({"PixelSpacing": [0, 0]}, None),
        ({"PixelSpacing": [0.14, 0.14], "ImagerPixelSpacing": [0.2, 0.2]}, (0.14, 0.14)),
        ({"PixelSpacing": [0, 0], "ImagerPixelSpacing": [0.2, 0.2]}, (0.2, 0.2)),
        ({"NominalScannedPixelSpacing": [0.175, 0.175]}, (0.175, 0.175)),
        ({"ImagerPixelSpacing": [0.1, 0.9]}, None),
        ({"ImagerPixelSpacing": [140, 140]}, None),
    ],
)
def test_spacing(elements: dict[str, object], spacing: tuple[float, float] | None) -> None:
    assert bare(**elements).pixel_spacing_mm == spacing


def test_body_part_from_a_description_and_no_other_word() -> None:
    radiograph = read(film(BodyPartExamined=None, StudyDescription="Meyer, left hip joint"))
    assert radiograph.body_part == "HIP"
    assert read(film(BodyPartExamined=None, StudyDescription="Meyer")).body_part is None
    abdomen = read(film(BodyPartExamined=None, SeriesDescription="PORTABLE ABDOMEN"))
    assert abdomen.body_part == "ABDOMEN"
