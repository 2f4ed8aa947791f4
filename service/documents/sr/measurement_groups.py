"""The measurement groups of a structured report, TID 1410, and their numbers, TID 300 (PS3.16)."""

from __future__ import annotations

from collections.abc import Sequence

from highdicom.sr import (
    AlgorithmIdentification,
    CodedConcept,
    FindingSite,
    LanguageOfContentItemAndDescendants,
    Measurement,
    MeasurementProperties,
    QualitativeEvaluation,
    RelationshipTypeValues,
    TextContentItem,
)
from pydicom.sr.coding import Code

from radiograde import __version__
from radiograde.model.scoring.result import NOTICE, Involvement, ScaleScore, Scores
from radiograde.model.scoring.scales import ZONE_NAMES
from radiograde.service.documents import codes
from radiograde.service.documents.equipment import MODEL_NAME
from radiograde.service.documents.film_segments import FilmSegment
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.documents.sentences import summary
from radiograde.service.documents.sr.film_groups import FilmRegions, Group
from radiograde.service.documents.statement.statement import Statement, statement


def lung_group(regions: FilmRegions, scores: Scores) -> Group:
    """Return the whole lungs' scores, severity, and every reason of the input check."""
    graded = regions.graded
    whole = {
        codes.BRIXIA: scores.brixia,
        codes.EXTENT: scores.geographic_extent,
        codes.OPACITY_SCORE: scores.opacity,
    }
    group = regions.group(
        "lungs",
        # An opacity is found only where there is some; its absence is no finding.
        finding=None if graded.result.severity == "none" else codes.OPACITY,
        algorithm=_algorithm(graded, scores.brixia.level),
        site=(codes.LUNG, codes.BILATERAL),
        measurements=[
            *(scale_measurement(code, score) for code, score in whole.items()),
            *_shares(scores.lung_involvement_percent),
        ],
        evaluations=[
            *_severity(graded),
            QualitativeEvaluation(codes.GRADABILITY, codes.GRADABLE),
            *_remarks(graded),
        ],
    )
    with_words(group, [*summary(graded.result), NOTICE])
    return with_statement(group, statement(graded.result, graded.form.language))


def zone_group(regions: FilmRegions, scores: Scores, zone: str) -> Group:
    """Return the score of one of Brixia's zones A-F, with its outline where it is seen."""
    return regions.group(
        f"zone {zone}, {ZONE_NAMES[zone]}",
        regions.zones.get(zone),
        algorithm=_algorithm(regions.graded, scores.zones[zone].level),
        site=codes.ZONE_SITES[zone],
        measurements=[scale_measurement(codes.BRIXIA_ZONE, scores.zones[zone])],
    )


def segment_group(regions: FilmRegions, segment: FilmSegment, share: float | None) -> Group:
    """Return what is drawn as one segment of the segmentation, and its involved share (%)."""
    return regions.group(
        segment.tracked,
        regions.lungs.get(segment.tracked.split()[0]),
        label_at="left",
        finding=segment.finding,
        algorithm=_algorithm(regions.graded),
        site=(codes.LUNG, segment.side),
        measurements=[] if share is None else [share_measurement(segment.side, share)],
    )


def rejection_group(regions: FilmRegions) -> Group:
    """Return why the film was not graded, in codes and in words; no numbers."""
    graded = regions.graded
    group = regions.group(
        "film",
        algorithm=_algorithm(graded),
        evaluations=[
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


def with_statement(group: Group, said: Statement | None) -> Group:
    """Return the group with a comment that says what the film shows, behind its label.

    TID 1204 names the language of one that is not in the report's own.
    """
    if said is None:
        return group
    with_words(group, [said.marked])
    if said.language != "en":
        language = CodedConcept.from_code(codes.LANGUAGES[said.language])
        group[0].ContentSequence[-1].ContentSequence = LanguageOfContentItemAndDescendants(language)
    return group


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
