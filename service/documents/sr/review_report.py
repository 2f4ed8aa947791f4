"""A reader's review as a DICOM Structured Report of its own: Comprehensive 3D SR, TID 1500.

It stands in a series of its own in the film's study, beside the report that it judges and never
in its place. The reader is its observer (TID 1001 to 1003, PS3.16) and no verifying observer
(PS3.3 C.17.2): the document stays UNVERIFIED.
"""

from __future__ import annotations

import dataclasses

from highdicom.sr import (
    CodedConcept,
    CompositeContentItem,
    Measurement,
    MeasurementReport,
    ObservationContext,
    ObserverContext,
    PersonObserverIdentifyingAttributes,
    QualitativeEvaluation,
    RelationshipTypeValues,
    TextContentItem,
)
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.sr.coding import Code
from pydicom.uid import Comprehensive3DSRStorage

from radiograde.model.reading.uids import is_strict_uid
from radiograde.model.scoring.result import NOTICE
from radiograde.model.scoring.scales import ZONE_NAMES
from radiograde.service.documents import codes, document_uids, equipment
from radiograde.service.documents.clean_elements import clean, clean_words
from radiograde.service.documents.document import Document
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.documents.imaging_request import refer_to_orders
from radiograde.service.documents.object_reference import ObjectReference
from radiograde.service.documents.part10 import file_meta, to_document
from radiograde.service.documents.sentences import review_sentence
from radiograde.service.documents.source_reference import (
    clean_header,
    copy_patient_and_study,
    header_of,
    reference_to,
)
from radiograde.service.documents.sr.film_groups import FilmRegions, Group
from radiograde.service.documents.sr.image_library import image_library
from radiograde.service.documents.sr.measurement_groups import with_words
from radiograde.service.documents.sr.structured_report import set_general, set_series
from radiograde.service.reviews.review import Review

SERIES_NUMBER = 9004
SERIES_DESCRIPTION = "Radiograde reader's review, research use only"
CONTAINS = RelationshipTypeValues.CONTAINS


def review_report(graded: GradedFilm, review: Review) -> Document:
    """Return the report of one review of a graded film, ``review-<id>.dcm``.

    Its times are when the review was made. The same film and review give the
    same bytes.

    Raises:
        UndocumentedError: the film is a picture, without patient and study.
    """
    made = dataclasses.replace(graded, began=review.created.astimezone())
    source = clean_header(graded)
    ds = Dataset()
    ds.file_meta = file_meta()
    ds.SOPClassUID = Comprehensive3DSRStorage
    ds.SOPInstanceUID = document_uids.review_uid(graded, review.id)
    copy_patient_and_study(graded, ds)
    uid = document_uids.review_series_uid(graded, review.id)
    set_series(ds, uid, SERIES_NUMBER, SERIES_DESCRIPTION)
    judged = _judged(graded, source)
    set_general(ds, equipment.timestamp(made), (reference_to(source), judged))
    refer_to_orders(header_of(graded), ds)
    ds.AuthorObserverSequence = Sequence([_author(review)])
    equipment.add_equipment(ds, made)
    ds.update(_content(graded, review, source))
    document = to_document("sr", ds, graded.form.charset)
    return dataclasses.replace(document, name=f"review-{review.id}.dcm")


def _author(review: Review) -> Dataset:
    """Return the reader, PS3.3 Table C.17-3b."""
    ds = Dataset()
    ds.ObserverType = "PSN"
    ds.PersonName = person_name(review)
    ds.PersonIdentificationCodeSequence = Sequence()
    ds.InstitutionName = ""
    ds.InstitutionCodeSequence = Sequence()
    return ds


def _judged(graded: GradedFilm, source: Dataset) -> ObjectReference:
    """Return the model's own report."""
    return ObjectReference(
        Comprehensive3DSRStorage,
        document_uids.document_uid(graded, "sr"),
        document_uids.series_uid(graded, "sr"),
        source.StudyInstanceUID,
    )


def _content(graded: GradedFilm, review: Review, source: Dataset) -> Dataset:
    """Return the root of the content tree, ready to be merged into the document.

    A group holds the verdict; of a correction with the sum of the zones, and a group for each zone
    A-F, all followed by the same identifiers as in the model's own report, to which the tree
    refers. ``source``: the film's clean header.
    """
    regions = FilmRegions.of(graded, source)
    has_score = graded.result.scores is not None or review.zones is not None
    tree = MeasurementReport(
        observation_context=_observer(review),
        procedure_reported=codes.CHEST_FILM if has_score else codes.IMAGING_PROCEDURE,
        imaging_measurements=[
            _verdict_group(regions, review),
            *(_zone_group(regions, zone, score) for zone, score in (review.zones or {}).items()),
        ],
    )
    root: Dataset = tree[0]
    # TID 1500 has its measurements last.
    if is_strict_uid(source.SOPInstanceUID):
        root.ContentSequence.insert(-1, image_library(graded, source))
    judged = document_uids.document_uid(graded, "sr")
    root.ContentSequence.insert(
        -1, CompositeContentItem(codes.ANALYSIS, Comprehensive3DSRStorage, judged, CONTAINS)
    )
    return root


def person_name(review: Review) -> str:
    """Return the reader's name as a family name, PS3.5 6.2 PN; the caret says it is meant so."""
    name = clean("PN", review.reviewer) or "Reader"
    return name if "^" in name else f"{name}^"


def _observer(review: Review) -> ObservationContext:
    attributes = PersonObserverIdentifyingAttributes(
        person_name(review),
        login_name=clean_words(review.reviewer, 64) or None,
        role_in_procedure=codes.READER,
    )
    return ObservationContext(
        observer_person_context=ObserverContext(CodedConcept.from_code(codes.PERSON), attributes)
    )


def _verdict_group(regions: FilmRegions, review: Review) -> Group:
    agrees = review.verdict == "accepted" and regions.graded.result.scores is not None
    gradable = agrees or review.verdict == "corrected"
    group = regions.group(
        "lungs" if gradable else "film",
        finding=codes.OPACITY if review.brixia else None,
        site=(codes.LUNG, codes.BILATERAL) if gradable else None,
        measurements=[] if review.brixia is None else [_score(codes.BRIXIA, review.brixia)],
        evaluations=[
            QualitativeEvaluation(codes.VERDICT, codes.VERDICTS[review.verdict]),
            QualitativeEvaluation(
                codes.GRADABILITY, codes.GRADABLE if gradable else codes.NOT_GRADABLE
            ),
        ],
    )
    with_words(group, [review_sentence(review), NOTICE])
    if review.comment:
        lines = review.comment.replace("\n", "\r\n")
        group[0].ContentSequence.append(
            TextContentItem(codes.COMMENT, lines, relationship_type=CONTAINS)
        )
    return group


def _zone_group(regions: FilmRegions, zone: str, score: int) -> Group:
    return regions.group(
        f"zone {zone}, {ZONE_NAMES[zone]}",
        regions.zones.get(zone),
        site=codes.ZONE_SITES[zone],
        measurements=[_score(codes.BRIXIA_ZONE, score)],
    )


def _score(name: Code, score: int) -> Measurement:
    return Measurement(name, score, codes.SCORE)
