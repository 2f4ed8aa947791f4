"""Command sets: what is sent is read again, and noise is no command set."""

from __future__ import annotations

from io import BytesIO

import pytest
from pynetdicom import dsutils

from radiograde.service.dimse.command_set import (
    AFFECTED_CLASS,
    AFFECTED_INSTANCE,
    CommandError,
    answer_to,
    decode,
)
from tests.service.dimse.fakes import DX, command

STORE = command(0x0001, data_set=True, sop_class=DX, sop_instance="1.2.3")


def test_reads_what_a_request_names() -> None:
    request = decode(STORE)
    assert (request.field, request.has_data_set) == (0x0001, True)
    assert request.uid(AFFECTED_CLASS) == DX
    assert request.uid(AFFECTED_INSTANCE) == "1.2.3"


def test_an_answer_is_read_by_pydicom() -> None:
    answer = dsutils.decode(BytesIO(answer_to(decode(STORE), 0xB000, "Odd!!")), True, True)
    assert answer.CommandField == 0x8001
    assert answer.MessageIDBeingRespondedTo == 7
    assert answer.CommandDataSetType == 0x0101
    assert (answer.Status, answer.ErrorComment) == (0xB000, "Odd!!")
    assert (answer.AffectedSOPClassUID, answer.AffectedSOPInstanceUID) == (DX, "1.2.3")
    length = len(answer_to(decode(STORE), 0xB000, "Odd!!"))
    assert answer.CommandGroupLength == length - 12


@pytest.mark.parametrize(
    "noise",
    [b"", STORE[:-1], STORE[:5], b"\x08" + STORE[1:], STORE[10:]],
    ids=["nothing", "cut short", "half a head", "another group", "no command field"],
)
def test_noise_is_no_command_set(noise: bytes) -> None:
    with pytest.raises(CommandError):
        decode(noise)
