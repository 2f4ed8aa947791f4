"""The measurement groups of a structured report, TID 1501, and their numbers, TID 300 (PS3.16)."""

from __future__ import annotations

from collections.abc import Sequence

from highdicom.sr import (
    AlgorithmIdentification,
    CodedConcept,
    FindingSite,
    Measurement,
    MeasurementProperties,
    MeasurementsAndQualitativeEvaluations,
    QualitativeEvaluation,
    RelationshipTypeValues,
    TextContentItem,
    TrackingIdentifier,
)
from pydicom.sr.coding import Code

from radiograde import __version__
from radiograde.model.scoring.result import NOTICE, Involvement, ScaleScore, Scores
from radiograde.model.scoring.scales import ZONE_NAMES
from radiograde.service.documents import codes, document_uids
from radiograde.service.documents.equipment import MODEL_NAME
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.documents.sentences import summary

Group = MeasurementsAndQualitativeEvaluations


def lung_group(graded: GradedFilm, scores: Scores) -> Group:
    """Return the whole lungs' scores, severity, and every reason of the input check."""
    whole = {
        codes.BRIXIA: scores.brixia,
        codes.EXTENT: scores.geographic_extent,
        codes.OPACITY_SCORE: scores.opacity,
    }
    group = Group(
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
    )
    return with_words(group, [*summary(graded.result), NOTICE])


def zone_group(graded: GradedFilm, scores: Scores, zone: str) -> Group:
    """Return the score of one of Brixia's zones A-F."""
    part, side = codes.ZONE_SITES[zone]
    return Group(
        tracking_identifier=tracking(graded, f"zone {zone}, {ZONE_NAMES[zone]}"),
        algorithm_id=_algorithm(graded, scores.zones[zone].level),
        finding_sites=[FindingSite(part, side)],
        measurements=[scale_measurement(codes.BRIXIA_ZONE, scores.zones[zone])],
    )


def rejection_group(graded: GradedFilm) -> Group:
    """Return why the film was not graded, in codes and in words; no numbers."""
    group = Group(
        tracking_identifier=tracking(graded, "film"),
        algorithm_id=_algorithm(graded),
        qualitative_evaluations=[
            QualitativeEvaluation(codes.GRADABILITY, codes.NOT_GRADABLE),
            *_remarks(graded),
        ],
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
