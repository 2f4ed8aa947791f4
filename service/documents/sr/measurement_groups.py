"""The measurement groups of a structured report, and their numbers, TID 300 (PS3.16).

What is seen as an outline or a segment is a planar ROI group (TID 1410), the rest are groups of
TID 1501. Each names the film that it measures; one whose UID breaks PS3.5 9.1 is left out, since
strict readers would refuse the whole tree.
"""

from __future__ import annotations

from collections.abc import Sequence

from highdicom.sr import (
    AlgorithmIdentification,
    CodedConcept,
    FindingSite,
    GraphicTypeValues,
    ImageRegion,
    Measurement,
    MeasurementProperties,
    MeasurementsAndQualitativeEvaluations,
    PlanarROIMeasurementsAndQualitativeEvaluations,
    QualitativeEvaluation,
    ReferencedSegmentationFrame,
    RelationshipTypeValues,
    SourceImageForMeasurementGroup,
    SourceImageForRegion,
    SourceImageForSegmentation,
    TextContentItem,
    TrackingIdentifier,
)
from pydicom.dataset import Dataset
from pydicom.sr.coding import Code
from pydicom.uid import SegmentationStorage

from radiograde import __version__
from radiograde.model.reading.uids import is_strict_uid
from radiograde.model.scoring.result import NOTICE, Involvement, ScaleScore, Scores
from radiograde.model.scoring.scales import ZONE_NAMES
from radiograde.service.documents import codes, document_uids
from radiograde.service.documents.equipment import MODEL_NAME
from radiograde.service.documents.film_segments import FilmSegment
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.documents.outlines import Polygon
from radiograde.service.documents.sentences import summary

Group = MeasurementsAndQualitativeEvaluations | PlanarROIMeasurementsAndQualitativeEvaluations


def lung_group(graded: GradedFilm, scores: Scores, source: Dataset) -> Group:
    """Return the whole lungs' scores, severity, and every reason of the input check."""
    whole = {
        codes.BRIXIA: scores.brixia,
        codes.EXTENT: scores.geographic_extent,
        codes.OPACITY_SCORE: scores.opacity,
    }
    group = MeasurementsAndQualitativeEvaluations(
        tracking_identifier=tracking(graded, "lungs"),
        # An opacity is found only where there is some; its absence is no finding.
        finding_type=None if graded.result.severity == "none" else codes.OPACITY,
        algorithm_id=_algorithm(graded, scores.brixia.level),
        finding_sites=[FindingSite(codes.LUNG, codes.BILATERAL)],
        measurements=[
            *(scale_measurement(code, score) for code, score in whole.items()),
            *_shares(scores.lung_involvement_percent),
        ],
        qualitative_evaluations=[
            *_severity(graded),
            QualitativeEvaluation(codes.GRADABILITY, codes.GRADABLE),
            *_remarks(graded),
        ],
        source_images=measured(source),
    )
    return with_words(group, [*summary(graded.result), NOTICE])


def zone_group(
    graded: GradedFilm, scores: Scores, zone: str, source: Dataset, outline: Polygon | None
) -> Group:
    """Return the score of one of Brixia's zones A-F, with its outline where it is seen."""
    site = FindingSite(*codes.ZONE_SITES[zone])
    tracked = tracking(graded, f"zone {zone}, {ZONE_NAMES[zone]}")
    algorithm = _algorithm(graded, scores.zones[zone].level)
    score = scale_measurement(codes.BRIXIA_ZONE, scores.zones[zone])
    if outline is None or not is_strict_uid(source.SOPInstanceUID):
        return MeasurementsAndQualitativeEvaluations(
            tracking_identifier=tracked,
            algorithm_id=algorithm,
            finding_sites=[site],
            measurements=[score],
            source_images=measured(source),
        )
    image = SourceImageForRegion(source.SOPClassUID, source.SOPInstanceUID)
    return PlanarROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=tracked,
        referenced_region=ImageRegion(GraphicTypeValues.POLYLINE, outline, image),
        algorithm_id=algorithm,
        finding_sites=[site],
        measurements=[score],
    )


def segment_group(
    graded: GradedFilm, segment: FilmSegment, share: float | None, source: Dataset
) -> Group:
    """Return what stands in one segment of the segmentation, and the involved share of it (%)."""
    film = SourceImageForSegmentation(source.SOPClassUID, source.SOPInstanceUID)
    name = document_uids.document_uid(graded, "seg")
    frame = ReferencedSegmentationFrame(
        SegmentationStorage, name, segment.number, segment.number, film
    )
    # Of a segment and its frame only one may be named, PS3.3 Table 10-3; here they are the same.
    del frame[0].ReferencedSOPSequence[0].ReferencedSegmentNumber
    return PlanarROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=tracking(graded, segment.tracked),
        referenced_segment=frame,
        finding_type=segment.finding,
        algorithm_id=_algorithm(graded),
        finding_sites=[FindingSite(codes.LUNG, segment.side)],
        measurements=None if share is None else [share_measurement(segment.side, share)],
    )


def measured(source: Dataset) -> list[SourceImageForMeasurementGroup] | None:
    """Return the film that a group measures; ``source``: its clean header."""
    if not is_strict_uid(source.SOPInstanceUID):
        return None
    return [SourceImageForMeasurementGroup(source.SOPClassUID, source.SOPInstanceUID)]


def rejection_group(graded: GradedFilm, source: Dataset) -> Group:
    """Return why the film was not graded, in codes and in words; no numbers."""
    group = MeasurementsAndQualitativeEvaluations(
        tracking_identifier=tracking(graded, "film"),
        algorithm_id=_algorithm(graded),
        qualitative_evaluations=[
            QualitativeEvaluation(codes.GRADABILITY, codes.NOT_GRADABLE),
            *_remarks(graded),
        ],
        source_images=measured(source),
    )
    return with_words(group, [*summary(graded.result), NOTICE])


def _shares(involvement: Involvement) -> list[Measurement]:
    """Return the involved shares of both lungs and of each that is seen."""
    sites = {
        codes.BILATERAL: involvement.total,
        codes.RIGHT: involvement.right,
        codes.LEFT: involvement.left,
    }
    return [share_measurement(side, share) for side, share in sites.items() if share is not None]


def _severity(graded: GradedFilm) -> list[QualitativeEvaluation]:
    band = codes.SEVERITIES.get(graded.result.severity or "")
    return [] if band is None else [QualitativeEvaluation(codes.SEVERITY, band)]


def _remarks(graded: GradedFilm) -> list[QualitativeEvaluation]:
    gate = graded.result.gate
    return [
        QualitativeEvaluation(
            codes.REJECTION if reason.level == "reject" else codes.REMARK,
            codes.REASONS.get(reason.code, codes.OTHER_REASON),
        )
        for reason in (gate.reasons if gate is not None else ())
    ]


def with_words(group: Group, sentences: Sequence[str]) -> Group:
    """Return the group with one comment that says all of it, for viewers that know no codes."""
    comment = TextContentItem(
        codes.COMMENT, " ".join(sentences), relationship_type=RelationshipTypeValues.CONTAINS
    )
    group[0].ContentSequence.append(comment)
    return group


def tracking(graded: GradedFilm, what: str) -> TrackingIdentifier:
    """Return what follows ``what`` from one report on the film to the next."""
    return TrackingIdentifier(document_uids.tracking_uid(graded, what), f"Radiograde {what}")


def _algorithm(graded: GradedFilm, level: float | None = None) -> AlgorithmIdentification:
    """Return TID 4019; its parameters name the model file and the level (0-1) of intervals."""
    model = graded.result.model
    parameters = [f"model_sha256={model.sha256}", f"radiograde={__version__}"]
    if level is not None:
        parameters.append(f"prediction_interval_level={level:g}")
    return AlgorithmIdentification(
        name=model.name or MODEL_NAME,
        version=model.version or "unknown",
        parameters=parameters,
        family=codes.ARTIFICIAL_INTELLIGENCE,
    )


def scale_measurement(name: Code, score: ScaleScore) -> Measurement:
    """Return a score in {score}, with its prediction interval.

    The interval is written as TID 310 has it (CID 225): how far it reaches above and below.
    """
    value = round(score.value, 2)
    low, high = (round(bound, 2) for bound in score.interval)
    properties = MeasurementProperties(
        upper_measurement_uncertainty=round(high - value, 2),
        lower_measurement_uncertainty=round(value - low, 2),
    )
    for item in properties:
        # highdicom writes them without a unit; they have the measurement's.
        unit = CodedConcept.from_code(codes.SCORE)
        item.MeasuredValueSequence[0].MeasurementUnitsCodeSequence = [unit]
    return Measurement(name, value, codes.SCORE, properties=properties)


def share_measurement(side: Code, share: float) -> Measurement:
    """Return the involved share of one lung or of both, in percent."""
    return Measurement(
        codes.INVOLVEMENT,
        round(share, 1),
        codes.PERCENT,
        finding_sites=[FindingSite(codes.LUNG, side)],
    )
