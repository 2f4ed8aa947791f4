"""What a structured report says: TID 1500 "Measurement Report" (PS3.16)."""

from __future__ import annotations

from highdicom.sr import (
    CodedConcept,
    DeviceObserverIdentifyingAttributes,
    MeasurementReport,
    MeasurementsAndQualitativeEvaluations,
    ObservationContext,
    ObserverContext,
)
from pydicom.dataset import Dataset

from radiograde.model.reading.uids import is_strict_uid
from radiograde.service.documents import codes, document_uids
from radiograde.service.documents.equipment import MANUFACTURER, MODEL_NAME
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.documents.sr.image_library import image_library
from radiograde.service.documents.sr.measurement_groups import (
    lung_group,
    rejection_group,
    zone_group,
)


def report(graded: GradedFilm, source: Dataset) -> Dataset:
    """Return the root of the content tree, ready to be merged into the document.

    Scored: a group for the whole lungs, then one for each zone A-F. Rejected: a group that
    tells why. ``source``: the film's clean header. An image whose UID breaks PS3.5 9.1 is left out
    of the tree, which strict readers would refuse as a whole; it still stands as evidence.
    """
    scored = graded.result.scores is not None
    tree = MeasurementReport(
        observation_context=_observer(graded),
        procedure_reported=codes.CHEST_FILM if scored else codes.IMAGING_PROCEDURE,
        imaging_measurements=_groups(graded),
    )
    root: Dataset = tree[0]
    if is_strict_uid(source.SOPInstanceUID):
        # TID 1500 has its image library before the measurements, which come last.
        root.ContentSequence.insert(-1, image_library(graded, source))
    return root


def _groups(graded: GradedFilm) -> list[MeasurementsAndQualitativeEvaluations]:
    scores = graded.result.scores
    if scores is None:
        return [rejection_group(graded)]
    return [
        lung_group(graded, scores),
        *(zone_group(graded, scores, zone) for zone in scores.zones),
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
