"""Messages as other systems write them, whole and broken; hl7apy writes those that are valid."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radiograde.service.hl7.acknowledgement import acknowledge, read_acknowledgement
from radiograde.service.hl7.received_message import MessageError, ReceivedMessage

ADT = (
    "MSH|^~\\&|PAS|HOSP|RADIOGRADE||20260304050607||ADT^A40^ADT_A39|C-1|P|2.5.1\r"
    "EVN|A40|20260304\r"
    "PID|1||P\\F\\1^^^H&1.2&ISO~P2||Doe^Ann\\E\\\\S\\\\T\\\\R\\\\X41\\\\.br\\x\r"
    "MRG|P-9\r"
)


def test_fields_are_found_by_their_numbers() -> None:
    message = ReceivedMessage.parse(ADT.encode())
    assert (message.kind, message.control_id) == (("ADT", "A40"), "C-1")
    pid = message.first("PID")
    assert list(pid.texts(3)) == ["P|1", "P2"]
    assert (pid.text(3, 4), pid.text(3, 4, 2), pid.text(3, 9), pid.text(99)) == ("H", "1.2", "", "")
    assert pid.text(5, 2) == "Ann\\^&~A\nx"
    assert message.first("ZZZ").text(1) == ""


def test_the_message_names_its_own_separators() -> None:
    other = ADT.replace("|", "!").replace("^", "*").replace("~", "%").replace("\\F\\", "\\F\\")
    pid = ReceivedMessage.parse(other.encode()).first("PID")
    assert (list(pid.texts(3)), pid.text(5, 2)[:4]) == (["P|1", "P2"], "Ann\\")


@pytest.mark.parametrize("ending", ["\r", "\n", "\r\n"])
def test_segments_end_as_senders_end_them(ending: str) -> None:
    message = ReceivedMessage.parse(ADT.replace("\r", ending).encode())
    assert message.first("MRG").text(1) == "P-9"


@pytest.mark.parametrize(
    ("named", "codec"),
    [
        ("UNICODE UTF-8", "utf-8"),
        ("8859/1", "latin-1"),
        ("", "utf-8"),
        ("", "latin-1"),
        ("8859/15~UNICODE", "iso8859-15"),
    ],
)
def test_text_is_read_in_the_character_set_that_the_message_names(named: str, codec: str) -> None:
    text = ADT.replace("2.5.1", f"2.5.1||||||{named}").replace("Ann", "Änne")
    assert ReceivedMessage.parse(text.encode(codec)).first("PID").text(5, 2)[:4] == "Änne"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"MSH",
        b"MSH|^~\\&\xff"[:4],
        b"MSH\r^~\\&|PAS|",
        b"PID|1",
        ADT.replace("2.5.1", "2.5.1||||||KLINGON").encode(),
        ADT.replace("2.5.1", "2.5.1||||||UNICODE UTF-8").encode() + b"\xff",
        ADT.encode() + b"NTE|1\r" * 3000,
    ],
)
def test_what_is_no_message_says_so_and_quotes_nothing(content: bytes) -> None:
    with pytest.raises(MessageError) as caught:
        ReceivedMessage.parse(content)
    assert "Doe" not in str(caught.value)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_broken_message_is_read_or_refused(data: st.DataObject) -> None:
    content = bytearray(ADT.encode())
    for _ in range(data.draw(st.integers(0, 6))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=2))
    try:
        message = ReceivedMessage.parse(bytes(content))
    except MessageError:
        return
    for one in message.segments:
        for field in range(8):
            assert isinstance(one.text(field, 2, 2), str)
    answer = read_acknowledgement(acknowledge(message, "AA"))
    assert answer is not None
    assert answer.control_id == message.control_id
