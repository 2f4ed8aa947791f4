from __future__ import annotations

from typing import Any

import pytest

from radiograde.model.limits import Limits
from radiograde.model.reading.acquisition_time import acquired
from radiograde.model.reading.film_file import open_film
from tests.service.documents.graded_films import film_bytes

NOTHING = {
    f"{what}{kind}": None
    for what in ("Acquisition", "Content", "Series", "Study")
    for kind in ("Date", "Time")
}


def read(**elements: Any) -> str | None:
    header = open_film(film_bytes(**(NOTHING | elements)), Limits()).header
    assert header is not None
    time = acquired(header)
    return None if time is None else time.isoformat()


@pytest.mark.filterwarnings("ignore:Invalid value")
@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        ({"AcquisitionDateTime": "20260304050607.25+0900"}, "2026-03-04T05:06:07"),
        ({"AcquisitionDateTime": "20260304"}, "2026-03-04"),
        ({"AcquisitionDateTime": "2026", "StudyDate": "20250101"}, "2025-01-01"),
        (
            {"AcquisitionDate": "20260304", "AcquisitionTime": "050607.123456"},
            "2026-03-04T05:06:07",
        ),
        ({"AcquisitionDate": "20260304", "AcquisitionTime": "0506"}, "2026-03-04T05:06:00"),
        ({"AcquisitionDate": "20260304", "AcquisitionTime": "235960"}, "2026-03-04T23:59:59"),
        ({"ContentDate": "20260304", "ContentTime": "05"}, "2026-03-04T05:00:00"),
        ({"StudyDate": "20260304", "StudyTime": "250000"}, "2026-03-04"),
        ({"StudyDate": "20260304"}, "2026-03-04"),
        ({}, None),
    ],
)
def test_acquired(elements: dict[str, str], expected: str | None) -> None:
    assert read(**elements) == expected


def test_acquisition_comes_before_content_before_study() -> None:
    days = {"StudyDate": "20260101", "ContentDate": "20260102", "AcquisitionDate": "20260103"}
    assert read(**days) == "2026-01-03"
    assert read(**(days | {"AcquisitionDate": None})) == "2026-01-02"


@pytest.mark.filterwarnings("ignore:Invalid value")
@pytest.mark.parametrize(
    "day", ["20261301", "00000000", "18940101", "today", "2026030", "2026030a"]
)
def test_an_impossible_day_is_none(day: str) -> None:
    assert read(StudyDate=day) is None


@pytest.mark.filterwarnings("ignore:Invalid value")
def test_old_files() -> None:
    assert read(StudyDate="2001.02.03", StudyTime="04:05:06") == "2001-02-03T04:05:06"
    assert read(StudyDate="2001/02/03") == "2001-02-03"
