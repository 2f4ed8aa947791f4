"""ORU^R01: valid by hl7apy's tables of v2.5.1, and read back by python-hl7 as the result says."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from functools import cache
from typing import Any

import hl7
import pytest
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from radiograde.model.scoring.result import NOTICE
from radiograde.model.scoring.scales import ZONES
from radiograde.service.config.site import Hl7DestinationConfig
from radiograde.service.documents.document_form import USUAL, Hl7Form, form_for
from radiograde.service.documents.document_kinds import kinds_of
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.documents.hl7.result_message import result_message, withdrawal_message
from radiograde.service.reviews.review import Judgement, Review
from radiograde.service.reviews.withdrawal import Withdrawal
from tests.service.documents.graded_films import (
    RESULT_ID,
    SOP_UID,
    STUDY_UID,
    graded_film,
    rejected_film,
)

LATER = datetime(2026, 3, 5, tzinfo=UTC)
WITHDRAWAL = Withdrawal("w", RESULT_ID, LATER, "ann", "quality", "Wrong|patient", stands=True)


def read(content: bytes) -> Any:
    """Return a message as python-hl7 reads it, once hl7apy's validator has passed it."""
    validate(content)
    return hl7.parse(content.decode())


def validate(content: bytes) -> None:
    message = parse_message(content.decode(), validation_level=VALIDATION_LEVEL.STRICT)
    assert message.validate()


def text(message: Any, segment: str, *place: int, number: int = 1) -> str:
    """Return a field, component or subcomponent, unescaped."""
    field, *rest = place
    try:
        return str(message.extract_field(segment, number, field, 1, *rest))
    except (LookupError, ValueError):
        return ""


def observed(message: Any) -> dict[tuple[str, str], Any]:
    """Return each OBX by the code of what it says, and its sub-id."""
    found = {}
    for obx in message.segments("OBX"):
        code, sub_id = str(obx[3][0][0]), str(obx[4]) if len(obx) > 4 else ""
        assert (code, sub_id) not in found
        found[code, sub_id] = obx
    return found


def score(obx: Any) -> dict[str, Any]:
    """Return what an OBX says of a score, as the JSON has it."""
    low, high = str(obx[7]).split("-")
    return {"value": float(str(obx[5])), "interval": [float(low), float(high)]}


def in_json(scale: dict[str, Any]) -> dict[str, Any]:
    return {key: scale[key] for key in ("value", "interval")}


def test_every_score_is_read_back_as_the_result_has_it() -> None:
    graded = graded_film()
    found = observed(read(result_message(graded).content))
    scores = graded.result.to_json()["scores"]
    for code, name in (("BRIXIA", "brixia"), ("EXTENT", "geographic_extent"), ("OPACITY",) * 2):
        assert score(found[code, ""]) == in_json(scores[name.lower()])
        assert str(found[code, ""][6]) == "{score}^score^UCUM"
    for zone in ZONES:
        assert score(found["BRIXIA-ZONE", zone]) == in_json(scores["brixia"]["zones"][zone])
    shares = scores["lung_involvement_percent"]
    for sub_id, side in (("BILATERAL", "total"), ("RIGHT", "right"), ("LEFT", "left")):
        if shares[side] is None:
            assert ("INVOLVEMENT", sub_id) not in found
            continue
        assert float(str(found["INVOLVEMENT", sub_id][5])) == shares[side]
        assert str(found["INVOLVEMENT", sub_id][6]) == "%^percent^UCUM"
    assert str(found["246112005", ""][5][0][1]).lower() == graded.result.severity


def test_everything_is_preliminary_and_names_the_model_and_the_times() -> None:
    graded = graded_film()
    message = read(result_message(graded).content)
    assert text(message, "OBR", 25) == "P"
    for obx in message.segments("OBX"):
        assert str(obx[11]) == "P"
        assert str(obx[14]) == "20260304050000"
        assert graded.result.model.version in str(obx[17])
        assert str(obx[19]) == "20260304050607+0000"


def test_the_patient_the_order_and_the_study_are_those_of_the_film() -> None:
    request = Dataset()
    request.RequestedProcedureID, request.ScheduledProcedureStepID = "RP-1", "SPS-1"
    message = read(
        result_message(
            graded_film(
                PlacerOrderNumberImagingServiceRequest="PL|1",
                FillerOrderNumberImagingServiceRequest="FI-1",
                RequestAttributesSequence=Sequence([request]),
                PatientName="Yamada^Tarou^^Dr^Jr=山田^太郎",
            )
        ).content
    )
    assert text(message, "PID", 3, 1, 1) == "P-1"
    assert text(message, "PID", 3, 4, 1) == "HOSPITAL"
    names = [[str(part) for part in name] for name in message.segment("PID")[5]]
    assert names == [
        ["Yamada", "Tarou", "", "Jr", "Dr", "", "L", "A"],
        ["山田", "太郎", "", "", "", "", "L", "I"],
    ]
    assert (text(message, "PID", 7), text(message, "PID", 8)) == ("19600102", "M")
    assert text(message, "ORC", 2, 1) == text(message, "OBR", 2, 1) == "PL|1"
    assert text(message, "OBR", 3, 1) == RESULT_ID
    assert text(message, "OBR", 29, 2, 1) == "FI-1"
    order = (text(message, "OBR", 18), text(message, "OBR", 19), text(message, "OBR", 20))
    assert order == ("ACC-7", "RP-1", "SPS-1")
    found = observed(message)
    assert str(found["113014", ""][5]) == f"^{STUDY_UID}^ISO"
    assert str(found["FILM", ""][5]) == f"^{SOP_UID}^ISO"


def test_the_notice_and_the_sentences_are_text() -> None:
    graded = graded_film()
    (told,) = (one for (code, _), one in observed(read_result(graded)).items() if code == "18782-3")
    assert str(told[5][-1]) == NOTICE
    assert "Brixia score" in str(told[5])


def read_result(graded: GradedFilm) -> Any:
    return read(result_message(graded).content)


def test_a_rejected_film_has_reasons_and_no_numbers() -> None:
    found = observed(read_result(rejected_film()))
    assert str(found["GRADABILITY", ""][5][0][0]) == "NOT-GRADABLE"
    assert str(found["REJECTION", "1"][5][0][0]) == "LATERAL"
    assert not any(str(obx[2]) == "NM" for obx in found.values())


def test_the_page_is_linked_where_the_site_names_it() -> None:
    site = Hl7DestinationConfig(
        type="hl7",
        name="ris",
        host="ris",
        port=2575,
        sending_facility="RAD",
        receiving_application="RIS",
        receiving_facility="MAIN",
        page_url="https://grade.hospital/a",
    )
    message = read_result(dataclasses.replace(graded_film(), form=form_for(site)))
    (link,) = (one for (code, _), one in observed(message).items() if code == "PAGE")
    assert str(link[5][0][0]) == f"https://grade.hospital/a/#/film/{RESULT_ID}"
    assert [text(message, "MSH", place) for place in (3, 4, 5, 6)] == [
        "RADIOGRADE",
        "RAD",
        "RIS",
        "MAIN",
    ]
    assert ("PAGE", "") not in observed(read_result(graded_film()))


def test_reviews_stand_beside_what_the_model_said() -> None:
    correction = Judgement("corrected", dict.fromkeys(ZONES, 2), "Seen|twice\nby me")
    reviews = (
        Review("02", RESULT_ID, "ann^b", LATER, correction),
        Review("01", RESULT_ID, "joe", LATER, Judgement("accepted")),
    )
    plain = read_result(graded_film())
    found = observed(read_result(dataclasses.replace(graded_film(), reviews=reviews)))
    assert str(found["VERDICT", "R1"][5][0][0]) == "ACCEPTED"
    assert str(found["VERDICT", "R2"][5][0][0]) == "CORRECTED"
    assert hl7.Message.unescape(plain, str(found["VERDICT", "R2"][16][0][1])) == "ann^b"
    assert str(found["BRIXIA", "R2"][5]) == "12"
    assert {str(found["BRIXIA-ZONE", f"R2.{zone}"][5]) for zone in ZONES} == {"2"}
    for key, obx in observed(plain).items():
        assert str(found[key][5]) == str(obx[5])


def test_the_same_message_has_the_same_control_id_and_another_has_another() -> None:
    def control_id(graded: GradedFilm) -> str:
        return text(read_result(graded), "MSH", 10)

    reviewed = Review("01", RESULT_ID, "joe", LATER, Judgement("accepted"))
    plain = control_id(graded_film())
    assert control_id(graded_film()) == plain
    assert len(plain) == 20
    assert control_id(dataclasses.replace(graded_film(), reviews=(reviewed,))) != plain
    assert control_id(graded_film(PatientID="P-2")) != plain


def test_a_withdrawal_takes_back_everything_that_was_said_under_its_number() -> None:
    reviews = (Review("01", RESULT_ID, "joe", LATER, Judgement("accepted")),)
    graded = dataclasses.replace(graded_film(), reviews=reviews)
    said, taken_back = read_result(graded), read(withdrawal_message(graded, WITHDRAWAL).content)
    for place in ((3, 1), (18,)):
        assert text(said, "OBR", *place) == text(taken_back, "OBR", *place)
    assert text(taken_back, "PID", 3, 1, 1) == "P-1"
    assert (text(taken_back, "OBR", 25), text(taken_back, "NTE", 3)) == (
        "C",
        "Withdrawn: Wrong|patient",
    )
    found = observed(taken_back)
    assert {str(obx[11]) for obx in found.values()} == {"W"}
    assert {str(obx[5]) for obx in found.values()} == {""}
    assert {key for key in observed(said) if key[0] not in ("113014", "FILM")} <= set(found)
    assert text(said, "MSH", 10) != text(taken_back, "MSH", 10)


def test_text_that_the_character_set_does_not_hold_stays_whole() -> None:
    def charset(named: str) -> tuple[str, bytes]:
        form = dataclasses.replace(USUAL, hl7=Hl7Form(charset=named))
        content = result_message(
            dataclasses.replace(graded_film(PatientName="Müller^Änne"), form=form)
        ).content
        return content.split(b"\r")[0].split(b"|")[17].decode(), content

    named, content = charset("8859/1")
    assert named == "8859/1"
    assert "Müller" in content.decode("iso8859-1")
    named, content = charset("ASCII")
    assert named == "UNICODE UTF-8"
    assert "Müller" in content.decode()


def test_a_film_without_a_patient_has_no_message() -> None:
    assert "hl7" in kinds_of(graded_film())
    assert "hl7" not in kinds_of(graded_film(PatientID=""))
    assert "hl7" not in kinds_of(graded_film(PatientID=None))


ANY = st.text(st.characters(codec="utf-8"), min_size=1, max_size=80)


@cache
def drawn() -> GradedFilm:
    return graded_film()


def messages(reviewer: str, reason: str, comment: str) -> tuple[bytes, bytes]:
    review = Review("01", RESULT_ID, reviewer, LATER, Judgement("accepted", None, comment))
    graded = dataclasses.replace(drawn(), reviews=(review,))
    withdrawal = dataclasses.replace(WITHDRAWAL, reason=reason)
    return result_message(graded).content, withdrawal_message(graded, withdrawal).content


@settings(max_examples=150, deadline=None)
@given(reviewer=ANY, reason=ANY, comment=ANY)
def test_no_text_ends_a_field_a_segment_or_a_message(
    reviewer: str, reason: str, comment: str
) -> None:
    content, taken_back = messages(reviewer, reason, comment)
    for one in (content, taken_back):
        names = {line.split(b"|")[0] for line in one.rstrip(b"\r").split(b"\r")}
        assert names <= {b"MSH", b"PID", b"PV1", b"ORC", b"OBR", b"TQ1", b"OBX", b"NTE"}
        assert not set(one) & (set(range(32)) - {13})
    message = hl7.parse(content.decode())
    (verdict,) = (one for (code, _), one in observed(message).items() if code == "VERDICT")
    if reviewer.isprintable() and "\\X" not in reviewer:
        assert message.unescape(str(verdict[16][0][1])) == reviewer


@pytest.mark.parametrize("words", ["a|b^c&d~e\\f", "\r\nMSH|", "\x0b\x1c\r", "\u2028|", "\\X41\\"])
def test_hard_texts_are_valid(words: str) -> None:
    for content in messages(words, words, words):
        validate(content)
