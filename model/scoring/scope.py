"""What a picture can be, as the network tells: a film to grade, or a reason not to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from radiograde.model.reading.radiograph import Radiograph
from radiograde.model.scoring.result import Reason

ADULT_YEARS = 18
FRONTAL = "frontal"

REASONS = (
    Reason("lateral_view", "reject", "This is a lateral view. Send the frontal one, PA or AP."),
    Reason("child", "reject", "This looks like a child's film; the scales are made for adults."),
    Reason("not_radiograph", "reject", "This looks like a CT slice. Send the plain chest film."),
    Reason("not_chest", "reject", "The picture does not look like a chest film."),
    Reason(
        "incomplete_lungs", "reject", "The lungs are cut off. Send a film that shows both whole."
    ),
    Reason("low_quality", "reject", "The picture is too blurred or noisy to grade."),
    Reason("turned", "reject", "The film lies on its side or upside down. Turn it upright."),
)
"""Why a picture that is no frontal chest film of an adult is turned away, a class each."""

CLASSES = (FRONTAL, *(reason.code for reason in REASONS))

UNFAMILIAR = Reason(
    "out_of_distribution",
    "reject",
    "The picture is unlike the films that the model learned from. Check that it is a frontal "
    "chest film of an adult.",
)


def doubt(probabilities: NDArray[np.float32], threshold: float, film: Radiograph) -> Reason | None:
    """Return why a picture is no frontal chest film of an adult; None where it is one.

    ``probabilities``: (K,) in the order of ``CLASSES``. A likeliest class of less than a half is
    no answer, and the reason then is ``out_of_distribution``. Where the header says that the
    patient is grown up, a small chest is remarked on and graded.
    """
    frontal, others = float(probabilities[0]), probabilities[1:]
    if frontal >= threshold:
        return None
    likeliest = int(others.argmax())
    if others[likeliest] < 0.5:
        return UNFAMILIAR
    reason = REASONS[likeliest]
    grown_up = film.age_years is not None and film.age_years >= ADULT_YEARS
    return replace(reason, level="warn") if reason.code == "child" and grown_up else reason
