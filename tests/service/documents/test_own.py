"""Radiograde knows its own documents, and takes no film for one."""

from __future__ import annotations

import functools
import io
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag

import radiograde
from radiograde.model.limits import Limits
from radiograde.model.reading.dicom_header import Header
from radiograde.model.reading.film_file import open_film
from radiograde.service.documents import codes, document_uids, equipment
from radiograde.service.documents.equipment import add_equipment, is_own, timestamp
from radiograde.service.documents.sr.structured_report import structured_report
from tests.service.documents.graded_films import BEGAN, film_bytes, graded_film, rejected_film

REPORT = functools.cache(lambda: structured_report(graded_film()).content)


def own(content: bytes) -> bool:
    """Return the answer for a file."""
    header = open_film(content, Limits()).header
    assert header is not None
    return is_own(header)


def changed(content: bytes, *, gone: tuple[str, ...] = (), **values: str) -> bytes:
    ds = dcmread(io.BytesIO(content))
    for keyword in gone:
        del ds[keyword]
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    buffer = io.BytesIO()
    ds.save_as(buffer)
    return buffer.getvalue()


def test_reports_are_own_and_films_are_not() -> None:
    for content in (REPORT(), structured_report(rejected_film()).content):
        assert own(content)
    assert not own(film_bytes())


@pytest.mark.parametrize(
    ("gone", "values"),
    [
        (("ContributingEquipmentSequence", "CodingSchemeIdentificationSequence"), {}),
        ((), {"Manufacturer": "PACS", "ManufacturerModelName": "Router"}),
        (("Manufacturer", "ManufacturerModelName", "ContributingEquipmentSequence"), {}),
        (("Manufacturer", "ManufacturerModelName", "CodingSchemeIdentificationSequence"), {}),
        (
            (
                "Manufacturer",
                "ContributingEquipmentSequence",
                "CodingSchemeIdentificationSequence",
            ),
            {"ManufacturerModelName": "RADIOGRADE SEVERITY"},
        ),
    ],
)
def test_one_mark_is_enough(gone: tuple[str, ...], values: dict[str, str]) -> None:
    assert own(changed(REPORT(), gone=gone, **values))


def test_without_any_mark_it_is_a_film_like_others() -> None:
    gone = (
        "Manufacturer",
        "ManufacturerModelName",
        "ContributingEquipmentSequence",
        "CodingSchemeIdentificationSequence",
    )
    assert not own(changed(REPORT(), gone=gone))


def test_no_real_film_is_taken_for_own(shared: Path) -> None:
    files = sorted((shared / "dicom" / "chest").glob("*.dcm"))
    assert files
    for file in files:
        assert not own(file.read_bytes())


def test_a_damaged_sequence_is_no_mark() -> None:
    damaged = dcmread(io.BytesIO(REPORT()))
    for keyword in ("Manufacturer", "ManufacturerModelName", "CodingSchemeIdentificationSequence"):
        del damaged[keyword]
    tag = Tag("ContributingEquipmentSequence")
    damaged[tag] = RawDataElement(tag, "SQ", 3, b"\xfe\xff\x00", 0, False, True)
    for _ in range(2):
        assert not is_own(Header(damaged))


def test_the_equipment_says_what_made_a_document_and_when() -> None:
    graded = graded_film()
    ds = Dataset()
    add_equipment(ds, graded)
    (item,) = ds.ContributingEquipmentSequence
    assert item.DeviceUID == document_uids.device_uid(graded.result.model.sha256)
    for described in (ds, item):
        assert described.Manufacturer == equipment.MANUFACTURER
        assert list(described.SoftwareVersions) == [radiograde.__version__, "fake 1.2.3"]
        assert described.DeviceSerialNumber == graded.result.model.sha256
    assert (ds.InstanceCreationDate, ds.InstanceCreationTime) == ("20260304", "050607")
    assert ds.ContentQualification == "RESEARCH"
    assert ds.CodingSchemeIdentificationSequence[0].CodingSchemeDesignator == codes.PRIVATE


def test_times_are_in_the_films_own_zone() -> None:
    assert timestamp(graded_film()) == BEGAN
    abroad = timestamp(graded_film(TimezoneOffsetFromUTC="-0600"))
    assert abroad == BEGAN
    assert f"{abroad:%Y%m%d%H%M%S}" == "20260303230607"
