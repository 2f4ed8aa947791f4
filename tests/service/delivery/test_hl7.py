"""Messages sent to receivers that take them, refuse them, are silent, or speak something else."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import hl7
import pytest

from radiograde.service.config.site import Hl7DestinationConfig
from radiograde.service.delivery.destinations.destination import Taken
from radiograde.service.delivery.destinations.hl7_destination import Hl7Destination
from radiograde.service.documents.document import Document
from radiograde.service.errors import DeliveryError, RefusedError, UnreachableError
from tests.orthanc import free_port
from tests.service.certificates import Certificates
from tests.service.delivery.objects import PATIENT, RESULT_ID, tells_of_a_patient
from tests.service.delivery.receivers import Answer, ack, framed, running_receiver

CONTENT = (
    "MSH|^~\\&|RADIOGRADE||||20260304||ORU^R01^ORU_R01|C-1|P|2.5.1\r"
    f"PID|1||{PATIENT[1]}||{PATIENT[0]}^Ann||{PATIENT[2]}\r"
).encode()
MESSAGE = Document("hl7", "oru.hl7", "application/hl7-v2+er7", CONTENT)


def target(port: int, **keys: Any) -> Hl7Destination:
    table = {"name": "ris", "type": "hl7", "host": "localhost", "port": port, "timeout_s": 5.0}
    return Hl7Destination(Hl7DestinationConfig.model_validate(table | keys))


def failure(kind: type[DeliveryError], answer: Answer, **keys: Any) -> str:
    """Return the message that sending ends with; it holds no patient."""
    with running_receiver(answer) as receiver, pytest.raises(kind) as caught:
        target(receiver.port, **keys).send([MESSAGE], RESULT_ID)
    assert caught.value.__class__ is kind
    assert not tells_of_a_patient(caught.value.message)
    assert "nameless" not in caught.value.message.casefold()
    return caught.value.message


def says(code: str, *more: str) -> Answer:
    return lambda message: [ack(message, code, *more)]


@pytest.mark.parametrize("code", ["AA", "CA"])
def test_a_message_that_is_acknowledged_has_arrived_whole(code: str) -> None:
    with running_receiver(says(code)) as receiver:
        target(receiver.port).send([MESSAGE, MESSAGE], RESULT_ID)
    assert [str(one) for one in receiver.messages] == [CONTENT.decode()] * 2


@pytest.mark.parametrize(
    ("code", "error", "words"),
    [
        ("AE", "ERR|||101^Required field missing|E", "AE 101, required field missing"),
        ("AR", "ERR|||200|E", "AR 200, unsupported message type"),
        ("AE", "ERR|^^^203&Unsupported version", "AE 203, unsupported version id"),
        ("CE", "ERR|||205|E", "CE 205, duplicate key identifier"),
        ("AE", "", "answers AE"),
    ],
)
def test_what_it_will_not_have_is_refused_in_its_words(code: str, error: str, words: str) -> None:
    assert words in failure(RefusedError, says(code, error))


@pytest.mark.parametrize(
    ("code", "error"), [("AR", ""), ("AE", "ERR|||204|E"), ("AE", "ERR|||207|E"), ("CR", "")]
)
def test_what_the_message_cannot_help_is_tried_later(code: str, error: str) -> None:
    failure(UnreachableError, says(code, error))


def test_its_words_are_told_without_the_patient() -> None:
    def answer(message: hl7.Message) -> Sequence[bytes]:
        told = f"patient {PATIENT[1]} {PATIENT[0].lower()} of Ward 7 is already merged with DOE"
        header = "MSH|^~\\&|RIS||||20260304||ACK|1|P|2.5.1"
        return [framed(f"{header}\rMSA|AE|C-1|{told}\r")]

    said = failure(RefusedError, answer)
    assert '"patient … … of … is already merged with …"' in said


def test_a_lost_acknowledgement_has_the_same_message_sent_again() -> None:
    lost = iter([None, None])

    def answer(message: hl7.Message) -> Sequence[bytes] | None:
        return next(lost, [ack(message)])

    with running_receiver(answer) as receiver:
        sender = target(receiver.port)
        for _ in range(2):
            with pytest.raises(UnreachableError, match="before it acknowledged"):
                sender.send([MESSAGE], RESULT_ID)
        sender.send([MESSAGE], RESULT_ID)
    assert receiver.control_ids() == ["C-1"] * 3


def test_an_acknowledgement_that_comes_twice_answers_no_other_message() -> None:
    first, second = MESSAGE, Document("hl7", "b", "", CONTENT.replace(b"C-1", b"C-2"))

    def twice(message: hl7.Message) -> Sequence[bytes]:
        return [ack(message, control_id="C-0"), ack(message), ack(message)]

    with running_receiver(twice) as receiver:
        target(receiver.port).send([first, second], RESULT_ID)
    assert receiver.control_ids() == ["C-1", "C-2"]


def test_an_acknowledgement_of_another_message_is_none() -> None:
    def other(message: hl7.Message) -> Sequence[bytes]:
        return [ack(message, control_id="C-9")] * 30

    assert "other messages alone" in failure(UnreachableError, other)


@pytest.mark.parametrize(
    "answers",
    [
        [b"HTTP/1.1 400 Bad Request\r\n\r\n"],
        [framed("no message")],
        [framed("MSH|^~\\&|RIS\r")],
        [framed("MSH|^~\\&|RIS\rMSA|??|C-1\r")],
        [framed("MSH")],
        [b"\x0b" + b"A" * 100_000],
        [b"\x0bMSH|^~\\&|RIS\rMSA|AA|C-1\xff\xfe\x1c\r"],
    ],
)
def test_what_is_no_acknowledgement_has_taken_nothing(answers: list[bytes]) -> None:
    failure(UnreachableError, lambda _: answers)


@pytest.mark.parametrize("answers", [[], [b"\x0bMSH|^~"], [b"\r\n\r\n"]])
def test_a_receiver_that_keeps_silent_is_left_after_the_time_out(answers: list[bytes]) -> None:
    began = time.monotonic()
    message = failure(UnreachableError, lambda _: answers, timeout_s=0.5)
    assert "acknowledges no message" in message
    assert time.monotonic() - began < 5


def test_nobody_there_is_reported() -> None:
    port = free_port()
    with pytest.raises(UnreachableError, match="accepts no connection"):
        target(port).send([MESSAGE], RESULT_ID)
    assert [one.level for one in target(port).check()] == ["ok", "fail"]


def test_it_speaks_tls_where_the_site_file_says_so(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path)
    certificate, key = certificates.of("client")
    ours = {"ca": certificates.ca, "certificate": certificate, "key": key}
    with running_receiver(tls=certificates.server_context(ask_client=True)) as receiver:
        sender = target(receiver.port, tls=ours)
        sender.send([MESSAGE], RESULT_ID)
        assert [one.level for one in sender.check()] == ["ok", "ok"]
        with pytest.raises(UnreachableError, match="is not trusted"):
            target(receiver.port, tls={}).send([MESSAGE], RESULT_ID)
        with pytest.raises(UnreachableError):
            target(receiver.port).send([MESSAGE], RESULT_ID)
    assert len(receiver.messages) == 1


def test_a_withdrawal_is_sent_where_there_is_one() -> None:
    with running_receiver() as receiver:
        target(receiver.port).withdraw(Taken(None, (), None, MESSAGE), RESULT_ID)  # type: ignore[arg-type]
        target(receiver.port).withdraw(Taken(None, (), None), RESULT_ID)  # type: ignore[arg-type]
    assert receiver.control_ids() == ["C-1"]
