"""A reader's review as a DICOM Structured Report of its own: Comprehensive 3D SR, TID 1500.

It stands in a series of its own in the film's study, beside the report that it judges and never
in its place. A reader is no verifying observer (PS3.3 C.17.2): the document stays UNVERIFIED.
"""

from __future__ import annotations

import dataclasses

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import Comprehensive3DSRStorage

from radiograde.service.documents import document_uids, equipment
from radiograde.service.documents.document import Document
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.documents.part10 import file_meta, to_document
from radiograde.service.documents.source_reference import clean_header, copy_patient_and_study
from radiograde.service.documents.sr.review_report import person_name, review_content
from radiograde.service.documents.sr.structured_report import evidence
from radiograde.service.reviews.review import Review

SERIES_NUMBER = 9004
SERIES_DESCRIPTION = "Radiograde reader's review, research use only"


def review_report(graded: GradedFilm, review: Review) -> Document:
    """Return the report of one review of a case, ``review-<id>.dcm``.

    Its times are when the review was made. The same case and review give the same bytes.

    Raises:
        UndocumentedError: the film is a picture, without patient and study.
    """
    made = dataclasses.replace(graded, began=review.created.astimezone())
    source = clean_header(graded)
    ds = Dataset()
    ds.file_meta = file_meta()
    ds.SOPClassUID = Comprehensive3DSRStorage
    ds.SOPInstanceUID = document_uids.review_uid(review.id)
    copy_patient_and_study(graded, ds)
    _set_series(ds, review)
    _set_general(ds, made, review, source)
    equipment.add_equipment(ds, made)
    ds.update(review_content(graded, review, source))
    return dataclasses.replace(to_document("sr", ds), name=f"review-{review.id}.dcm")


def _set_series(ds: Dataset, review: Review) -> None:
    """Set the SR Document Series module, PS3.3 C.17.1."""
    ds.Modality = "SR"
    ds.SeriesInstanceUID = document_uids.review_series_uid(review.id)
    ds.SeriesNumber = SERIES_NUMBER
    ds.SeriesDescription = SERIES_DESCRIPTION
    ds.ReferencedPerformedProcedureStepSequence = Sequence()


def _set_general(ds: Dataset, made: GradedFilm, review: Review, source: Dataset) -> None:
    """Set the SR Document General module, PS3.3 C.17.2, with the reader as author."""
    when = equipment.timestamp(made)
    ds.InstanceNumber = 1
    ds.ContentDate = f"{when:%Y%m%d}"
    ds.ContentTime = f"{when:%H%M%S}"
    ds.PreliminaryFlag = "PRELIMINARY"
    ds.CompletionFlag = "COMPLETE"
    ds.VerificationFlag = "UNVERIFIED"
    ds.AuthorObserverSequence = Sequence([_author(review)])
    ds.PerformedProcedureCodeSequence = Sequence()
    study = evidence(source)
    study.ReferencedSeriesSequence.append(_judged(made))
    ds.CurrentRequestedProcedureEvidenceSequence = Sequence([study])


def _author(review: Review) -> Dataset:
    """Return the reader, PS3.3 Table C.17-3b."""
    ds = Dataset()
    ds.ObserverType = "PSN"
    ds.PersonName = person_name(review)
    ds.PersonIdentificationCodeSequence = Sequence()
    ds.InstitutionName = ""
    ds.InstitutionCodeSequence = Sequence()
    return ds


def _judged(graded: GradedFilm) -> Dataset:
    """Return the model's own report within its series, PS3.3 C.17.2.1."""
    report, series = Dataset(), Dataset()
    report.ReferencedSOPClassUID = Comprehensive3DSRStorage
    report.ReferencedSOPInstanceUID = document_uids.document_uid(graded, "sr")
    series.SeriesInstanceUID = document_uids.series_uid(graded, "sr")
    series.ReferencedSOPSequence = Sequence([report])
    return series
