"""A result as an HL7 message, ORU^R01 of v2.5.1, after IHE's Send Imaging Result (RAD-128).

A message is a pure function of what it tells, and its control id (MSH-10) too: one that is sent
again is the same message, by which a receiver knows it.
"""

from __future__ import annotations

from datetime import datetime

from radiograde.service.documents.document import Document
from radiograde.service.documents.equipment import timestamp
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.documents.hl7.order_segments import order_segments
from radiograde.service.documents.hl7.score_observations import (
    PRELIMINARY,
    WITHDRAWN,
    Observation,
    observation_segments,
    observations,
    withdrawn_observations,
)
from radiograde.service.hl7.er7 import Envelope, segment, value
from radiograde.service.reviews.withdrawal import Withdrawal

MEDIA_TYPE = "application/hl7-v2+er7"
_CORRECTED = "C"
"""OBR-25, table 0123: "correction to results"."""


def result_message(graded: GradedFilm) -> Document:
    """Return ``oru.hl7``: every score with its interval, or why there is none; and reviews.

    Raises:
        UndocumentedError: the film is a picture, which belongs to nobody.
    """
    time = max([timestamp(graded), *(review.created for review in graded.reviews[:1])])
    orders = order_segments(graded, PRELIMINARY)
    return _message(graded, "oru.hl7", time, orders, list(observations(graded)), PRELIMINARY)


def withdrawal_message(graded: GradedFilm, withdrawal: Withdrawal) -> Document:
    """Return ``oru-withdrawn.hl7``: all that was said of a film is wrong, and why.

    It has the filler number of the message that it takes back. Raises as :func:`result_message`.
    """
    orders = order_segments(graded, _CORRECTED)
    why = segment("NTE", {1: "1", 2: "L", 3: value(f"Withdrawn: {withdrawal.reason}")})
    orders.insert(-1, why)
    found = list(withdrawn_observations(graded))
    return _message(graded, "oru-withdrawn.hl7", withdrawal.created, orders, found, WITHDRAWN)


def _message(
    graded: GradedFilm,
    name: str,
    time: datetime,
    orders: list[str],
    found: list[Observation],
    status: str,
) -> Document:
    form = graded.form.hl7
    envelope = Envelope(
        ("ORU", "R01", "ORU_R01"),
        form.sending_application,
        form.sending_facility,
        form.receiving_application,
        form.receiving_facility,
        form.charset,
    )
    segments = [*orders, *observation_segments(graded, found, status)]
    return Document("hl7", name, MEDIA_TYPE, envelope.message(time, segments))
