"""Is this a frontal chest film of an adult, fit to grade? By tags and plain content.

Judged before the network, and mildly: only what is plain is rejected. What the network sees of
the picture is asked afterwards (model/scope.py), and whether there are lungs. On 1,825 frontal
films of public collections these rules reject fewer than one in a hundred.
"""

from __future__ import annotations

from collections.abc import Iterator

from radiograde.model.reading.body_part import classify
from radiograde.model.reading.radiograph import Radiograph
from radiograde.model.reading.film_attributes import is_film_class, is_film_modality
from radiograde.model.reading.chest_template import chest_likeness, contrast
from radiograde.model.scoring.result import GateVerdict, Reason
from radiograde.model.scoring.input_check import ADULT_YEARS

SMALLEST_SIDE = 100
LOW_RESOLUTION_SIDE = 256
LONGEST_ASPECT = 2.5
FLAT = 0.03
LEAST_LIKENESS = 0.3


def judge(radiograph: Radiograph) -> GateVerdict:
    """Return whether the film is in scope, with every reason found, reading's notes first."""
    reasons = [*radiograph.notes, *_kind(radiograph), *_subject(radiograph)]
    reasons += _size(radiograph)
    if all(reason.level != "reject" for reason in reasons):
        reasons += _content(radiograph)
    return GateVerdict(tuple(reasons))


def _kind(film: Radiograph) -> Iterator[Reason]:
    """Yield what speaks against a single projection radiograph.

    The SOP class decides. Secondary captures and objects without one go by their modality, which
    de-identified collections get wrong: it yields to a header that names a frontal chest view.
    """
    if film.colourful:
        yield _reject("not_radiograph", "The picture is in colour; radiographs are grey.")
    if film.frames > 1:
        yield _reject("multi_frame", "The file holds several frames. Send one film at a time.")
    if is_film_class(film.sop_class_uid) is False:
        yield _reject("not_radiograph", "The object is of another kind than a plain radiograph.")
    elif not is_film_modality(film.modality):
        frontal_chest = classify(film.body_part) == "chest" and film.view in ("PA", "AP")
        if is_film_class(film.sop_class_uid) or frontal_chest:
            yield _warn("modality_mismatch", "The header names a modality that makes no films.")
        else:
            yield _reject("not_radiograph", "The header names a modality that makes no films.")


def _subject(film: Radiograph) -> Iterator[Reason]:
    """Yield what the header says of body part, view and age."""
    if classify(film.body_part) == "other":
        yield _reject("not_chest", "The header names another body part than the chest.")
    if film.view == "LATERAL":
        yield _reject("lateral_view", "This is a lateral view. Send the frontal one, PA or AP.")
    elif film.view == "OTHER":
        yield _reject("not_frontal", "This is neither a PA nor an AP view. Send one of these.")
    elif film.view == "UNKNOWN":
        yield _warn("view_unknown", "The file does not say whether the film is PA or AP.")
    if film.age_years is None:
        yield Reason("age_unknown", "info", "The file does not say the age; adults are assumed.")
    elif film.age_years < ADULT_YEARS:
        yield _reject("child", "The patient is a child; the scales are made for adults.")


def _size(film: Radiograph) -> Iterator[Reason]:
    shorter, longer = sorted(film.pixels.shape)
    if shorter < SMALLEST_SIDE:
        yield _reject("too_small", "The picture is too small to grade. Send the film itself.")
    elif longer > LONGEST_ASPECT * shorter:
        yield _reject("not_chest", "The picture is too narrow for a chest film.")
    elif shorter < LOW_RESOLUTION_SIDE:
        yield _warn("low_quality", "The picture is small; send the film at its own size.")


def _content(film: Radiograph) -> Iterator[Reason]:
    """Yield what the pixels alone show."""
    if contrast(film.pixels) < FLAT:
        yield _reject("blank", "The picture is nearly empty. Check the exposure or the export.")
    elif chest_likeness(film.pixels) < LEAST_LIKENESS:
        yield _reject("not_chest", "The picture does not look like a frontal chest film.")


def _reject(code: str, message: str) -> Reason:
    return Reason(code, "reject", message)


def _warn(code: str, message: str) -> Reason:
    return Reason(code, "warn", message)
