"""What a result says, as OBX and NTE segments of HL7 v2.5.1 (sections 7.4.2 and 2.14.10)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydicom.sr.coding import Code

from radiograde.model.scoring.result import NOTICE
from radiograde.model.scoring.scales import ZONES
from radiograde.service.documents import codes, document_uids
from radiograde.service.documents.equipment import timestamp
from radiograde.service.documents.fhir.measurements import Measurement, measurements
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.documents.hl7.order_segments import APPLICATION, coded, observed
from radiograde.service.documents.patient_study import read_patient_study
from radiograde.service.documents.sentences import described, review_sentence
from radiograde.service.hl7.er7 import repeated, segment, time_stamp, value
from radiograde.service.reviews.review import Review

PRELIMINARY = "P"
WITHDRAWN = "W"
"""OBX-11, table 0085: "post original as wrong"."""

_SIDES = ("BILATERAL", "RIGHT", "LEFT")


@dataclass(frozen=True, slots=True)
class Observation:
    """One OBX: ``kind`` of its value, code, and what tells it from others of the code.

    ``note``: in an NTE below it. ``unit``, ``interval``: of a number. ``observer``, ``made``: of a
    review, by whom and when.
    """

    kind: str
    code: Code
    sub_id: str = ""
    value: str = ""
    unit: str = ""
    interval: str = ""
    note: str = ""
    observer: str = ""
    made: str = ""


def observations(graded: GradedFilm) -> Iterator[Observation]:
    """Yield study, film and page; severity and numbers, or why there are none; every review."""
    yield from _references(graded)
    result = graded.result
    if result.scores is None or result.severity is None:
        yield Observation("CWE", codes.GRADABILITY, value=coded(codes.NOT_GRADABLE))
    else:
        yield Observation("CWE", codes.SEVERITY, value=coded(codes.SEVERITIES[result.severity]))
        yield from map(_number, measurements(result.scores))
    yield from _reasons(graded)
    texts = repeated(*map(value, [*described(graded), NOTICE]))
    yield Observation("TX", codes.STUDY_OBSERVATION, value=texts)
    yield from _reviews(graded)


def withdrawn_observations(graded: GradedFilm) -> Iterator[Observation]:
    """Yield everything that a film's result may have said, by its codes: no value of it holds."""
    for code in (codes.GRADABILITY, codes.SEVERITY):
        yield Observation("CWE", code)
    for code in (codes.BRIXIA, codes.EXTENT, codes.OPACITY_SCORE):
        yield Observation("NM", code)
    for side in _SIDES:
        yield Observation("NM", codes.INVOLVEMENT, side)
    for zone in ZONES:
        yield Observation("NM", codes.BRIXIA_ZONE, zone)
    yield Observation("TX", codes.STUDY_OBSERVATION)
    for one in (*_reasons(graded), *_reviews(graded)):
        yield Observation(one.kind, one.code, one.sub_id, observer=one.observer, made=one.made)


def observation_segments(
    graded: GradedFilm, found: Sequence[Observation], status: str
) -> Iterator[str]:
    """Yield an OBX for each observation, with its NTE."""
    model = graded.result.model
    analysed = time_stamp(timestamp(graded))
    for number, one in enumerate(found, 1):
        by_model = not one.observer
        fields = {
            1: str(number),
            2: one.kind,
            3: coded(one.code),
            4: one.sub_id,
            5: one.value,
            6: one.unit,
            7: one.interval,
            11: status,
            14: one.made or observed(graded),
            16: value("", one.observer),
            17: value("", f"{model.name} {model.version}") if by_model else "",
            18: value(document_uids.device_uid(model.sha256), APPLICATION) if by_model else "",
            19: analysed if by_model else "",
        }
        yield segment("OBX", fields)
        if one.note:
            yield segment("NTE", {1: "1", 2: "L", 3: one.note})


def _references(graded: GradedFilm) -> Iterator[Observation]:
    study_uid = read_patient_study(graded.header).study_uid
    for code, uid in (
        (codes.DICOM_STUDY, study_uid),
        (codes.GRADED_FILM, graded.film.sop_instance_uid),
    ):
        if uid:
            yield Observation("HD", code, value=value("", uid, "ISO"))
    page = graded.form.hl7.page_url
    if page is not None:
        address = f"{page.rstrip('/')}/#/film/{graded.result.id}"
        yield Observation("RP", codes.PAGE, value=value(address, APPLICATION, "TEXT", "HTML"))


def _number(one: Measurement) -> Observation:
    """Return a number; its interval stands where ranges stand, and its note says what it is."""
    _, _, sub_id = one.part.removeprefix(one.code.value).partition("-")
    interval = note = ""
    if one.interval is not None:
        interval = f"{one.interval[0]:g}-{one.interval[1]:g}"
        note = f"{one.words}. {one.level:.0%} prediction interval, no range of normal values."
    return Observation(
        "NM",
        one.code,
        sub_id,
        f"{one.value:g}",
        coded(one.unit),
        interval,
        value(note or one.words),
    )


def _reasons(graded: GradedFilm) -> Iterator[Observation]:
    reasons = () if graded.result.gate is None else graded.result.gate.reasons
    for number, reason in enumerate(reasons, 1):
        kind = codes.REJECTION if reason.level == "reject" else codes.REMARK
        what = codes.REASONS.get(reason.code, codes.OTHER_REASON)
        yield Observation("CWE", kind, f"{number}", coded(what), note=value(reason.message))


def _reviews(graded: GradedFilm) -> Iterator[Observation]:
    """Yield what readers said, numbered from the first: a further one changes no number."""
    for place, review in enumerate(reversed(graded.reviews), 1):
        yield from _review(review, f"R{place}")


def _review(review: Review, sub_id: str) -> Iterator[Observation]:
    who, made = review.reviewer, time_stamp(review.created)
    words = [review_sentence(review), *(review.comment or "").split("\n")]
    yield Observation(
        "CWE",
        codes.VERDICT,
        sub_id,
        coded(codes.VERDICTS[review.verdict]),
        note=repeated(*map(value, filter(None, words))),
        observer=who,
        made=made,
    )
    score = coded(codes.SCORE)
    if review.brixia is not None:
        yield Observation(
            "NM", codes.BRIXIA, sub_id, f"{review.brixia}", score, observer=who, made=made
        )
    for zone, grade in (review.zones or {}).items():
        place = f"{sub_id}.{zone}"
        yield Observation(
            "NM", codes.BRIXIA_ZONE, place, f"{grade}", score, observer=who, made=made
        )
