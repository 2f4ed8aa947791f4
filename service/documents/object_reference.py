"""A stored DICOM object, as other objects refer to it."""

from __future__ import annotations

import io
from dataclasses import dataclass

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from radiograde.service.reviews.withdrawal import SentObject


@dataclass(frozen=True, slots=True)
class ObjectReference:
    """An object's class and UIDs, down from its study."""

    sop_class_uid: str
    sop_instance_uid: str
    series_instance_uid: str
    study_instance_uid: str

    @classmethod
    def of(cls, sent: SentObject) -> ObjectReference:
        """Return what refers to an object that was sent."""
        return cls(
            sent.sop_class_uid or "",
            sent.name,
            sent.series_instance_uid or "",
            sent.study_instance_uid or "",
        )

    def item(self) -> Dataset:
        """Return class and instance, PS3.3 Table 10-11."""
        ds = Dataset()
        ds.ReferencedSOPClassUID = self.sop_class_uid
        ds.ReferencedSOPInstanceUID = self.sop_instance_uid
        return ds


def reference_in(content: bytes) -> ObjectReference:
    """Return what refers to the object in a file that Radiograde wrote."""
    words = ["SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID"]
    ds = dcmread(io.BytesIO(content), stop_before_pixels=True, specific_tags=words)
    return ObjectReference(*(str(ds[word].value) for word in words))


def by_series(references: tuple[ObjectReference, ...]) -> list[Dataset]:
    """Return objects within their series, PS3.3 C.17.2.1 (0008,1115)."""
    found = []
    for uid in dict.fromkeys(one.series_instance_uid for one in references):
        series = Dataset()
        series.SeriesInstanceUID = uid
        items = [one.item() for one in references if one.series_instance_uid == uid]
        series.ReferencedSOPSequence = Sequence(items)
        found.append(series)
    return found


def by_study(references: tuple[ObjectReference, ...]) -> list[Dataset]:
    """Return objects within their series and studies, PS3.3 Table C.17-3 (Hierarchical macro)."""
    found = []
    for uid in dict.fromkeys(one.study_instance_uid for one in references):
        study = Dataset()
        study.StudyInstanceUID = uid
        of_study = tuple(one for one in references if one.study_instance_uid == uid)
        study.ReferencedSeriesSequence = Sequence(by_series(of_study))
        found.append(study)
    return found
