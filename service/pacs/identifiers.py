"""What a query asks and what an answer says, PS3.4 C.6.2 and PS3.18 10.6: the same attributes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset

from radiograde.model.reading.dicom_header import Header
from radiograde.model.reading.uids import is_uid
from radiograde.service.pacs.query_retrieve import (
    FoundImage,
    FoundStudy,
    PatientIdentity,
    StudyQuery,
)

STUDY_KEYS = (
    "StudyInstanceUID",
    "StudyDate",
    "PatientID",
    "IssuerOfPatientID",
    "ModalitiesInStudy",
)
SERIES_KEYS = ("SeriesInstanceUID", "Modality", "BodyPartExamined", "SeriesDescription")
IMAGE_KEYS = ("SOPInstanceUID", "SOPClassUID")


class Attributes(Protocol):
    """The attributes of an answer, by keyword."""

    def values(self, keyword: str) -> tuple[str, ...]:
        """Return the values of an attribute as text, stripped; none where it is absent."""
        ...


@dataclass(frozen=True, slots=True)
class DataSetAttributes:
    """Those of an answer to C-FIND."""

    header: Header

    def values(self, keyword: str) -> tuple[str, ...]:
        """Return the values of an attribute."""
        text = self.header.decoded(keyword)
        return tuple(part.strip(" \0") for part in text.split("\\")) if text else ()


@dataclass(frozen=True, slots=True)
class JsonAttributes:
    """Those of an answer in the DICOM JSON Model, PS3.18 annex F."""

    document: Mapping[str, Any]

    def values(self, keyword: str) -> tuple[str, ...]:
        """Return the values of an attribute; what is no text is left out."""
        return tuple(one.strip() for one in self._listed(keyword) if isinstance(one, str))

    def items(self, keyword: str) -> tuple[JsonAttributes, ...]:
        """Return the items of a sequence; what is no item is left out."""
        return tuple(JsonAttributes(one) for one in self._listed(keyword) if isinstance(one, dict))

    def _listed(self, keyword: str) -> list[Any]:
        element = self.document.get(f"{tag_for_keyword(keyword):08X}")
        values = element.get("Value") if isinstance(element, dict) else None
        return values if isinstance(values, list) else []


def study_keys(query: StudyQuery) -> dict[str, str]:
    """Return what a query for studies asks: matching keys with a value, the rest to be returned.

    The issuer is asked for and not matched: many archives have no such key, and find nothing.
    """
    keys = dict.fromkeys(STUDY_KEYS, "")
    keys["StudyDate"] = f"{query.since:%Y%m%d}-{query.until:%Y%m%d}"
    if query.patient is not None:
        keys["PatientID"] = query.patient.id
    return keys


def data_set(level: str, keys: Mapping[str, str]) -> Dataset:
    """Return the identifier of a C-FIND."""
    ds = Dataset()
    if not all(value.isascii() for value in keys.values()):
        ds.SpecificCharacterSet = "ISO_IR 192"
    ds.QueryRetrieveLevel = level
    for keyword, value in keys.items():
        setattr(ds, keyword, value)
    return ds


def study_of(answer: Attributes) -> FoundStudy | None:
    """Return the study in an answer; None where it names none."""
    uid = _first(answer, "StudyInstanceUID")
    if not is_uid(uid):
        return None
    return FoundStudy(
        uid,
        _day(_first(answer, "StudyDate")),
        PatientIdentity(_first(answer, "PatientID"), _first(answer, "IssuerOfPatientID")),
        frozenset(filter(None, answer.values("ModalitiesInStudy"))),
    )


def image_of(answer: Attributes, series: Attributes, study_instance_uid: str) -> FoundImage | None:
    """Return the instance in an answer, with what is known of its series; None: it names none."""
    image = FoundImage(
        study_instance_uid,
        _first(series, "SeriesInstanceUID"),
        _first(answer, "SOPInstanceUID"),
        _first(answer, "SOPClassUID"),
        _first(series, "Modality"),
        _first(series, "BodyPartExamined").upper(),
        _first(series, "SeriesDescription"),
    )
    uids = (image.series_instance_uid, image.sop_instance_uid)
    return image if all(map(is_uid, uids)) else None


def _first(answer: Attributes, keyword: str) -> str:
    return next(iter(answer.values(keyword)), "")


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%Y%m%d").date()
    except ValueError:
        return None
