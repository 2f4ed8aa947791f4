"""A result as a DICOM Structured Report: Comprehensive 3D SR (PS3.3 A.35.13), TID 1500.

Follows the IHE AI Results profile: the analysis is preliminary and nobody has verified it, its
content time is when the analysis began, and the source image stands as evidence.
"""

from __future__ import annotations

from datetime import datetime

from highdicom.sr import (
    CodedConcept,
    DeviceObserverIdentifyingAttributes,
    ImageContentItem,
    MeasurementReport,
    ObservationContext,
    ObserverContext,
    RelationshipTypeValues,
)
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import Comprehensive3DSRStorage, SegmentationStorage

from radiograde.model.reading.uids import is_strict_uid
from radiograde.service.documents import codes, document_uids, equipment
from radiograde.service.documents.document import Document
from radiograde.service.documents.equipment import MANUFACTURER, MODEL_NAME
from radiograde.service.documents.film_segments import SEGMENTS
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.documents.imaging_request import refer_to_orders
from radiograde.service.documents.object_reference import ObjectReference, by_study
from radiograde.service.documents.part10 import file_meta, to_document
from radiograde.service.documents.source_reference import (
    clean_header,
    copy_patient_and_study,
    header_of,
    reference_to,
)
from radiograde.service.documents.sr.film_groups import FilmRegions, Group
from radiograde.service.documents.sr.image_library import image_library
from radiograde.service.documents.sr.measurement_groups import (
    lung_group,
    rejection_group,
    segment_group,
    zone_group,
)
from radiograde.service.errors import UndocumentedError

SERIES_NUMBER = 9001
SERIES_DESCRIPTION = "Radiograde lung involvement, research use only"


def structured_report(graded: GradedFilm) -> Document:
    """Return the report of a scored film, or of why a film was not graded: then without numbers.

    The same graded film gives the same bytes.

    Raises:
        UndocumentedError: the film is a picture, without patient and study, or its reading failed.
    """
    if graded.result.status == "failed":
        raise UndocumentedError("The file could not be read, so there is nothing to report.")
    source = clean_header(graded)
    ds = Dataset()
    ds.file_meta = file_meta()
    ds.SOPClassUID = Comprehensive3DSRStorage
    ds.SOPInstanceUID = document_uids.document_uid(graded, "sr")
    copy_patient_and_study(graded, ds)
    set_series(ds, document_uids.series_uid(graded, "sr"), SERIES_NUMBER, SERIES_DESCRIPTION)
    set_general(ds, equipment.timestamp(graded), _evidence(graded, source))
    refer_to_orders(header_of(graded), ds)
    if graded.replaces:
        ds.PredecessorDocumentsSequence = Sequence(by_study(graded.replaces))
    equipment.add_equipment(ds, graded)
    ds.update(_content(graded, source))
    return to_document("sr", ds, graded.form.charset)


def set_series(ds: Dataset, uid: str, number: int, description: str) -> None:
    """Set the SR Document Series module, PS3.3 C.17.1."""
    ds.Modality = "SR"
    ds.SeriesInstanceUID = uid
    ds.SeriesNumber = number
    ds.SeriesDescription = description
    ds.ReferencedPerformedProcedureStepSequence = Sequence()


def set_general(ds: Dataset, when: datetime, evidence: tuple[ObjectReference, ...]) -> None:
    """Set the SR Document General module, PS3.3 C.17.2, and when its series began, C.17.1.

    ``evidence``: objects of the report's own study.
    """
    ds.InstanceNumber = 1
    ds.SeriesDate = ds.ContentDate = f"{when:%Y%m%d}"
    ds.SeriesTime = ds.ContentTime = f"{when:%H%M%S}"
    ds.PreliminaryFlag = "PRELIMINARY"
    ds.CompletionFlag = "COMPLETE"
    ds.VerificationFlag = "UNVERIFIED"
    ds.PerformedProcedureCodeSequence = Sequence()
    ds.CurrentRequestedProcedureEvidenceSequence = Sequence(by_study(evidence))


def _evidence(graded: GradedFilm, source: Dataset) -> tuple[ObjectReference, ...]:
    film = reference_to(source)
    return (film, segmentation_of(graded, source)) if names_segments(graded, source) else (film,)


def names_segments(graded: GradedFilm, source: Dataset) -> bool:
    """Return whether the report refers to the segmentation, which goes where the report goes."""
    drawn = graded.result.scores is not None and graded.result.maps is not None
    return drawn and graded.form.with_segmentation and is_strict_uid(source.SOPInstanceUID)


def segmentation_of(graded: GradedFilm, source: Dataset) -> ObjectReference:
    """Return the segmentation of a film, as :mod:`..segmentation` makes it."""
    return ObjectReference(
        SegmentationStorage,
        document_uids.document_uid(graded, "seg"),
        document_uids.series_uid(graded, "seg"),
        source.StudyInstanceUID,
    )


def _content(graded: GradedFilm, source: Dataset) -> Dataset:
    """Return the root of the content tree, ready to be merged into the document.

    Scored: a group for the whole lungs, then one for each zone A-F, then one for each segment.
    Rejected: a group that says why. ``source``: the film's clean header. An image whose UID breaks
    PS3.5 9.1 is left out of the tree, which strict readers would refuse as a whole; it still stands
    as evidence.
    """
    scored = graded.result.scores is not None
    tree = MeasurementReport(
        observation_context=_observer(graded),
        procedure_reported=codes.CHEST_FILM if scored else codes.IMAGING_PROCEDURE,
        imaging_measurements=_groups(graded, source),
    )
    root: Dataset = tree[0]
    if is_strict_uid(source.SOPInstanceUID):
        # TID 1500 has its image library before the measurements, which come last.
        root.ContentSequence.insert(-1, image_library(graded, source))
    if names_segments(graded, source):
        named = segmentation_of(graded, source)
        item = ImageContentItem(
            codes.SEGMENTATION,
            named.sop_class_uid,
            named.sop_instance_uid,
            relationship_type=RelationshipTypeValues.CONTAINS,
        )
        root.ContentSequence.insert(-1, item)
    return root


def _groups(graded: GradedFilm, source: Dataset) -> list[Group]:
    regions = FilmRegions.of(graded, source)
    scores = graded.result.scores
    if scores is None:
        return [rejection_group(regions)]
    involved = scores.lung_involvement_percent
    shares = (involved.right, involved.left, involved.total)
    return [
        lung_group(regions, scores),
        *(zone_group(regions, scores, zone) for zone in scores.zones),
        *(segment_group(regions, one, share) for one, share in zip(SEGMENTS, shares, strict=True)),
    ]


def _observer(graded: GradedFilm) -> ObservationContext:
    """Return TID 1001: the device observed, and no person."""
    model = graded.result.model
    attributes = DeviceObserverIdentifyingAttributes(
        uid=document_uids.device_uid(model.sha256),
        name=MANUFACTURER,
        manufacturer_name=MANUFACTURER,
        model_name=MODEL_NAME,
        serial_number=model.sha256,
    )
    return ObservationContext(
        observer_device_context=ObserverContext(CodedConcept.from_code(codes.DEVICE), attributes),
    )
