"""A rejection note: a Key Object Selection that tells an archive what to reject, PS3.3 A.35.4.

As IHE's Image Object Change Management (RAD TF-2, 4.66) has it; the title, of PS3.16 CID 7011,
says why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.sr.coding import Code
from pydicom.uid import (
    KeyObjectSelectionDocumentStorage,
    SecondaryCaptureImageStorage,
    SegmentationStorage,
)

from radiograde.model.reading.dicom_header import Header
from radiograde.model.reading.film_attributes import uid
from radiograde.service.database.tables import WithdrawalCode
from radiograde.service.documents import codes, document_uids, equipment, source_reference
from radiograde.service.documents.document import Document
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.documents.imaging_request import refer_to_orders
from radiograde.service.documents.object_reference import ObjectReference, by_study
from radiograde.service.documents.part10 import file_meta, to_document
from radiograde.service.reviews.withdrawal import Withdrawal

SERIES_NUMBER = 9007
SERIES_DESCRIPTION = "Radiograde rejection note"
TITLES: Mapping[WithdrawalCode, Code] = {
    "quality": codes.REJECTED_QUALITY,
    "patient_safety": codes.REJECTED_SAFETY,
    "worklist_entry": codes.WRONG_ENTRY,
    "expired": codes.EXPIRED,
}
"""Why a result is withdrawn, and the title of its note."""

_IMAGES = (SegmentationStorage, SecondaryCaptureImageStorage)


def rejection_note(
    graded: GradedFilm, withdrawal: Withdrawal, rejected: Sequence[ObjectReference]
) -> Document:
    """Return the note that rejects objects which were sent of a film, ``rejection.dcm``.

    Its times are those of the withdrawal; the same withdrawal of the same objects gives the same
    bytes.

    Raises:
        UndocumentedError: the film is a picture, of which no DICOM object was sent.
    """
    when = withdrawal.created.astimezone(source_reference.timezone_of(graded.header))
    names = (withdrawal.id, *sorted(one.sop_instance_uid for one in rejected))
    names = (*names, repr(graded.form), *document_uids.writers())
    ds = Dataset()
    ds.file_meta = file_meta()
    ds.SOPClassUID = KeyObjectSelectionDocumentStorage
    ds.SOPInstanceUID = document_uids.derived_uid("rejection", *names)
    source_reference.copy_patient_and_study(graded, ds)
    equipment.add_equipment(ds, graded)
    ds.SeriesInstanceUID = document_uids.derived_uid("series", "rejection", *names)
    _describe(ds, when.replace(microsecond=0))
    refer_to_orders(source_reference.header_of(graded), ds)
    ds.CurrentRequestedProcedureEvidenceSequence = DicomSequence(by_study(tuple(rejected)))
    _write_content(ds, withdrawal, rejected)
    return to_document("ko", ds, graded.form.charset, name="rejection.dcm")


def rejected_instances(header: Header) -> tuple[WithdrawalCode, list[str]] | None:
    """Return what a rejection note of others rejects, and why; None of any other object."""
    if uid(header, "SOPClassUID") != KeyObjectSelectionDocumentStorage:
        return None
    titles = {one.value: code for code, one in TITLES.items()}
    named = [
        one.text("CodeValue") or "" for one in header.readable_items("ConceptNameCodeSequence")
    ]
    code = next((titles[value] for value in named if value in titles), None)
    if code is None:
        return None
    found = [
        uid(instance, "ReferencedSOPInstanceUID")
        for study in header.readable_items("CurrentRequestedProcedureEvidenceSequence")
        for series in study.readable_items("ReferencedSeriesSequence")
        for instance in series.readable_items("ReferencedSOPSequence")
    ]
    return code, [name for name in found if name is not None]


def _describe(ds: Dataset, when: datetime) -> None:
    """Set the Key Object Document Series and Key Object Document modules, PS3.3 C.17.6."""
    ds.Modality = "KO"
    ds.SeriesNumber = SERIES_NUMBER
    ds.SeriesDescription = SERIES_DESCRIPTION
    ds.ReferencedPerformedProcedureStepSequence = DicomSequence()
    ds.InstanceNumber = 1
    ds.SeriesDate = ds.ContentDate = ds.InstanceCreationDate = f"{when:%Y%m%d}"
    ds.SeriesTime = ds.ContentTime = ds.InstanceCreationTime = f"{when:%H%M%S}"


def _write_content(
    ds: Dataset, withdrawal: Withdrawal, rejected: Sequence[ObjectReference]
) -> None:
    """Set the content tree, TID 2010 (PS3.16)."""
    template = Dataset()
    template.MappingResource = "DCMR"
    template.TemplateIdentifier = "2010"
    ds.ValueType = "CONTAINER"
    ds.ConceptNameCodeSequence = DicomSequence([codes.item(TITLES[withdrawal.code])])
    ds.ContinuityOfContent = "SEPARATE"
    ds.ContentTemplateSequence = DicomSequence([template])
    words = Dataset()
    words.RelationshipType = "CONTAINS"
    words.ValueType = "TEXT"
    words.ConceptNameCodeSequence = DicomSequence([codes.item(codes.KEY_OBJECT_DESCRIPTION)])
    words.TextValue = withdrawal.reason
    ds.ContentSequence = DicomSequence([words, *(_named(one) for one in rejected)])


def _named(reference: ObjectReference) -> Dataset:
    item = Dataset()
    item.RelationshipType = "CONTAINS"
    item.ValueType = "IMAGE" if reference.sop_class_uid in _IMAGES else "COMPOSITE"
    item.ReferencedSOPSequence = DicomSequence([reference.item()])
    return item
