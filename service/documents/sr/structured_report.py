"""A result as a DICOM Structured Report: Comprehensive 3D SR (PS3.3 A.35.13), TID 1500.

Follows the IHE AI Results profile: the analysis is preliminary and nobody has verified it, its
content time is when the analysis began, and the source image stands as evidence.
"""

from __future__ import annotations

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import Comprehensive3DSRStorage

from radiograde.service.documents import document_uids, equipment
from radiograde.service.documents.document import Document
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.documents.part10 import file_meta, to_document
from radiograde.service.documents.source_reference import clean_header, copy_patient_and_study
from radiograde.service.documents.sr_content import report
from radiograde.service.errors import UndocumentedError

SERIES_NUMBER = 9001
SERIES_DESCRIPTION = "Radiograde lung involvement, research use only"


def structured_report(graded: GradedFilm) -> Document:
    """Return the report of a scored film, or of why a film was not graded: then without numbers.

    The same case gives the same bytes.

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
    _set_series(ds, graded)
    _set_general(ds, graded, source)
    equipment.add_equipment(ds, graded)
    ds.update(report(graded, source))
    return to_document("sr", ds)


def _set_series(ds: Dataset, graded: GradedFilm) -> None:
    """Set the SR Document Series module, PS3.3 C.17.1."""
    ds.Modality = "SR"
    ds.SeriesInstanceUID = document_uids.series_uid(graded, "sr")
    ds.SeriesNumber = SERIES_NUMBER
    ds.SeriesDescription = SERIES_DESCRIPTION
    ds.ReferencedPerformedProcedureStepSequence = Sequence()


def _set_general(ds: Dataset, graded: GradedFilm, source: Dataset) -> None:
    """Set the SR Document General module, PS3.3 C.17.2."""
    when = equipment.timestamp(graded)
    ds.InstanceNumber = 1
    ds.ContentDate = f"{when:%Y%m%d}"
    ds.ContentTime = f"{when:%H%M%S}"
    ds.PreliminaryFlag = "PRELIMINARY"
    ds.CompletionFlag = "COMPLETE"
    ds.VerificationFlag = "UNVERIFIED"
    ds.PerformedProcedureCodeSequence = Sequence()
    ds.CurrentRequestedProcedureEvidenceSequence = Sequence([evidence(source)])


def evidence(source: Dataset) -> Dataset:
    """Return the source image within its series and study, PS3.3 C.17.2.1.

    ``source``: the film's clean header.
    """
    image, series, study = Dataset(), Dataset(), Dataset()
    image.ReferencedSOPClassUID = source.SOPClassUID
    image.ReferencedSOPInstanceUID = source.SOPInstanceUID
    series.SeriesInstanceUID = source.SeriesInstanceUID
    series.ReferencedSOPSequence = Sequence([image])
    study.StudyInstanceUID = source.StudyInstanceUID
    study.ReferencedSeriesSequence = Sequence([series])
    return study
