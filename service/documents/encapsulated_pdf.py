"""The report for people as a DICOM object: Encapsulated PDF, PS3.3 A.45.1."""

from __future__ import annotations

from dataclasses import replace

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import EncapsulatedPDFStorage

from radiograde.service.documents import codes, document_uids, equipment, source_reference
from radiograde.service.documents.document import Document
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.documents.part10 import file_meta, to_document
from radiograde.service.documents.pdf.report_page import report
from radiograde.service.errors import UndocumentedError

SERIES_NUMBER = 9006
SERIES_DESCRIPTION = "Radiograde report, research use only"
TITLE = "Lung involvement on a chest radiograph"


def encapsulated_pdf(graded: GradedFilm) -> Document:
    """Return the one-page report as the model made it; reviews have reports of their own.

    Raises:
        UndocumentedError: the film is a picture, without patient and study, or its reading failed.
    """
    if graded.result.status == "failed":
        raise UndocumentedError("The file could not be read, so there is nothing to report.")
    source = source_reference.clean_header(graded)
    ds = Dataset()
    ds.file_meta = file_meta()
    ds.SOPClassUID = EncapsulatedPDFStorage
    ds.SOPInstanceUID = document_uids.document_uid(graded, "doc")
    equipment.add_origin(ds, graded)
    _describe(ds, graded, source)
    content = report(replace(graded, reviews=())).content
    ds.EncapsulatedDocumentLength = len(content)
    ds.EncapsulatedDocument = content + b"\0" * (len(content) % 2)
    return to_document("doc", ds, graded.form.charset)


def _describe(ds: Dataset, graded: GradedFilm, source: Dataset) -> None:
    """Set the Encapsulated Document Series and Encapsulated Document modules, PS3.3 C.24.1-2."""
    when = equipment.timestamp(graded)
    ds.Modality = "DOC"
    ds.SeriesInstanceUID = document_uids.series_uid(graded, "doc")
    ds.SeriesNumber = SERIES_NUMBER
    ds.SeriesDescription = SERIES_DESCRIPTION
    ds.InstanceNumber = 1
    ds.ConversionType = "WSD"
    ds.SeriesDate = ds.ContentDate = f"{when:%Y%m%d}"
    ds.SeriesTime = ds.ContentTime = f"{when:%H%M%S}"
    ds.AcquisitionDateTime = f"{when:%Y%m%d%H%M%S}"
    ds.BurnedInAnnotation = "YES"
    ds.DocumentTitle = TITLE
    ds.ConceptNameCodeSequence = Sequence([codes.item(codes.IMAGING_REPORT)])
    ds.VerificationFlag = "UNVERIFIED"
    ds.SourceInstanceSequence = Sequence([source_reference.reference_to(source).item()])
    ds.MIMETypeOfEncapsulatedDocument = "application/pdf"
