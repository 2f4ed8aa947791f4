"""The numbers of a structured report: TID 300 "Measurement" (PS3.16), rounded as in the JSON."""

from __future__ import annotations

from highdicom.sr import CodedConcept, FindingSite, Measurement, MeasurementProperties
from pydicom.sr.coding import Code

from radiograde.model.scoring.result import ScaleScore
from radiograde.service.documents import codes


def scale_measurement(name: Code, score: ScaleScore) -> Measurement:
    """Return a score in {score}, with its prediction interval.

    The interval is told as TID 310 has it (CID 225): how far it reaches above and below.
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
